package io.flotilla.range.lifecycle;

import io.flotilla.config.id.NodeId;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.ReplicaInfo;
import io.flotilla.range.routing.ReplicaInfo.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The next step from what a range is to what it is wished to be. A function of the two alone: whoever takes over from a driver that died goes on where
 * that one stopped.
 *
 * <p>Learner first, then one joint change, then leaving it (thesis §4.2.1, §4.3). A joint configuration that is found is left before anything else.
 */
final class ReplicaPlan {
    /** What is to be done. */
    sealed interface Step {}

    /** The wish is fulfilled. */
    record Done() implements Step {}

    /** A learner comes or goes: no vote changes. */
    record Change(List<ReplicaInfo> replicas, int nextReplicaId) implements Step {}

    /** A change of voters, once those that come in are caught up. */
    record Join(List<ReplicaInfo> replicas) implements Step {}

    /** The end of a change of voters; the leader must be one of those that stay. */
    record Leave(List<ReplicaInfo> replicas) implements Step {}

    /** It cannot be done, ever. @param absent what was named does not exist */
    record Impossible(String why, boolean absent) implements Step {}

    private ReplicaPlan() {}

    static Step next(RangeDescriptor range, ReplicaChange wish) {
        if (wish instanceof ReplicaChange.TakeBack back) {
            Optional<Change> undo = undo(range, back.learnerId());
            return undo.isPresent() ? undo.get() : new Done();
        }
        if (range.isJoint()) {
            return new Leave(ReplicaSets.left(range));
        }
        if (wish instanceof ReplicaChange.Add add) {
            return add(range, add.node(), add.witness());
        }
        if (wish instanceof ReplicaChange.Remove remove) {
            return remove(range, remove.node());
        }
        if (wish instanceof ReplicaChange.Move move) {
            return move(range, move);
        }
        return new Done();
    }

    private static Step add(RangeDescriptor range, NodeId node, boolean witness) {
        Optional<ReplicaInfo> there = range.replicaOn(node);
        if (there.isEmpty()) {
            return addLearner(range, node, witness, Optional.empty());
        }
        ReplicaInfo replica = there.get();
        if (replica.witness() != witness) {
            return new Impossible(
                    range.id() + " has a replica on " + node + " already, " + (witness ? "with data" : "a witness")
                            + "; remove it first",
                    false);
        }
        return replica.kind() == Kind.VOTER ? new Done() : join(range, replica, Optional.empty());
    }

    private static Step remove(RangeDescriptor range, NodeId node) {
        Optional<ReplicaInfo> there = range.replicaOn(node);
        if (there.isEmpty()) {
            return new Done();
        }
        if (there.get().kind() == Kind.LEARNER) {
            return withoutLearner(range, there.get());
        }
        return checked(range, joint(range, Optional.empty(), there));
    }

    private static Step move(RangeDescriptor range, ReplicaChange.Move wish) {
        Optional<ReplicaInfo> from = range.replicaOn(wish.from());
        Optional<ReplicaInfo> to = range.replicaOn(wish.to());
        boolean arrived = to.isPresent() && to.get().kind() == Kind.VOTER;
        if (wish.from().equals(wish.to())) {
            return new Impossible("a replica cannot move from " + wish.from() + " to itself", false);
        }
        if (from.isEmpty()) {
            return arrived ? new Done() : new Impossible(range.id() + " has no replica on " + wish.from(), true);
        }
        if (arrived) {
            return new Impossible(range.id() + " has a replica on " + wish.to() + " already", false);
        }
        ReplicaInfo leaving = from.get();
        if (leaving.kind() == Kind.LEARNER) {
            return new Impossible(
                    range.id() + " has only a learner on " + wish.from() + "; add the other, remove this one", false);
        }
        if (to.isEmpty()) {
            return addLearner(range, wish.to(), leaving.witness(), from);
        }
        if (to.get().witness() != leaving.witness()) {
            return withoutLearner(range, to.get());
        }
        return join(range, to.get(), from);
    }

    /** @param inPlaceOf who will go when it comes in, so that what cannot be is found before a copy is made */
    private static Step addLearner(
            RangeDescriptor range, NodeId node, boolean witness, Optional<ReplicaInfo> inPlaceOf) {
        ReplicaInfo learner = new ReplicaInfo(node, range.nextReplicaId(), Kind.LEARNER, witness);
        List<ReplicaInfo> replicas = new ArrayList<>(range.replicas());
        replicas.add(learner);
        RangeDescriptor with = range.with(replicas, range.nextReplicaId() + 1);
        return join(with, learner, inPlaceOf) instanceof Impossible impossible
                ? impossible
                : new Change(with.replicas(), with.nextReplicaId());
    }

    private static Change withoutLearner(RangeDescriptor range, ReplicaInfo learner) {
        List<ReplicaInfo> replicas = new ArrayList<>(range.replicas());
        replicas.remove(learner);
        return new Change(replicas, range.nextReplicaId());
    }

    private static Step join(RangeDescriptor range, ReplicaInfo learner, Optional<ReplicaInfo> inPlaceOf) {
        return checked(range, joint(range, Optional.of(learner), inPlaceOf));
    }

    private static Step checked(RangeDescriptor range, List<ReplicaInfo> replicas) {
        Optional<String> objection = ReplicaSets.objection(replicas);
        return objection.isPresent() ? new Impossible(range.id() + ": " + objection.get(), false) : new Join(replicas);
    }

    private static List<ReplicaInfo> joint(
            RangeDescriptor range, Optional<ReplicaInfo> coming, Optional<ReplicaInfo> going) {
        List<ReplicaInfo> replicas = new ArrayList<>(range.replicas());
        coming.ifPresent(replica -> replicas.set(replicas.indexOf(replica), replica.as(Kind.INCOMING)));
        going.ifPresent(replica -> replicas.set(replicas.indexOf(replica), replica.as(Kind.OUTGOING)));
        return replicas;
    }

    /** The range without that learner, unless it is none any more, or voters are being changed, which somebody else sees to. */
    static Optional<Change> undo(RangeDescriptor range, int learnerId) {
        return range.replica(learnerId)
                .filter(replica -> replica.kind() == Kind.LEARNER)
                .filter(replica -> !range.isJoint())
                .map(replica -> withoutLearner(range, replica));
    }
}
