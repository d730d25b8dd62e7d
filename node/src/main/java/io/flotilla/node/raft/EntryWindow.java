package io.flotilla.node.raft;

import io.flotilla.config.lang.Invariant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A replica's whole log as the core sees it: a window in memory over the end of the durable log.
 *
 * <p>{@code base - 1 <= durable <= last}, {@code handed <= last}. The window holds [base, last], among them everything that is not durable yet;
 * what is below {@code base} comes from the {@link LogView}, which has its own bounded memory of recent ones, shared by all groups. So a group that is
 * idle holds nothing here, however slow its peers.
 */
final class EntryWindow {
    private static final LogEntry[] NOTHING = new LogEntry[0];
    private static final int WINDOW_ENTRIES_MIN = 16;
    private static final int WINDOW_ENTRIES_KEPT = 1024;

    /** Durable entries that are not committed, of a group that may never get its quorum back. */
    private static final int CACHED_ENTRIES_MAX = 4096;

    private static final long CACHED_BYTES_MAX = 2L * 1024 * 1024;

    /** A persist under way: once it is durable, so is everything up to {@code last}. */
    private static final class Pending {
        private final long number;
        private long last;

        Pending(long number, long last) {
            this.number = number;
            this.last = last;
        }
    }

    private final LogView view;
    private final ArrayDeque<Pending> pendings = new ArrayDeque<>();

    /** window[head .. head + count) are the entries base .. last. */
    private LogEntry[] window = NOTHING;

    private int head;
    private int count;
    private long base;
    private long termBelowBase;
    private long bytes;
    private long last;
    private long lastTerm;
    private long durable;

    /** Up to here the shell was asked to persist. */
    private long handed;

    private Ready.@Nullable LogReset reset;
    private long firstAfterReset;

    private long sliceFrom = -1;
    private long sliceTo = -1;
    private List<LogEntry> slice = List.of();

    EntryWindow(LogView view) {
        this.view = view;
        this.last = view.lastIndex();
        this.durable = last;
        this.handed = last;
        this.base = last + 1;
        this.lastTerm = last == 0 ? 0 : view.termAt(last);
        this.termBelowBase = lastTerm;
    }

    long firstIndex() {
        return Math.max(view.firstIndex(), firstAfterReset);
    }

    long lastIndex() {
        return last;
    }

    long lastTerm() {
        return lastTerm;
    }

    /** Everything up to here is durable in this replica's log as it is now. */
    long durableIndex() {
        return durable;
    }

    /** The term of an entry in [firstIndex - 1, last]. */
    long termAt(long index) {
        Invariant.check(index <= last, "term asked beyond the log's end", index, last);
        if (index >= base) {
            return window[head + (int) (index - base)].term();
        }
        if (index == base - 1) {
            return termBelowBase;
        }
        return index == 0 ? 0 : view.termAt(index);
    }

    /** Whether the log holds the entry (index, term), or held it before it was compacted up to exactly there. */
    boolean holds(long index, long term) {
        return index >= firstIndex() - 1 && index <= last && termAt(index) == term;
    }

    /** The highest index in [low, high] whose term is at most {@code term}; low - 1 if none. Terms never decrease along a log. */
    long lastIndexUpToTerm(long low, long high, long term) {
        long below = low - 1;
        long above = high + 1;
        while (above - below > 1) {
            long middle = (below + above) >>> 1;
            if (termAt(middle) <= term) {
                below = middle;
            } else {
                above = middle;
            }
        }
        return below;
    }

    void append(LogEntry entry) {
        Invariant.check(entry.index() == last + 1, "entries must be contiguous", entry.index(), last);
        Invariant.check(entry.term() >= lastTerm, "terms must not decrease along a log", entry.term(), lastTerm);
        if (head + count == window.length) {
            makeRoom();
        }
        window[head + count++] = entry;
        bytes += entry.size();
        last = entry.index();
        lastTerm = entry.term();
    }

    /** Drops [index, last]: they conflict with a leader's (Raft §5.3). */
    void truncateFrom(long index) {
        sliceTo = -1;
        if (index < base) {
            long below = index - 1;
            termBelowBase = below == 0 ? 0 : termAt(below);
            Arrays.fill(window, null);
            head = 0;
            count = 0;
            bytes = 0;
            base = index;
        } else {
            int keep = (int) (index - base);
            for (int i = keep; i < count; i++) {
                bytes -= window[head + i].size();
                window[head + i] = null;
            }
            count = keep;
        }
        last = index - 1;
        lastTerm = count == 0 ? termBelowBase : window[head + count - 1].term();
        durable = Math.min(durable, last);
        handed = Math.min(handed, last);
        for (Pending pending : pendings) {
            pending.last = Math.min(pending.last, last);
        }
    }

    /** The whole log gives way to a snapshot's position. */
    void resetTo(long index, long term) {
        truncateFrom(base);
        base = index + 1;
        termBelowBase = term;
        last = index;
        lastTerm = term;
        durable = Math.min(durable, index);
        handed = index;
        for (Pending pending : pendings) {
            pending.last = Math.min(pending.last, index);
        }
        reset = new Ready.LogReset(index, term);
        firstAfterReset = index + 1;
    }

    /** Whether all of it is durable, as far as is known, and nothing else is under way to the disk. */
    boolean isSettled() {
        return durable == last && pendings.isEmpty() && !hasUnhanded();
    }

    boolean hasUnhanded() {
        return handed < last || reset != null;
    }

    /** What the shell has not been asked to persist yet; asking hands it over under {@code number}. */
    Ready.Persist hand(long number, @Nullable HardState hardState) {
        List<LogEntry> entries = handed < last ? slice(handed + 1, last + 1, Long.MAX_VALUE) : List.of();
        Ready.Persist persist = new Ready.Persist(hardState, entries, reset);
        handed = last;
        reset = null;
        pendings.add(new Pending(number, last));
        return persist;
    }

    /** All persists up to {@code number} are durable. */
    void persisted(long number) {
        while (!pendings.isEmpty() && pendings.peekFirst().number <= number) {
            durable = Math.max(durable, pendings.removeFirst().last);
        }
        evict();
    }

    /** Entries in [from, to), at least one if there is one, cut after {@code bytesMax} bytes; not to be modified. */
    List<LogEntry> slice(long from, long to, long bytesMax) {
        if (from >= to) {
            return List.of();
        }
        if (from < base) {
            return view.entries(from, Math.min(to, base), bytesMax);
        }
        int start = head + (int) (from - base);
        int limit = head + (int) (to - base);
        int end = start + 1;
        long size = window[start].size();
        while (end < limit && size + window[end].size() <= bytesMax) {
            size += window[end++].size();
        }
        long sliceEnd = from + (end - start);
        // The same range is persisted here and sent to each peer: one copy of the references serves all.
        if (sliceFrom != from || sliceTo != sliceEnd) {
            slice = Collections.unmodifiableList(Arrays.asList(Arrays.copyOfRange(window, start, end)));
            sliceFrom = from;
            sliceTo = sliceEnd;
        }
        return slice;
    }

    /** All of [from, to), from disk where need be, cut after about {@code bytesMax} bytes. */
    List<LogEntry> range(long from, long to, long bytesMax) {
        List<LogEntry> first = slice(from, to, bytesMax);
        long next = from + first.size();
        if (next >= to || from >= base) {
            return first;
        }
        List<LogEntry> all = new ArrayList<>(first);
        long left = bytesMax - sizeOf(first);
        while (next < to && left > 0) {
            List<LogEntry> more = slice(next, to, left);
            all.addAll(more);
            left -= sizeOf(more);
            next += more.size();
        }
        return Collections.unmodifiableList(all);
    }

    static long sizeOf(List<LogEntry> entries) {
        long size = 0;
        for (LogEntry entry : entries) {
            size += entry.size();
        }
        return size;
    }

    /** Whether entries from there on come from the log view. */
    boolean isBehindWindow(long index) {
        return index < base;
    }

    /** The state machine was given everything up to {@code applied}. */
    void release(long applied) {
        long upTo = Math.min(applied, durable);
        if (base > upTo) {
            return;
        }
        while (count > 0 && base <= upTo) {
            dropFirst();
        }
        if (count == 0) {
            head = 0;
            if (window.length > WINDOW_ENTRIES_KEPT) {
                window = NOTHING;
            }
        }
        if (sliceFrom < base) {
            slice = List.of();
            sliceFrom = -1;
            sliceTo = -1;
        }
    }

    private void dropFirst() {
        LogEntry entry = window[head];
        window[head++] = null;
        count--;
        bytes -= entry.size();
        termBelowBase = entry.term();
        base++;
    }

    private void evict() {
        if (count <= CACHED_ENTRIES_MAX && bytes <= CACHED_BYTES_MAX) {
            return;
        }
        while (count > 0 && base <= durable && (count > CACHED_ENTRIES_MAX / 2 || bytes > CACHED_BYTES_MAX / 2)) {
            dropFirst();
        }
    }

    private void makeRoom() {
        int length = Math.max(WINDOW_ENTRIES_MIN, count < window.length / 2 ? window.length : window.length * 2);
        LogEntry[] larger = new LogEntry[length];
        System.arraycopy(window, head, larger, 0, count);
        window = larger;
        head = 0;
    }
}
