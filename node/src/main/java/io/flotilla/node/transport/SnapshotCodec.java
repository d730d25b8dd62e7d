package io.flotilla.node.transport;

import io.flotilla.config.time.Timestamp;
import io.flotilla.node.mvcc.StateChecksum;
import io.flotilla.node.transport.wire.RangeCodec;
import io.flotilla.node.transport.wire.Wire;
import io.flotilla.range.routing.RangeDescriptor;
import java.nio.ByteBuffer;

/** Pieces of a range's state. */
final class SnapshotCodec {
    private SnapshotCodec() {}

    static void encode(SnapshotChunk chunk, ByteBuffer out) {
        RangeCodec.putDescriptor(out, chunk.descriptor());
        Wire.putVarint(out, chunk.fromReplica());
        Wire.putVarint(out, chunk.toReplica());
        Wire.putVarint(out, chunk.term());
        Wire.putVarint(out, chunk.index());
        Wire.putVarint(out, chunk.indexTerm());
        Wire.putFixed(out, chunk.checksum().sum());
        Wire.putVarint(out, chunk.checksum().since());
        Wire.putTimestamp(out, chunk.swept());
        Wire.putVarint(out, chunk.sequence());
        Wire.putFlag(out, chunk.last());
        Wire.putBytes(out, chunk.data());
    }

    /** @throws io.flotilla.node.transport.wire.WireFormatException if the bytes are not a piece of a snapshot */
    static SnapshotChunk decode(ByteBuffer in) {
        return Wire.decoding("snapshot chunk", in, SnapshotCodec::read);
    }

    private static SnapshotChunk read(ByteBuffer in) {
        RangeDescriptor descriptor = RangeCodec.getDescriptor(in);
        int fromReplica = Wire.getInt(in);
        int toReplica = Wire.getInt(in);
        long term = Wire.getVarint(in);
        long index = Wire.getVarint(in);
        long indexTerm = Wire.getVarint(in);
        StateChecksum checksum = new StateChecksum(Wire.getFixed(in), Wire.getVarint(in));
        Timestamp swept = Wire.getTimestamp(in);
        int sequence = Wire.getInt(in);
        boolean last = Wire.getFlag(in);
        return new SnapshotChunk(
                descriptor,
                fromReplica,
                toReplica,
                term,
                index,
                indexTerm,
                checksum,
                swept,
                sequence,
                last,
                Wire.getBytes(in));
    }
}
