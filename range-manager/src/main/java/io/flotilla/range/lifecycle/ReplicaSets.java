package io.flotilla.range.lifecycle;

import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Which sets of replicas a range may have, and which may follow which (Raft §6, thesis §4.2 and §4.3). The leaseholder asks this before it proposes a
 * change, so no driver, however confused, gets past it.
 */
public final class ReplicaSets {
    private ReplicaSets() {}

    /** The replicas of a range that leaves its joint configuration. */
    public static List<ReplicaInfo> left(RangeDescriptor joint) {
        List<ReplicaInfo> after = new ArrayList<>();
        for (ReplicaInfo replica : joint.replicas()) {
            switch (replica.kind()) {
                case INCOMING -> after.add(replica.as(ReplicaInfo.Kind.VOTER));
                case OUTGOING -> {}
                default -> after.add(replica);
            }
        }
        return after;
    }

    /** Why a range cannot have these replicas. */
    public static Optional<String> objection(List<ReplicaInfo> replicas) {
        for (int i = 0; i < replicas.size(); i++) {
            for (int j = 0; j < i; j++) {
                if (replicas.get(i).node().equals(replicas.get(j).node())) {
                    return Optional.of("two replicas on " + replicas.get(i).node());
                }
                if (replicas.get(i).replicaId() == replicas.get(j).replicaId()) {
                    return Optional.of("two replicas with id " + replicas.get(i).replicaId());
                }
            }
        }
        Optional<String> objection = objection(replicas, ReplicaInfo::staysVoter);
        return objection.isPresent() ? objection : objection(replicas, ReplicaInfo::wasVoter);
    }

    private static Optional<String> objection(List<ReplicaInfo> replicas, Predicate<ReplicaInfo> votes) {
        int voters = 0;
        int witnesses = 0;
        for (ReplicaInfo replica : replicas) {
            if (votes.test(replica)) {
                voters++;
                witnesses += replica.witness() ? 1 : 0;
            }
        }
        if (witnesses == voters) {
            return Optional.of("no replica would be left that votes and has data");
        }
        // Else a majority could commit what no replica with data has.
        return witnesses > voters / 2
                ? Optional.of(witnesses + " of " + voters + " voters would be witnesses, a majority without data")
                : Optional.empty();
    }

    /** Why {@code next} cannot follow {@code current}. */
    public static Optional<String> objection(RangeDescriptor current, RangeDescriptor next) {
        if (!next.id().equals(current.id())
                || next.generation() != current.generation() + 1
                || !next.span().equals(current.span())
                || next.nextReplicaId() < current.nextReplicaId()) {
            return Optional.of("the range has changed meanwhile: it is " + current);
        }
        for (ReplicaInfo replica : next.replicas()) {
            Optional<ReplicaInfo> before = current.replica(replica.replicaId());
            boolean known = before.isPresent()
                    && before.get().node().equals(replica.node())
                    && before.get().witness() == replica.witness();
            boolean fresh = before.isEmpty()
                    && replica.replicaId() >= current.nextReplicaId()
                    && replica.replicaId() < next.nextReplicaId();
            if (!known && !fresh) {
                return Optional.of(replica + " is neither one of " + current + " nor new");
            }
        }
        if (current.isJoint()) {
            return next.replicas().equals(left(current))
                    ? Optional.empty()
                    : Optional.of("a change of voters is under way, which must be finished first: " + current);
        }
        Optional<String> impossible = objection(next.replicas());
        if (impossible.isPresent()) {
            return impossible;
        }
        return next.isJoint() ? objectionToJoining(current, next) : objectionToLearners(current, next);
    }

    /** Who comes in was a learner; who votes, goes on voting in the old configuration. */
    private static Optional<String> objectionToJoining(RangeDescriptor current, RangeDescriptor next) {
        for (ReplicaInfo replica : next.replicas()) {
            Optional<ReplicaInfo.Kind> before =
                    current.replica(replica.replicaId()).map(ReplicaInfo::kind);
            ReplicaInfo.Kind needed = replica.wasVoter() ? ReplicaInfo.Kind.VOTER : ReplicaInfo.Kind.LEARNER;
            if (before.isEmpty() || before.get() != needed) {
                return Optional.of(replica + " must be a " + needed.name().toLowerCase(Locale.ROOT)
                        + " before voters change: " + current);
            }
        }
        return votersKept(current, next);
    }

    private static Optional<String> objectionToLearners(RangeDescriptor current, RangeDescriptor next) {
        for (ReplicaInfo replica : next.replicas()) {
            Optional<ReplicaInfo.Kind> before =
                    current.replica(replica.replicaId()).map(ReplicaInfo::kind);
            if (replica.kind() != before.orElse(ReplicaInfo.Kind.LEARNER)) {
                return Optional.of("voters change only in two steps, through a joint configuration: " + replica);
            }
        }
        return votersKept(current, next);
    }

    private static Optional<String> votersKept(RangeDescriptor current, RangeDescriptor next) {
        for (ReplicaInfo replica : current.replicas()) {
            if (replica.wasVoter() && next.replica(replica.replicaId()).isEmpty()) {
                return Optional.of("voters change only in two steps, through a joint configuration: " + replica);
            }
        }
        return Optional.empty();
    }
}
