package io.flotilla.node.replica;

import io.flotilla.node.log.SharedLog;
import io.flotilla.node.storage.Engine;
import io.flotilla.range.routing.RangeId;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Makes applied state durable from time to time, and tells the replicas that changed meanwhile how far, so that the beginning of their logs may go. A
 * range without writes costs nothing here.
 *
 * <p>Threading: {@link #changed} from any thread, {@link #run} from one at a time.
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
        if (changed.isEmpty()) {
            return;
        }
        Map<RangeId, Long> applied = new LinkedHashMap<>();
        for (Long range : changed) {
            // Forgotten before it is read: what is applied after this is a change for the next run.
            changed.remove(range);
            LocalState.Applied state = LocalState.applied(engine, new RangeId(range));
            if (state != null) {
                applied.put(new RangeId(range), state.index());
            }
        }
        engine.flush();
        applied.forEach((range, index) -> {
            Slot slot = replicas.find(range);
            if (slot != null) {
                slot.tell(new ReplicaActor.Flushed(index, (upTo, term) -> log.compact(range.value(), upTo, term)));
            }
        });
    }
}
