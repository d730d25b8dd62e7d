package io.flotilla.node.transport;

import io.flotilla.config.time.Timestamp;
import io.flotilla.node.mvcc.StateChecksum;
import io.flotilla.range.routing.RangeDescriptor;

/**
 * A piece of a range's state on its way to a replica that fell behind the log.
 *
 * @param toReplica the replica id meant on the receiving node
 * @param term the sending leader's
 * @param index applied index that the state reflects; identifies the snapshot together with the range and sender
 * @param checksum of the state at that index
 * @param swept what that state has lost by sweeps was overwritten before
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
        StateChecksum checksum,
        Timestamp swept,
        int sequence,
        boolean last,
        byte[] data) {}
