package io.flotilla.node.log;

import io.flotilla.node.raft.HardState;
import io.flotilla.node.raft.Ready.Persist;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * All ranges of one store's log in memory, and the bound on what they keep there.
 *
 * <p>Threading: {@link #apply} from one thread at a time (the writer); the rest from any.
 */
final class LogTable {
    private final ConcurrentHashMap<Long, RangeLog> ranges = new ConcurrentHashMap<>();
    private final RangeLog.Archive archive;
    private final long cacheBytesMax;

    /** Those with entries in memory, whoever wrote last at the end. Its own lock. */
    private final LinkedHashMap<RangeLog, Boolean> cached = new LinkedHashMap<>(16, 0.75f, true);

    private final AtomicLong cacheBytes = new AtomicLong();

    LogTable(RangeLog.Archive archive, long cacheBytesMax) {
        this.archive = archive;
        this.cacheBytesMax = cacheBytesMax;
    }

    RangeLog range(long range) {
        RangeLog known = ranges.get(range);
        return known != null ? known : ranges.computeIfAbsent(range, id -> new RangeLog(id, archive, cacheBytes));
    }

    /** All that were ever asked for. */
    Collection<RangeLog> all() {
        return ranges.values();
    }

    void apply(RangeLog range, Persist persist, long place) {
        range.apply(persist, place);
        if (persist.entries().isEmpty()) {
            return;
        }
        synchronized (cached) {
            cached.put(range, true);
            Iterator<RangeLog> longestAgo = cached.keySet().iterator();
            while (cacheBytes.get() > cacheBytesMax && longestAgo.hasNext()) {
                RangeLog least = longestAgo.next();
                if (least != range) {
                    longestAgo.remove();
                    least.evictAll();
                } else {
                    least.evictDownTo(cacheBytesMax / 2);
                }
            }
        }
    }

    /** Nobody reads that range for now. */
    void rest(long range) {
        RangeLog known = ranges.get(range);
        if (known != null) {
            synchronized (cached) {
                cached.remove(known);
                known.evictAll();
            }
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
