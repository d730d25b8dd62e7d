package io.flotilla.node.replica;

import io.flotilla.node.log.SharedLog;
import io.flotilla.node.storage.Engine;
import io.flotilla.range.routing.RangeId;
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
    private final Engine engine;
    private final SharedLog log;
    private final ReplicaDirectory replicas;
    private final Set<Long> changed = ConcurrentHashMap.newKeySet();

    FlushCycle(Engine engine, SharedLog log, ReplicaDirectory replicas) {
        this.engine = engine;
        this.log = log;
        this.replicas = replicas;
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

    /** The log keeps more than it has room for: these ranges are asked to keep only what is not flushed. */
    void relieve(List<Long> crowded) {
        flush(Set.copyOf(crowded));
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
        applied.forEach((range, index) -> {
            Slot slot = replicas.find(new RangeId(range));
            if (slot != null) {
                slot.tell(new ReplicaActor.Flushed(
                        index, crowded.contains(range), (upTo, term) -> log.compact(range, upTo, term)));
            }
        });
    }

    private void note(long range, Map<Long, Long> applied) {
        LocalState.Applied state = LocalState.applied(engine, new RangeId(range));
        if (state != null) {
            applied.put(range, state.index());
        }
    }
}
