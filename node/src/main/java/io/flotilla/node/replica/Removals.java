package io.flotilla.node.replica;

import io.flotilla.node.log.SharedLog;
import io.flotilla.node.storage.Engine;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of replicas: one that knows it was removed from its range stops, loses its state and its log, and leaves a tombstone, so that its id never
 * comes back here (B38). Only a change that is committed and applied somewhere makes a replica known to be removed; silence never does.
 *
 * <p>Until everything is gone the replica's place stays taken: nothing that overlaps it may come to this store and lose its data with it.
 *
 * <p>Thread-safe.
 */
final class Removals {
    private static final Logger LOG = LoggerFactory.getLogger(Removals.class);

    private final Engine engine;
    private final SharedLog log;
    private final ReplicaDirectory replicas;
    private final SnapshotTraffic snapshots;
    private final SleepWatch sleep;
    private final Consumer<Throwable> onDiskFailure;

    /** Ranges whose replica here is being removed. */
    private final Set<Long> underWay = ConcurrentHashMap.newKeySet();

    Removals(
            Engine engine,
            SharedLog log,
            ReplicaDirectory replicas,
            SnapshotTraffic snapshots,
            SleepWatch sleep,
            Consumer<Throwable> onDiskFailure) {
        this.engine = engine;
        this.log = log;
        this.replicas = replicas;
        this.snapshots = snapshots;
        this.sleep = sleep;
        this.onDiskFailure = onDiskFailure;
    }

    /** The replica of that id, here, was removed from its range. */
    void removed(RangeId range, int replicaId) {
        Slot slot = replicas.find(range);
        if (slot == null) {
            remember(range, replicaId);
        } else if (slot.replicaId() == replicaId && underWay.add(range.value())) {
            LOG.info("replica {} of {} was removed from it and destroys itself", replicaId, slot.descriptor());
            slot.tell(new ReplicaActor.Retire(() -> snapshots.afterInstalls(() -> destroy(slot))));
        }
    }

    /** Whether a replica of that id was here and must not come back. */
    boolean isRemoved(RangeId range, int replicaId) {
        return LocalState.isRemoved(engine, range, replicaId);
    }

    /** It never came to be here, or is gone: only that it must not come is noted. Not urgent, and asked for again if lost. */
    private void remember(RangeId range, int replicaId) {
        if (!isRemoved(range, replicaId)) {
            try (Engine.Batch batch = engine.newBatch()) {
                LocalState.putTombstone(batch, range, replicaId);
                engine.write(batch);
            }
        }
    }

    private void destroy(Slot slot) {
        try {
            wipe(slot.descriptor(), slot.replicaId());
        } catch (RuntimeException failure) {
            onDiskFailure.accept(failure);
            return;
        }
        replicas.remove(slot);
        snapshots.forget(slot.range().value());
        sleep.forget(slot);
        underWay.remove(slot.range().value());
        slot.tell(ReplicaActor.Rest.INSTANCE);
    }

    private void wipe(RangeDescriptor descriptor, int replicaId) {
        try (Engine.Batch batch = engine.newBatch()) {
            RangeSpaces.clear(batch, descriptor.span());
            LocalState.remove(batch, descriptor.id(), replicaId);
            engine.write(batch);
        }
        // First the state, then the log: a state without its log would be taken for a replica that lost its votes.
        engine.flush();
        log.remove(descriptor.id().value());
    }

    /** A replica found at the start whose own descriptor does not name it any more: the process ended before it was destroyed. */
    void discard(RangeDescriptor descriptor) {
        LOG.info("the replica of {} that was here was removed from it", descriptor);
        // Which id it had, its descriptor does not say; none that was handed out before it may come back.
        wipe(descriptor, descriptor.nextReplicaId() - 1);
    }

    /** Ends what a crash interrupted: logs whose replica is gone. Once, before replicas are opened. */
    void recover() {
        for (RangeId range : LocalState.tombstones(engine)) {
            boolean here = engine.get(Engine.Space.LOCAL, LocalState.descriptorKey(range)) != null;
            if (!here && log.ranges().contains(range.value())) {
                log.remove(range.value());
            }
        }
    }
}
