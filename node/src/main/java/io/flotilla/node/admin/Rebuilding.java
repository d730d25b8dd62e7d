package io.flotilla.node.admin;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.kv.KvSender;
import io.flotilla.node.replica.LostReplicas;
import io.flotilla.range.lifecycle.ReplicaChange;
import io.flotilla.range.lifecycle.ReplicaChangeMachine;
import io.flotilla.range.lifecycle.TransactionPort;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes this store's lost replicas anew: has each removed from its range, by the quorum of the others, and a new one added in its place, which comes by
 * snapshot and has an id that never promised anything. Goes by the meta range alone, so it goes on after a restart, and finds replicas that a store which
 * was rebuilt no longer knows of.
 *
 * <p>Threading: its passes run on one thread and do not block it.
 */
public final class Rebuilding {
    private static final Logger LOG = LoggerFactory.getLogger(Rebuilding.class);

    private static final long PASS_MILLIS = 1_000;
    private static final long STEP_TIMEOUT_MICROS = 60_000_000;

    /** Ranges at the same time: each waits for a snapshot, and those are throttled anyway. */
    private static final int AT_ONCE_MAX = 8;

    private final NodeId node;
    private final LostReplicas lost;
    private final Predicate<RangeId> here;
    private final KvSender sender;
    private final ReplicaChangeMachine machine;
    private final BooleanSupplier ready;
    private final BooleanSupplier leaving;
    private final Map<RangeId, Boolean> underWay = new ConcurrentHashMap<>();
    private volatile boolean scanning;

    /**
     * @param here whether a range has a replica on this node
     * @param ready whether this node is of a cluster
     * @param leaving whether it is being taken out of it: what it has lost it need not have again
     */
    public Rebuilding(
            NodeId node,
            LostReplicas lost,
            Predicate<RangeId> here,
            KvSender sender,
            ReplicaChangeMachine machine,
            BooleanSupplier ready,
            BooleanSupplier leaving) {
        this.node = node;
        this.lost = lost;
        this.here = here;
        this.sender = sender;
        this.machine = machine;
        this.ready = ready;
        this.leaving = leaving;
    }

    /** From now on a pass each second. */
    public void start(ScheduledExecutorService executor) {
        executor.scheduleWithFixedDelay(this::pass, PASS_MILLIS, PASS_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** One look at what is missing, and the next step for each of it. */
    public void pass() {
        try {
            if (!scanning && ready.getAsBoolean() && lost.isAnythingMissing()) {
                scanning = true;
                MetaScan.settledAndSeen(
                        sender,
                        (found, seen) -> {
                            try {
                                look(found, !seen.equals(TransactionPort.Seen.NOTHING));
                            } finally {
                                scanning = false;
                            }
                        },
                        error -> {
                            scanning = false;
                            LOG.info("lost replicas wait for the meta range: {}", error.message());
                        });
            }
        } catch (RuntimeException failure) {
            LOG.warn("rebuilding: {}", failure.toString(), failure);
        }
    }

    /** @param complete whether nothing that is committed was passed over */
    private void look(List<RangeDescriptor> ranges, boolean complete) {
        if (lost.isStoreRebuilt()) {
            // Noted first: once a range has removed its replica here, only this store knows that it should have
            // another.
            lost.addAll(unknown(ranges));
        }
        // Noted before the left side's replica is said to be replaced, after which nobody would know of them.
        lost.addAll(LeftOut.of(node, lost.all(), ranges));
        boolean settled = underWay.isEmpty();
        for (RangeDescriptor range : ranges) {
            Optional<ReplicaInfo> own = range.replicaOn(node);
            boolean isHere = here.test(range.id());
            Optional<LostReplicas.Lost> missing = lost.find(range.id());
            if (missing.isPresent()) {
                settled = false;
                replace(range, missing.get(), own, isHere, ranges);
            }
        }
        if (settled && complete && lost.all().isEmpty()) {
            // From now on it takes any replica that others say it has.
            lost.storeIsWhole();
        }
    }

    /** Replicas that ought to be here, and of which an emptied store knows nothing. */
    private List<LostReplicas.Lost> unknown(List<RangeDescriptor> ranges) {
        List<LostReplicas.Lost> found = new ArrayList<>();
        for (RangeDescriptor range : ranges) {
            Optional<ReplicaInfo> own = range.replicaOn(node);
            boolean known = here.test(range.id()) || lost.find(range.id()).isPresent();
            if (own.isPresent() && !known) {
                ReplicaInfo replica = own.get();
                found.add(new LostReplicas.Lost(
                        range.id(), replica.replicaId(), replica.witness(), LostReplicas.Why.STORE_REBUILT, 0));
            }
        }
        return found;
    }

    private void replace(
            RangeDescriptor range,
            LostReplicas.Lost missing,
            Optional<ReplicaInfo> own,
            boolean isHere,
            List<RangeDescriptor> all) {
        boolean leaves = leaving.getAsBoolean();
        ReplicaChange wish = wish(node, range, missing, leaves);
        if (own.isEmpty() && leaves) {
            lost.forget(range.id());
        } else if (wish instanceof ReplicaChange.Remove && others(range) == 0) {
            LOG.error("{} cannot be made anew: there is no other replica with data", missing);
        } else if (wish != null) {
            if (wish instanceof ReplicaChange.Remove && !range.equals(missing.removedFrom())) {
                lost.addAll(List.of(missing.removedFrom(range)));
            }
            change(range, wish);
        } else if (!leaves && isHere && !isBeingSplit(range, all)) {
            lost.replaced(range);
        }
    }

    /** What is next for a lost replica; null if nothing is. On a node that leaves nothing is: what is still there is moved, and removed it could not be. */
    static @Nullable ReplicaChange wish(NodeId node, RangeDescriptor range, LostReplicas.Lost lost, boolean leaves) {
        Optional<ReplicaInfo> own = range.replicaOn(node);
        if (leaves) {
            return null;
        }
        if (own.isPresent() && own.get().replicaId() == lost.replicaId()) {
            return new ReplicaChange.Remove(node);
        }
        // A learner: whoever added it did not see it through.
        boolean votes = own.isPresent() && own.get().kind() == ReplicaInfo.Kind.VOTER;
        return votes ? null : new ReplicaChange.Add(node, lost.witness());
    }

    /** Its right side's row is committed and not to be seen yet: in its place is what the range was before. */
    private static boolean isBeingSplit(RangeDescriptor range, List<RangeDescriptor> all) {
        return all.stream().filter(row -> row.id().equals(range.id())).count() > 1;
    }

    private long others(RangeDescriptor range) {
        return range.replicas().stream()
                .filter(replica -> replica.staysVoter() && !replica.witness())
                .filter(replica -> !replica.node().equals(node))
                .count();
    }

    private void change(RangeDescriptor range, ReplicaChange wish) {
        if (underWay.size() >= AT_ONCE_MAX || underWay.putIfAbsent(range.id(), true) != null) {
            return;
        }
        LOG.info("making the replica of {} on {} anew: {}", range.id(), node, wish);
        machine.change(range, wish, STEP_TIMEOUT_MICROS, result -> {
            underWay.remove(range.id());
            LOG.info("{}: {}: {}", range.id(), wish, result);
        });
    }
}
