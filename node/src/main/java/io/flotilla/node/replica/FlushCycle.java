package io.flotilla.node.replica;

import io.flotilla.node.log.SharedLog;
import io.flotilla.node.raft.LogView;
import io.flotilla.node.storage.Engine;
import io.flotilla.range.routing.RangeId;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Makes applied state durable from time to time, and tells the replicas that changed meanwhile how far, so that the beginning of their logs may go. A
 * range without writes costs nothing here.
 *
 * <p>Threading: any.
 */
final class FlushCycle {
    /** What a peer may be behind at any moment without anything being wrong. */
    private static final long CROWDED_ENTRIES_KEPT = 100;

    private final Engine engine;
    private final SharedLog log;
    private final ReplicaDirectory replicas;
    private final long entriesKept;
    private final Set<Long> changed = ConcurrentHashMap.newKeySet();

    /** Up to where ranges are known to be durable, of those that have changed since the start. Guarded by this. */
    private final Map<Long, Long> durable = new HashMap<>();

    FlushCycle(Engine engine, SharedLog log, ReplicaDirectory replicas, long entriesKept) {
        this.engine = engine;
        this.log = log;
        this.replicas = replicas;
        this.entriesKept = entriesKept;
    }

    /** The range has applied something. */
    void changed(RangeId range) {
        changed.add(range.value());
    }

    void run() {
        if (!changed.isEmpty()) {
            flush(Set.of());
        }
    }

    /**
     * The log keeps more than it has room for: these ranges are asked to keep only what is not flushed. Unless one of them has something to flush that keeps
     * its log, nothing is flushed for that.
     */
    synchronized void relieve(List<Long> crowded) {
        Map<Long, Long> known = new LinkedHashMap<>();
        for (long range : crowded) {
            long index = durable.getOrDefault(range, 0L);
            LogView view = log.view(range);
            if (forgettable(view, index, true, entriesKept) < forgettable(view, Long.MAX_VALUE, true, entriesKept)) {
                flush(Set.copyOf(crowded));
                return;
            }
            known.put(range, index);
        }
        tell(known, known.keySet());
    }

    private synchronized void flush(Set<Long> crowded) {
        Map<Long, Long> applied = new LinkedHashMap<>();
        for (Long range : changed) {
            // Forgotten before it is read: what is applied after this is a change for the next run.
            changed.remove(range);
            note(range, applied);
        }
        crowded.forEach(range -> note(range, applied));
        engine.flush();
        durable.putAll(applied);
        tell(applied, crowded);
    }

    private void tell(Map<Long, Long> flushedUpTo, Set<Long> crowded) {
        flushedUpTo.forEach((range, index) -> {
            Slot slot = replicas.find(new RangeId(range));
            if (slot == null) {
                durable.remove(range);
            } else {
                ReplicaActor.Flushed flushed = new ReplicaActor.Flushed(
                        index, crowded.contains(range), (upTo, term) -> log.compact(range, upTo, term));
                if (!slot.tellIfAwake(flushed) && isWorthWaking(range, flushed)) {
                    slot.tell(flushed);
                }
            }
        });
    }

    /** Whether anything of its log could go. */
    private boolean isWorthWaking(long range, ReplicaActor.Flushed flushed) {
        LogView view = log.view(range);
        return forgettable(view, flushed.index(), flushed.crowded(), entriesKept) >= view.firstIndex();
    }

    /** Up to where a log may be forgotten whose state is flushed up to {@code index}. */
    static long forgettable(LogView log, long index, boolean crowded, long kept) {
        return Math.min(index, log.lastIndex() - (crowded ? Math.min(kept, CROWDED_ENTRIES_KEPT) : kept));
    }

    private void note(long range, Map<Long, Long> applied) {
        LocalState.Applied state = LocalState.applied(engine, new RangeId(range));
        if (state != null) {
            applied.put(range, state.index());
        }
    }
}
