package io.flotilla.node.log;

import io.flotilla.node.raft.HardState;
import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.Ready.Persist;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/**
 * All ranges of one store's log in memory, and the bound on what they keep there.
 *
 * <p>Threading: {@link #apply} from one thread at a time (the writer); the rest from any.
 */
final class LogTable {
    private record Run(RangeLog range, long to, long place, long bytes) {}

    private final ConcurrentHashMap<Long, RangeLog> ranges = new ConcurrentHashMap<>();
    private final RangeLog.Archive archive;
    private final long cacheBytesMax;

    /** What is in memory, oldest first; cacheBytes is the sum of its bytes. */
    private final ArrayDeque<Run> runs = new ArrayDeque<>();

    private long cacheBytes;

    LogTable(RangeLog.Archive archive, long cacheBytesMax) {
        this.archive = archive;
        this.cacheBytesMax = cacheBytesMax;
    }

    RangeLog range(long range) {
        RangeLog known = ranges.get(range);
        return known != null ? known : ranges.computeIfAbsent(range, id -> new RangeLog(id, archive));
    }

    /** All that were ever asked for. */
    Collection<RangeLog> all() {
        return ranges.values();
    }

    void apply(RangeLog range, Persist persist, long place) {
        long bytes = range.apply(persist, place);
        List<LogEntry> entries = persist.entries();
        if (bytes == 0) {
            return;
        }
        runs.add(new Run(range, entries.get(entries.size() - 1).index(), place, bytes));
        cacheBytes += bytes;
        while (cacheBytes > cacheBytesMax) {
            Run oldest = runs.remove();
            cacheBytes -= oldest.bytes();
            oldest.range().evict(oldest.to(), oldest.place());
        }
    }

    /** Bytes of the entries that ranges still need. */
    long liveBytes() {
        long bytes = 0;
        for (RangeLog range : ranges.values()) {
            bytes += range.bytes();
        }
        return bytes;
    }

    HardState hardState(long range) {
        RangeLog known = ranges.get(range);
        return known == null ? HardState.INITIAL : known.hardState();
    }

    List<Long> ids() {
        return ranges.entrySet().stream()
                .filter(entry -> !entry.getValue().isBlank())
                .map(java.util.Map.Entry::getKey)
                .sorted()
                .toList();
    }
}
