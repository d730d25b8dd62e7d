package io.flotilla.node.replica;

import io.flotilla.node.log.SharedLog;
import io.flotilla.node.raft.LogView;
import io.flotilla.node.storage.Engine;
import io.flotilla.range.routing.RangeId;
import java.util.HashMap;
import java.util.LinkedHashMap;
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
            flush(Map.of());
        }
    }

    /**
     * The log keeps more than it has room for: these ranges are asked to forget all up to the index beside them, unless it is not flushed. Nothing is flushed for
     * that if nothing of it has to be.
     */
    synchronized void relieve(Map<Long, Long> inTheWay) {
        Map<Long, Long> known = new LinkedHashMap<>();
        for (Map.Entry<Long, Long> range : inTheWay.entrySet()) {
            long index = durable.getOrDefault(range.getKey(), 0L);
            if (index < range.getValue()) {
                flush(inTheWay);
                return;
            }
            known.put(range.getKey(), index);
        }
        tell(known, inTheWay);
    }

    private synchronized void flush(Map<Long, Long> inTheWay) {
        Map<Long, Long> applied = new LinkedHashMap<>();
        for (Long range : changed) {
            // Forgotten before it is read: what is applied after this is a change for the next run.
            changed.remove(range);
            note(range, applied);
        }
        inTheWay.keySet().forEach(range -> note(range, applied));
        markLog();
        engine.flush();
        durable.putAll(applied);
        durable.keySet().removeIf(range -> replicas.find(new RangeId(range)) == null);
        tell(applied, inTheWay);
    }

    /** The state is not to be found with a log that ends before what was in it by now. */
    private void markLog() {
        try (Engine.Batch batch = engine.newBatch()) {
            StoreMarks.putLogRecords(batch, log.recordsDurable());
            engine.write(batch);
        }
    }

    private void tell(Map<Long, Long> flushedUpTo, Map<Long, Long> inTheWay) {
        flushedUpTo.forEach((range, index) -> {
            Slot slot = replicas.find(new RangeId(range));
            if (slot != null) {
                ReplicaActor.Flushed flushed = new ReplicaActor.Flushed(
                        index, inTheWay.getOrDefault(range, 0L), (upTo, term) -> log.compact(range, upTo, term));
                if (!slot.tellIfAwake(flushed) && isWorthWaking(range, flushed)) {
                    slot.tell(flushed);
                }
            }
        });
    }

    /** Of how many ranges it is known how far they are durable. */
    synchronized int rangesKnown() {
        return durable.size();
    }

    /** Whether anything of its log could go. */
    private boolean isWorthWaking(long range, ReplicaActor.Flushed flushed) {
        LogView view = log.view(range);
        return forgettable(view, flushed.index(), flushed.inTheWay(), entriesKept) >= view.firstIndex();
    }

    /**
     * Up to where a log is to be forgotten whose state is flushed up to {@code index}.
     *
     * @param inTheWay the log has no room for what is up to there; 0 if it has
     * @param kept entries, as long as there is room
     */
    static long forgettable(LogView log, long index, long inTheWay, long kept) {
        return Math.min(index, Math.max(inTheWay, log.lastIndex() - kept));
    }

    private void note(long range, Map<Long, Long> applied) {
        LocalState.Applied state = LocalState.applied(engine, new RangeId(range));
        if (state != null) {
            applied.put(range, state.index());
        }
    }
}
