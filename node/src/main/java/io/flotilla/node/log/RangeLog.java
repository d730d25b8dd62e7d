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
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What is known in memory of one range's durable log: for each entry its term, where it lies, and for the newest perhaps the entry itself; and in which
 * files all that is, so that older ones may go.
 *
 * <p>Threading: the writer's thread changes it, the range's own thread reads it; both under this object's lock, which nobody else
 * contends for.
 */
final class RangeLog implements LogView {
    /** Reads old entries back. */
    interface Archive {
        /** All entries of {@code range} in the part at {@code place}; empty if its file was collected meanwhile. */
        List<LogEntry> read(long place, long range);
    }

    /** What must be written down once more so that a file may go: hard state, base, and those entries that lie there. */
    record Tail(HardState hardState, long baseIndex, long baseTerm, List<LogEntry> entries) {}

    /** No file is needed. */
    static final int NO_CYCLE = Integer.MAX_VALUE;

    static final int ENTRY_OVERHEAD_BYTES = 24;

    private static final LogEntry[] NOTHING = {};
    private static final int CACHE_CAPACITY_MIN = 4;

    private final long range;
    private final Archive archive;

    /** What all ranges of the store keep in memory together. */
    private final AtomicLong cacheBytes;

    private HardState hardState = HardState.INITIAL;
    private long hardPlace;

    /** The log begins after (baseIndex, baseTerm); the first of {@link #entries} is baseIndex + 1. */
    private long baseIndex;

    private long baseTerm;
    private long basePlace;

    /** The oldest file needed as long as the last compaction is not on disk. */
    private int unmarkedCycle = NO_CYCLE;

    private EntryPlaces entries = new EntryPlaces(1);

    /** Bytes that the entries take on disk; an average where a part of them was given up. */
    private long bytes;

    /** The newest entries, a suffix: entry i lies in slot cacheStart + (i - cacheFrom), up to the end. */
    private @Nullable LogEntry[] cached = NOTHING;

    private int cacheStart;
    private long cacheFrom = 1;

    /** Where the log will end once all that was submitted is durable. Only the range's own thread touches it. */
    private long submittedLast;

    RangeLog(long range, Archive archive, AtomicLong cacheBytes) {
        this.range = range;
        this.archive = archive;
        this.cacheBytes = cacheBytes;
    }

    /** As the files say; before the log is shared. */
    void recovered(RangeHistory history) {
        hardState = history.hardState();
        hardPlace = history.hardPlace();
        baseIndex = history.baseIndex();
        baseTerm = history.baseTerm();
        basePlace = history.basePlace();
        entries = history.entries();
        bytes = history.bytes();
        cacheFrom = entries.end();
        settle();
    }

    long range() {
        return range;
    }

    /** Refuses what would leave a gap, before it reaches the disk. On the range's own thread. */
    void admit(Persist persist) {
        LogReset reset = persist.reset();
        long last = reset == null ? submittedLast : reset.index();
        List<LogEntry> added = persist.entries();
        if (!added.isEmpty()) {
            long first = added.get(0).index();
            Invariant.check(first <= last + 1, "entries leave a gap in the log", first, last + 1);
            for (int i = 0; i < added.size(); i++) {
                Invariant.check(
                        added.get(i).index() == first + i,
                        "entries are not contiguous",
                        first + i,
                        added.get(i).index());
            }
            last = first + added.size() - 1;
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

    /** Before the log is shared. */
    void settle() {
        submittedLast = lastIndex();
    }

    /** The writer has written this at {@code place}. Its entries are kept in memory. */
    synchronized void apply(Persist persist, long place) {
        if (persist.hardState() != null) {
            hardState = persist.hardState();
            hardPlace = place;
        }
        LogReset reset = persist.reset();
        if (reset != null) {
            clearEntries(reset.index());
            baseTerm = reset.term();
            basePlace = place;
            unmarkedCycle = NO_CYCLE;
        }
        long kept = 0;
        for (LogEntry entry : persist.entries()) {
            if (entry.index() > baseIndex) {
                put(entry, place);
                kept += entry.size();
            } // else compacted meanwhile
        }
        cacheBytes.addAndGet(kept);
    }

    private void put(LogEntry entry, long place) {
        long index = entry.index();
        Invariant.check(index <= last() + 1, "entries leave a gap in the log", index, last() + 1);
        forget(last() + 1 - index);
        uncacheFrom(index);
        entries.put(index, entry.term(), place);
        cacheFrom = Math.min(cacheFrom, index);
        int slot = cacheStart + (int) (index - cacheFrom);
        if (slot >= cached.length) {
            int used = slot - cacheStart;
            cached = Arrays.copyOfRange(cached, cacheStart, cacheStart + Math.max(CACHE_CAPACITY_MIN, used * 2));
            cacheStart = 0;
            slot = used;
        }
        cached[slot] = entry;
        bytes += entry.size();
    }

    /** That many entries, on either end, are no longer counted. */
    private void forget(long gone) {
        long count = entries.end() - entries.first();
        if (gone > 0) {
            bytes -= gone >= count ? bytes : bytes * gone / count;
        }
    }

    synchronized void compact(long index, long term) {
        if (index <= baseIndex) {
            return;
        }
        unmarkedCycle = oldestCycle();
        forget(index - baseIndex);
        if (index >= last()) {
            clearEntries(index);
        } else {
            entries.dropBelow(index + 1);
            uncache(index);
            baseIndex = index;
        }
        baseTerm = term;
    }

    /** The compaction to {@code index} is on disk. */
    synchronized void marked(long index, long place) {
        if (index == baseIndex) {
            basePlace = place;
            unmarkedCycle = NO_CYCLE;
        }
    }

    synchronized void remove() {
        clearEntries(0);
        hardState = HardState.INITIAL;
        hardPlace = Place.NONE;
        baseTerm = 0;
        basePlace = Place.NONE;
        unmarkedCycle = NO_CYCLE;
    }

    private void clearEntries(long newBase) {
        uncache(last());
        baseIndex = newBase;
        entries.clear(newBase + 1);
        bytes = 0;
        cacheFrom = newBase + 1;
    }

    /** Drops everything from memory; it can be read back. */
    synchronized void evictAll() {
        uncache(last());
    }

    /** Drops the oldest entries from memory until all ranges together keep no more than that, or nothing is left here. */
    synchronized void evictDownTo(long bytesMax) {
        while (cacheFrom <= last() && cacheBytes.get() > bytesMax) {
            uncache(cacheFrom);
        }
    }

    private void uncache(long upTo) {
        long gone = 0;
        while (cacheFrom <= Math.min(upTo, last())) {
            gone += sizeAt(cacheStart);
            cached[cacheStart++] = null;
            cacheFrom++;
        }
        cacheBytes.addAndGet(-gone);
        if (cacheFrom > last()) {
            cached = NOTHING;
            cacheStart = 0;
        }
    }

    /** Entries from that index on are about to be replaced. */
    private void uncacheFrom(long index) {
        if (index > last()) {
            return; // appended, as nearly always
        }
        long gone = 0;
        for (long i = Math.max(index, cacheFrom); i <= last(); i++) {
            int slot = cacheStart + (int) (i - cacheFrom);
            gone += sizeAt(slot);
            cached[slot] = null;
        }
        cacheBytes.addAndGet(-gone);
    }

    private int sizeAt(int slot) {
        LogEntry entry = cached[slot];
        return entry == null ? 0 : entry.size();
    }

    // ---- collection ----------------------------------------------------------------------------------------------

    /** The oldest file that holds anything needed to recover this log; {@link #NO_CYCLE} if none. */
    synchronized int oldestCycle() {
        int oldest = unmarkedCycle;
        if (hardPlace != Place.NONE) {
            oldest = Math.min(oldest, Place.cycle(hardPlace));
        }
        if (basePlace != Place.NONE) {
            oldest = Math.min(oldest, Place.cycle(basePlace));
        }
        if (!entries.isEmpty()) {
            oldest = Math.min(oldest, entries.oldestCycle());
        }
        return oldest;
    }

    /** The first index from {@code from} on that lies in {@code cycle} or an older file; behind the last if none does. */
    synchronized long firstWithin(int cycle, long from) {
        return entries.firstWithin(cycle, from);
    }

    /** The last index that lies in {@code cycle} or an older file; 0 if none does. */
    synchronized long lastWithin(int cycle) {
        return entries.lastWithin(cycle);
    }

    /** The first index from {@code from} on that lies in a file newer than {@code cycle}; behind the last if none does. */
    synchronized long firstBehind(int cycle, long from) {
        return entries.firstBehind(cycle, from);
    }

    /**
     * What of {@code read} is still to be moved out of {@code cycle} and older files, together with what goes along. On the writer's thread, before
     * anything else of its group.
     */
    synchronized Tail tail(int cycle, List<LogEntry> read) {
        List<LogEntry> valid = new ArrayList<>(read.size());
        for (LogEntry entry : read) {
            long index = entry.index();
            if (entries.contains(index)
                    && Place.cycle(entries.place(index)) <= cycle
                    && entries.term(index) == entry.term()) {
                valid.add(entry);
            }
        }
        return new Tail(hardState, baseIndex, baseTerm, valid);
    }

    /** The writer has written {@code tail} at {@code place}. */
    synchronized void moved(Tail tail, long place) {
        if (hardState.equals(tail.hardState()) && hardPlace != Place.NONE) {
            hardPlace = place;
        }
        if (baseIndex == tail.baseIndex()) {
            basePlace = place;
            unmarkedCycle = NO_CYCLE;
        }
        List<LogEntry> written = tail.entries();
        if (!written.isEmpty()) {
            long from = Math.max(written.get(0).index(), entries.first());
            long to = Math.min(written.get(written.size() - 1).index() + 1, entries.end());
            if (from < to) {
                entries.relocate(from, to, place);
                uncache(to - 1);
            }
        }
    }

    synchronized long bytes() {
        return bytes;
    }

    synchronized HardState hardState() {
        return hardState;
    }

    synchronized boolean isBlank() {
        return entries.isEmpty() && baseIndex == 0 && hardState.isInitial();
    }

    // ---- reading -------------------------------------------------------------------------------------------------

    private long last() {
        return entries.end() - 1;
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
        return entries.term(index);
    }

    @Override
    public List<LogEntry> entries(long from, long to, long bytesMax) {
        Invariant.check(from >= firstIndex(), "entries before the log", from, firstIndex());
        return read(from, to, bytesMax);
    }

    /** Entries in [from, to) as far as they are still there. Any thread. */
    List<LogEntry> read(long from, long to, long bytesMax) {
        List<LogEntry> result = new ArrayList<>();
        long next = from;
        long size = 0;
        List<LogEntry> part = List.of();
        long readPlace = -1;
        while (true) {
            long place;
            synchronized (this) {
                LogEntry entry = null;
                long end = Math.min(to, last() + 1);
                while (next < end && (entry = at(next, part)) != null) {
                    if (!result.isEmpty() && size + entry.size() > bytesMax) {
                        return result;
                    }
                    result.add(entry);
                    size += entry.size();
                    next++;
                }
                if (next >= end || next <= baseIndex) {
                    return result;
                }
                place = entries.place(next);
            }
            Invariant.check(place != readPlace, "the record does not hold the entry it should", place, next);
            part = archive.read(place, range);
            readPlace = place;
        }
    }

    /** From memory, or from the part just read if it is the right one. A part holds an entry once, in the order of indexes. */
    private @Nullable LogEntry at(long index, List<LogEntry> part) {
        if (index <= baseIndex) {
            return null;
        }
        if (index >= cacheFrom) {
            return cached[cacheStart + (int) (index - cacheFrom)];
        }
        if (part.isEmpty()) {
            return null;
        }
        long guess = index - part.get(0).index();
        if (guess < 0 || guess >= part.size()) {
            return null;
        }
        LogEntry entry = part.get((int) guess);
        return entry.term() == entries.term(index) ? entry : null;
    }
}
