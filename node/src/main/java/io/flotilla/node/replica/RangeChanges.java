package io.flotilla.node.replica;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvReply;
import io.flotilla.node.raft.ProposalRefusal;
import io.flotilla.range.lifecycle.CommitTrigger;
import io.flotilla.range.lifecycle.ReplicaChangeTrigger;
import io.flotilla.range.lifecycle.ReplicaSets;
import io.flotilla.range.lifecycle.SplitTrigger;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeReply;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Why a range's leaseholder may not change its range as it is asked to. Pure. */
final class RangeChanges {
    private RangeChanges() {}

    /** Whether the trigger fits the range as it is now; whoever committed it may have read an older descriptor. */
    static Optional<KvError> objection(RangeDescriptor current, CommitTrigger trigger) {
        if (trigger instanceof SplitTrigger split) {
            boolean fits = split.left().id().equals(current.id())
                    && split.left().generation() == current.generation() + 1
                    && split.left().span().start().equals(current.span().start())
                    && split.left().span().end().equals(split.right().span().start())
                    && split.right().span().end().equals(current.span().end())
                    && split.left().replicas().equals(current.replicas());
            return fits
                    ? Optional.empty()
                    : Optional.of(
                            new KvError.Invalid("the split does not fit " + current + ": it has changed meanwhile"));
        }
        RangeDescriptor next = ((ReplicaChangeTrigger) trigger).descriptor();
        return ReplicaSets.objection(current, next).map(KvError.Invalid::new);
    }

    /** What a request is told whose proposal was refused. Its transaction fails, and whoever drives the change asks again if that can help. */
    static RangeReply answerTo(@Nullable ProposalRefusal refusal) {
        String why;
        if (refusal instanceof ProposalRefusal.TooEarly) {
            why = "the leader has only begun to lead";
        } else if (refusal instanceof ProposalRefusal.ChangeUnderWay) {
            why = "an earlier change of replicas is not through";
        } else if (refusal instanceof ProposalRefusal.Illegal illegal) {
            why = illegal.why();
        } else if (refusal instanceof ProposalRefusal.NotCaughtUp lagging) {
            why = "replicas " + lagging.replicas() + " are not caught up";
        } else if (refusal instanceof ProposalRefusal.LeaderLeaves) {
            why = "the leader must hand over before it leaves";
        } else {
            return new RangeReply.NotLeaseholder(NodeId.NONE);
        }
        return new RangeReply.Served(new KvReply.Refused(new KvError.Invalid(why)));
    }
}
