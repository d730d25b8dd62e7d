package io.flotilla.node.replica;

import io.flotilla.range.routing.RangeDescriptor;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes replicas out of service that have turned out wrong. The place of one stays taken, so that nothing that overlaps it comes to this store, until its
 * range has removed it.
 *
 * <p>Thread-safe.
 */
final class Quarantine {
    private static final Logger LOG = LoggerFactory.getLogger(Quarantine.class);

    private final LostReplicas lost;
    private final StoppedReplicas stopped;
    private final SnapshotTraffic snapshots;
    private final SleepWatch sleep;
    private final Executor background;
    private final Consumer<Throwable> onDiskFailure;

    Quarantine(
            LostReplicas lost,
            StoppedReplicas stopped,
            SnapshotTraffic snapshots,
            SleepWatch sleep,
            Executor background,
            Consumer<Throwable> onDiskFailure) {
        this.lost = lost;
        this.stopped = stopped;
        this.snapshots = snapshots;
        this.sleep = sleep;
        this.background = background;
        this.onDiskFailure = onDiskFailure;
    }

    /** A majority of that replica's range had another state than it at that index. */
    void diverged(Slot slot, long index) {
        RangeDescriptor descriptor = slot.descriptor();
        LostReplicas.Lost found =
                new LostReplicas.Lost(descriptor.id(), slot.replicaId(), false, LostReplicas.Why.DIVERGED, index);
        if (slot.isShut()) {
            return;
        }
        slot.shut();
        slot.tell(new ReplicaActor.Retire(() -> {
            sleep.forget(slot);
            snapshots.forget(descriptor.id().value());
            stopped.add(descriptor);
            // If the process ends before this is durable, the next check finds the same: a wrong checksum stays wrong.
            background.execute(() -> note(found));
        }));
        LOG.error(
                "DIVERGED: {} at index {}: replica {} here has another state than a majority; it serves nothing any more and is made anew",
                descriptor,
                index,
                slot.replicaId());
    }

    /** The leaseholder found it out. */
    void alarm(RangeDescriptor descriptor, ConsistencyCheck.Verdict verdict) {
        if (verdict.undecided()) {
            LOG.error(
                    "DIVERGED: {} at index {}: its replicas have different states, and no majority has the same; decide which is right and remove the others",
                    descriptor,
                    verdict.index());
        } else {
            LOG.error(
                    "DIVERGED: {} at index {}: replicas {} have another state than a majority",
                    descriptor,
                    verdict.index(),
                    verdict.diverged());
        }
    }

    private void note(LostReplicas.Lost found) {
        try {
            lost.addAll(List.of(found));
        } catch (RuntimeException failure) {
            onDiskFailure.accept(failure);
        }
    }

    /** In the place of a replica: found lost when the store was opened. */
    static Consumer<ReplicaActor.Command> nobody(Slot slot, Dormant from) {
        return ReplicaActor::turnAway;
    }
}
