package io.flotilla.range.routing;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.kv.KvError;
import java.util.ArrayList;
import java.util.List;

/** Each replica's latest refusal, for deciding when to give up and for telling people why. Few entries. */
final class Answers {
    enum Kind {
        NOT_LEASEHOLDER,
        NO_QUORUM,
        LOST,
        /** Not the range that was asked for, or not there. */
        ELSEWHERE,
        /** It used up its share of the time. */
        BUSY
    }

    /** @param names whom it named as the leaseholder; {@link NodeId#NONE} if nobody */
    private record Answer(NodeId node, Kind kind, String detail, NodeId names) {}

    private final List<Answer> latest = new ArrayList<>(4);

    void note(NodeId node, Kind kind, String detail) {
        note(new Answer(node, kind, detail, NodeId.NONE));
    }

    void noteNotLeaseholder(NodeId node, NodeId leaseholder) {
        note(new Answer(node, Kind.NOT_LEASEHOLDER, "not leaseholder", leaseholder));
    }

    private void note(Answer fresh) {
        latest.removeIf(answer -> answer.node().equals(fresh.node()));
        latest.add(fresh);
    }

    boolean anyNoQuorum() {
        for (Answer answer : latest) {
            if (answer.kind() == Kind.NO_QUORUM) {
                return true;
            }
        }
        return false;
    }

    /**
     * A leader said that it has lost its majority. It may have been deposed; but unless a majority of others answers, and not by pointing at that very
     * one, there can be no other leader. Witnesses, which are not asked, may be among them.
     */
    boolean provesNoQuorum(RangeDescriptor descriptor) {
        int others = count(descriptor, Kind.ELSEWHERE);
        for (Answer answer : latest) {
            boolean elects = answer.kind() == Kind.NOT_LEASEHOLDER && !saysNoQuorum(answer.names());
            others += elects && descriptor.replicaOn(answer.node()).isPresent() ? 1 : 0;
        }
        for (ReplicaInfo replica : descriptor.replicas()) {
            others += replica.witness() && replica.staysVoter() ? 1 : 0;
        }
        return count(descriptor, Kind.NO_QUORUM) > 0 && others < majority(descriptor);
    }

    private boolean saysNoQuorum(NodeId node) {
        for (Answer answer : latest) {
            if (answer.kind() == Kind.NO_QUORUM && answer.node().equals(node)) {
                return true;
            }
        }
        return false;
    }

    /** Whether every replica was asked and none is known to be at work. */
    boolean allSilent(RangeDescriptor descriptor) {
        int silent = count(descriptor, Kind.NOT_LEASEHOLDER)
                + count(descriptor, Kind.NO_QUORUM)
                + count(descriptor, Kind.LOST);
        return silent == asked(descriptor);
    }

    /** Whether no replica said anything: the range may have moved away from all of them, and they are gone. */
    boolean allLost(RangeDescriptor descriptor) {
        return count(descriptor, Kind.LOST) == asked(descriptor);
    }

    String reason(RangeDescriptor descriptor) {
        int lost = count(descriptor, Kind.LOST);
        if (allLost(descriptor)) {
            return "UNREACHABLE";
        }
        return count(descriptor, Kind.NO_QUORUM) > 0 || lost >= majority(descriptor) ? "NO_QUORUM" : "NO_LEASEHOLDER";
    }

    KvError.Unavailable unavailable(RangeDescriptor descriptor, Key key, String reason, boolean maybeExecuted) {
        StringBuilder detail = new StringBuilder(descriptor.id().toString()).append(':');
        for (Answer answer : latest) {
            detail.append(' ')
                    .append(answer.node())
                    .append(" (")
                    .append(answer.detail())
                    .append(')');
        }
        return new KvError.Unavailable(reason, key, detail.toString(), maybeExecuted);
    }

    private static int majority(RangeDescriptor descriptor) {
        int voters = 0;
        for (ReplicaInfo replica : descriptor.replicas()) {
            voters += replica.staysVoter() ? 1 : 0;
        }
        return voters / 2 + 1;
    }

    private static int asked(RangeDescriptor descriptor) {
        int asked = 0;
        for (ReplicaInfo replica : descriptor.replicas()) {
            asked += replica.mayLead() ? 1 : 0;
        }
        return asked;
    }

    private int count(RangeDescriptor descriptor, Kind kind) {
        int count = 0;
        for (Answer answer : latest) {
            if (answer.kind() == kind && descriptor.replicaOn(answer.node()).isPresent()) {
                count++;
            }
        }
        return count;
    }
}
