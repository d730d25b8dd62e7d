package io.flotilla.range.recovery;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.time.Timestamp;
import io.flotilla.range.routing.RangeDescriptor;

/**
 * A replica on a store that is still there, by its own account.
 *
 * @param descriptor the range as it is at the end of this replica's log, committed or not
 * @param applied the range as it is in this replica's state, which stands: it was committed
 * @param term the highest this replica has seen
 * @param lastTerm of the last entry of its log
 * @param commit known to be committed here
 * @param newest of the writes at the end of its log; {@link Timestamp#ZERO} if there is none
 */
public record Survivor(
        NodeId node,
        RangeDescriptor descriptor,
        RangeDescriptor applied,
        long term,
        long lastTerm,
        long lastIndex,
        long commit,
        Timestamp newest) {
    public Survivor {
        if (descriptor.replicaOn(node).isEmpty()) {
            throw new IllegalArgumentException(node + " has no replica of " + descriptor);
        }
    }

    /** Whether this log is more complete, as voters judge it (Raft §5.4.1). */
    boolean isAheadOf(Survivor other) {
        return lastTerm != other.lastTerm ? lastTerm > other.lastTerm : lastIndex > other.lastIndex;
    }
}
