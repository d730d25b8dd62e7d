package io.flotilla.node.transport;

import io.flotilla.range.routing.RangeDescriptor;

/**
 * A piece of a range's state on its way to a replica that fell behind the log.
 *
 * @param toReplica the replica id meant on the receiving node
 * @param term the sending leader's
 * @param index applied index that the state reflects; identifies the snapshot together with the range and sender
 * @param sequence 0, 1, 2, …
 * @param last whether this is the final piece
 */
public record SnapshotChunk(
        RangeDescriptor descriptor,
        int fromReplica,
        int toReplica,
        long term,
        long index,
        long indexTerm,
        int sequence,
        boolean last,
        byte[] data) {}
