package io.flotilla.node.snapshot;

import io.flotilla.node.transport.SnapshotChunk;
import io.flotilla.range.routing.RangeDescriptor;

/** Which snapshot it is; see {@link SnapshotChunk}. */
public record SnapshotHeader(
        RangeDescriptor descriptor, int fromReplica, int toReplica, long term, long index, long indexTerm) {

    static SnapshotHeader of(SnapshotChunk chunk) {
        return new SnapshotHeader(
                chunk.descriptor(),
                chunk.fromReplica(),
                chunk.toReplica(),
                chunk.term(),
                chunk.index(),
                chunk.indexTerm());
    }

    long range() {
        return descriptor.id().value();
    }

    SnapshotChunk chunk(int sequence, boolean last, byte[] data) {
        return new SnapshotChunk(descriptor, fromReplica, toReplica, term, index, indexTerm, sequence, last, data);
    }
}
