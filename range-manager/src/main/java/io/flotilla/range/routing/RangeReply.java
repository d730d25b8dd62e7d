package io.flotilla.range.routing;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.kv.KvReply;
import java.util.List;

/** A replica's answer: either the batch's own reply, or a refusal that tells the router where to go instead. */
public sealed interface RangeReply {
    /** The batch was evaluated. */
    record Served(KvReply reply) implements RangeReply {}

    /**
     * This replica does not hold the lease; nothing was executed.
     *
     * @param leaseholder who does, as far as is known; {@link NodeId#NONE} if nobody knows
     */
    record NotLeaseholder(NodeId leaseholder) implements RangeReply {}

    /** The batch's keys are not (all) in this range; nothing was executed. {@code current} are the descriptors known here. */
    record RangeMismatch(List<RangeDescriptor> current) implements RangeReply {
        public RangeMismatch {
            current = List.copyOf(current);
        }
    }

    /** There is no replica of that range on this node; nothing was executed. */
    record RangeUnknown() implements RangeReply {}

    /** A majority of the range's replicas is out of reach of its leader; nothing was executed. */
    record NoQuorum(String detail) implements RangeReply {}

    /**
     * The node could not be reached, died, or lost leadership with the batch in its log.
     *
     * @param maybeExecuted false only if the batch certainly was not and will not be executed
     */
    record Lost(boolean maybeExecuted, String detail) implements RangeReply {}
}
