package io.flotilla.node.replica;

import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * Takes from a store of a {@link TxnWorld} all that it had, as a damaged one is given up by its operator ({@code debug rebuild}): who it is and what it
 * promised as a store is left. One at a time, and none that a range could not do without.
 */
final class TxnLosses {
    private static final int VOTERS_MIN = 3;

    private final TxnWorld world;
    private final SplittableRandom random;
    private long endMicros;

    /** The last one that was lost is not whole again yet, as far as was looked. */
    private boolean missing;

    TxnLosses(TxnWorld world, SplittableRandom random) {
        this.world = world;
        this.random = random;
    }

    void begin(long until) {
        endMicros = until;
        if (world.weather.upheaval().lossMeanMicros() > 0) {
            next();
        }
    }

    private void next() {
        world.time.after(world.exponential(world.weather.upheaval().lossMeanMicros()), 0, () -> {
            if (world.time.nowMicros() < endMicros && !world.isViolated()) {
                lose(world.node(1 + random.nextInt(world.nodes.size())));
                next();
            }
        });
    }

    private void lose(TxnNode node) {
        if (isAllWhole() && mayLose()) {
            missing = true;
            world.saw(TxnSight.STORE_LOST);
            node.loseStore();
            world.time.after(world.exponential(500_000), 0, node::startUnlessRunning);
        }
    }

    /** Whether every store has all that it should. */
    boolean isAllWhole() {
        for (TxnNode node : world.nodes.values()) {
            if (StoreMarks.isRebuilt(node.engine)
                    || !LocalState.lost(node.engine).isEmpty()) {
                return false;
            }
        }
        if (missing) {
            missing = false;
            world.saw(TxnSight.REBUILT);
        }
        return true;
    }

    /** Whether each range, as the newest of its replicas knows it, has enough voters. */
    private boolean mayLose() {
        TreeMap<RangeId, RangeDescriptor> newest = new TreeMap<>();
        for (TxnNode node : world.nodes.values()) {
            for (RangeDescriptor each : LocalState.descriptors(node.engine)) {
                newest.merge(each.id(), each, (one, other) -> one.generation() > other.generation() ? one : other);
            }
        }
        for (RangeDescriptor each : newest.values()) {
            long before = each.replicas().stream().filter(ReplicaInfo::wasVoter).count();
            long after =
                    each.replicas().stream().filter(ReplicaInfo::staysVoter).count();
            if (before < VOTERS_MIN || after < VOTERS_MIN) {
                return false;
            }
        }
        return true;
    }
}
