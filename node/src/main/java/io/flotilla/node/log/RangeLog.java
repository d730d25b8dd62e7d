package io.flotilla.node.log;

import io.flotilla.config.lang.Invariant;
import io.flotilla.node.raft.HardState;
import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.LogView;
import io.flotilla.node.raft.Ready.LogReset;
import io.flotilla.node.raft.Ready.Persist;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is known in memory of one range's durable log: for each entry its term, where its record lies, and perhaps the entry itself.
 *
 * <p>Threading: the writer's thread changes it, the range's own thread reads it; both under this object's lock, which nobody else
 * contends for.
 */
final class RangeLog implements LogView {
    /** Reads old entries back. */
    interface Archive {
        /** All entries of {@code range} in the record at {@code place}. */
        List<LogEntry> read(long place, long range);
    }

    private static final int CAPACITY_MIN = 16;

    private final long range;
    private final Archive archive;
    private HardState hardState = HardState.INITIAL;

    /** The log begins after (baseIndex, baseTerm); entry i lies in slot start + (i - baseIndex - 1), for count slots. */
    private long baseIndex;

    private long baseTerm;
    private int start;
    private int count;
    private long[] terms = new long[0];
    private long[] places = new long[0];
    private @Nullable LogEntry[] cached = new LogEntry[0];

    /** Where the log will end once all that was submitted is durable. Only the range's own thread touches it. */
    private long submittedLast;

    RangeLog(long range, Archive archive) {
        this.range = range;
        this.archive = archive;
    }

    /** Refuses what would leave a gap, before it reaches the disk. On the range's own thread. */
    void admit(Persist persist) {
        LogReset reset = persist.reset();
        long last = reset == null ? submittedLast : reset.index();
        List<LogEntry> entries = persist.entries();
        if (!entries.isEmpty()) {
            long first = entries.get(0).index();
            Invariant.check(first <= last + 1, "entries leave a gap in the log", first, last + 1);
            for (int i = 0; i < entries.size(); i++) {
                Invariant.check(
                        entries.get(i).index() == first + i,
                        "entries are not contiguous",
                        first + i,
                        entries.get(i).index());
            }
            last = first + entries.size() - 1;
        }
        submittedLast = last;
    }

    /** Compaction takes effect at once where it can, so that the range's thread never sees the log move by itself. */
    void admitCompaction(long index, long term) {
        submittedLast = Math.max(submittedLast, index);
        synchronized (this) {
            if (index <= last()) {
                compact(index, term);
            }
        }
    }

    void admitRemoval() {
        submittedLast = 0;
    }

    /** After recovery, before the log is shared. */
    void settle() {
        submittedLast = lastIndex();
    }

    /** Bytes of entries now kept in memory. */
    synchronized long apply(Persist persist, long place) {
        if (persist.hardState() != null) {
            hardState = persist.hardState();
        }
        LogReset reset = persist.reset();
        if (reset != null) {
            clearEntries();
            baseIndex = reset.index();
            baseTerm = reset.term();
        }
        long bytes = 0;
        for (LogEntry entry : persist.entries()) {
            bytes += put(entry, place);
        }
        return bytes;
    }

    private int put(LogEntry entry, long place) {
        if (entry.index() <= baseIndex) {
            return 0; // compacted meanwhile
        }
        Invariant.check(entry.index() <= last() + 1, "entries leave a gap in the log", entry.index(), last() + 1);
        int at = (int) (entry.index() - baseIndex - 1);
        for (int i = at + 1; i < count; i++) {
            cached[start + i] = null; // an overridden suffix
        }
        count = at;
        ensureSlot();
        int slot = start + at;
        terms[slot] = entry.term();
        places[slot] = place;
        cached[slot] = entry;
        count++;
        return entry.size();
    }

    private void ensureSlot() {
        if (start + count < terms.length) {
            return;
        }
        int capacity = Math.max(CAPACITY_MIN, start > count ? terms.length : count * 2);
        long[] newTerms = new long[capacity];
        long[] newPlaces = new long[capacity];
        @Nullable LogEntry[] newCached = new LogEntry[capacity];
        System.arraycopy(terms, start, newTerms, 0, count);
        System.arraycopy(places, start, newPlaces, 0, count);
        System.arraycopy(cached, start, newCached, 0, count);
        terms = newTerms;
        places = newPlaces;
        cached = newCached;
        start = 0;
    }

    synchronized void compact(long index, long term) {
        if (index <= baseIndex) {
            return;
        }
        if (index >= last()) {
            clearEntries();
        } else {
            int gone = (int) (index - baseIndex);
            Arrays.fill(cached, start, start + gone, null);
            start += gone;
            count -= gone;
        }
        baseIndex = index;
        baseTerm = term;
    }

    synchronized void remove() {
        clearEntries();
        hardState = HardState.INITIAL;
        baseIndex = 0;
        baseTerm = 0;
    }

    private void clearEntries() {
        start = 0;
        count = 0;
        terms = new long[0];
        places = new long[0];
        cached = new LogEntry[0];
    }

    /** Drops entries [from, to] from memory if they still are those written at {@code place}. */
    synchronized void evict(long from, long to, long place) {
        for (long i = Math.max(from, baseIndex + 1); i <= Math.min(to, last()); i++) {
            int slot = slot(i);
            if (places[slot] == place) {
                cached[slot] = null;
            }
        }
    }

    synchronized HardState hardState() {
        return hardState;
    }

    synchronized boolean isBlank() {
        return count == 0 && baseIndex == 0 && hardState.equals(HardState.INITIAL);
    }

    private long last() {
        return baseIndex + count;
    }

    private int slot(long index) {
        return start + (int) (index - baseIndex - 1);
    }

    @Override
    public synchronized long firstIndex() {
        return baseIndex + 1;
    }

    @Override
    public synchronized long lastIndex() {
        return last();
    }

    @Override
    public synchronized long termAt(long index) {
        if (index == baseIndex) {
            return baseTerm;
        }
        Invariant.check(index > baseIndex, "index is before the log", index, baseIndex);
        Invariant.check(index <= last(), "index is behind the log", index, last());
        return terms[slot(index)];
    }

    @Override
    public List<LogEntry> entries(long from, long to, long bytesMax) {
        Invariant.check(from >= firstIndex(), "entries before the log", from, firstIndex());
        List<LogEntry> result = new ArrayList<>();
        long next = from;
        long bytes = 0;
        List<LogEntry> record = List.of();
        long readPlace = -1;
        while (true) {
            long place;
            synchronized (this) {
                LogEntry entry = null;
                long end = Math.min(to, last() + 1);
                while (next < end && (entry = at(next, record)) != null) {
                    if (!result.isEmpty() && bytes + entry.size() > bytesMax) {
                        return result;
                    }
                    result.add(entry);
                    bytes += entry.size();
                    next++;
                }
                if (next >= end || next <= baseIndex) {
                    return result;
                }
                place = places[slot(next)];
            }
            Invariant.check(place != readPlace, "the record does not hold the entry it should", place, next);
            record = archive.read(place, range);
            readPlace = place;
        }
    }

    /** From memory, or from the record just read if it is the right one. A record may hold an entry twice: the later one counts. */
    private @Nullable LogEntry at(long index, List<LogEntry> record) {
        if (index <= baseIndex) {
            return null;
        }
        LogEntry entry = cached[slot(index)];
        if (entry != null || record.isEmpty()) {
            return entry;
        }
        long term = terms[slot(index)];
        int last = record.size() - 1;
        long guess = last - (record.get(last).index() - index);
        if (guess >= 0 && guess <= last && isEntry(record.get((int) guess), index, term)) {
            return record.get((int) guess);
        }
        for (int i = last; i >= 0; i--) {
            if (isEntry(record.get(i), index, term)) {
                return record.get(i);
            }
        }
        return null;
    }

    private static boolean isEntry(LogEntry entry, long index, long term) {
        return entry.index() == index && entry.term() == term;
    }
}
