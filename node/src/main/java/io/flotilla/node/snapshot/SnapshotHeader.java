package io.flotilla.node.snapshot;

import io.flotilla.config.time.Timestamp;
import io.flotilla.node.mvcc.StateChecksum;
import io.flotilla.node.transport.SnapshotChunk;
import io.flotilla.range.routing.RangeDescriptor;

/** Which snapshot it is; see {@link SnapshotChunk}. */
public record SnapshotHeader(
        RangeDescriptor descriptor,
        int fromReplica,
        int toReplica,
        long term,
        long index,
        long indexTerm,
        StateChecksum checksum,
        Timestamp swept) {

    static SnapshotHeader of(SnapshotChunk chunk) {
        return new SnapshotHeader(
                chunk.descriptor(),
                chunk.fromReplica(),
                chunk.toReplica(),
                chunk.term(),
                chunk.index(),
                chunk.indexTerm(),
                chunk.checksum(),
                chunk.swept());
    }

    long range() {
        return descriptor.id().value();
    }

    SnapshotChunk chunk(int sequence, boolean last, byte[] data) {
        return new SnapshotChunk(
                descriptor, fromReplica, toReplica, term, index, indexTerm, checksum, swept, sequence, last, data);
    }

    /** The checksum of what arrives. */
    public StateChecksum arriving() {
        return hasData() ? checksum : StateChecksum.EMPTY;
    }

    /** Whether it brings data: a witness gets none. */
    boolean hasData() {
        return descriptor.replica(toReplica).map(replica -> !replica.witness()).orElse(true);
    }
}
