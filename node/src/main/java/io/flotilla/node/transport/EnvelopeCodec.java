package io.flotilla.node.transport;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.time.Timestamp;
import io.flotilla.node.transport.wire.LivenessCodec;
import io.flotilla.node.transport.wire.RaftMessageCodec;
import io.flotilla.node.transport.wire.RangeCodec;
import io.flotilla.node.transport.wire.Wire;
import io.flotilla.node.transport.wire.WireFormatException;
import io.flotilla.range.routing.RangeId;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The bytes of an envelope: version, header, then frames to the end. A frame is its length in four bytes (lowest first), a kind and a body;
 * unknown kinds are skipped, so a newer node may speak of more than an older one understands. A body that cannot be read is lost alone: the frames beside it are
 * of other ranges.
 */
final class EnvelopeCodec {
    private static final int LENGTH_BYTES = 4;
    private static final ReplicaNotice.Kind[] NOTICES = ReplicaNotice.Kind.values();

    private EnvelopeCodec() {}

    static void putHeader(ByteBuffer out, Envelope.Header header) {
        out.put(Wire.VERSION);
        Wire.putNode(out, header.from());
        Wire.putNode(out, header.to());
        Wire.putFixed(out, header.incarnation());
        Wire.putTimestamp(out, header.clock());
        Wire.putText(out, header.address());
    }

    static void putFrame(ByteBuffer out, OutFrame frame) {
        int start = out.position();
        putLength(out, 0);
        out.put(frame.kind());
        frame.encode(out);
        int end = out.position();
        out.position(start);
        putLength(out, end - start - LENGTH_BYTES);
        out.position(end);
    }

    /** @throws WireFormatException if the bytes are not an envelope: its header, or where its frames begin and end */
    static Envelope decode(ByteBuffer in) {
        return Wire.decoding("envelope", in, EnvelopeCodec::read);
    }

    static Envelope.Header getHeader(ByteBuffer in) {
        byte version = in.get();
        if (version != Wire.VERSION) {
            throw new WireFormatException("version " + version + " is not spoken here");
        }
        NodeId from = Wire.getNode(in);
        NodeId to = Wire.getNode(in);
        long incarnation = Wire.getFixed(in);
        Timestamp clock = Wire.getTimestamp(in);
        return new Envelope.Header(from, to, incarnation, clock, Wire.getText(in));
    }

    private static Envelope read(ByteBuffer in) {
        Envelope.Header header = getHeader(in);
        int limit = in.limit();
        List<Frame> frames = new ArrayList<>();
        int unreadable = 0;
        String fault = "";
        while (in.hasRemaining()) {
            int length = getLength(in);
            if (length < 1 || length > in.remaining()) {
                throw new WireFormatException("a frame of " + length + " bytes, but " + in.remaining() + " are left");
            }
            int end = in.position() + length;
            in.limit(end);
            int before = frames.size();
            try {
                readFrame(in, frames);
            } catch (IllegalArgumentException | BufferUnderflowException e) {
                unreadable++;
                fault = e.toString();
                frames.subList(before, frames.size()).clear();
            }
            in.limit(limit);
            in.position(end);
        }
        return new Envelope(header, frames, unreadable, fault);
    }

    private static void readFrame(ByteBuffer in, List<Frame> frames) {
        byte kind = in.get();
        switch (kind) {
            case Frame.RAFT -> {
                RangeId range = new RangeId(Wire.getVarint(in));
                frames.add(new Frame.Raft(range, RaftMessageCodec.decode(in)));
            }
            case Frame.CALL -> {
                long callId = Wire.getVarint(in);
                frames.add(new Frame.Call(callId, RangeCodec.decodeRequest(in)));
            }
            case Frame.REPLY -> {
                long callId = Wire.getVarint(in);
                frames.add(new Frame.Reply(callId, RangeCodec.decodeReply(in)));
            }
            case Frame.LIVENESS -> frames.add(new Frame.Liveness(LivenessCodec.decode(in)));
            case Frame.SNAPSHOT_TAKEN -> {
                long parcel = Wire.getVarint(in);
                frames.add(new Frame.SnapshotTaken(parcel, SnapshotVerdict.of(Wire.getInt(in))));
            }
            case Frame.NOTICE -> frames.add(new Frame.Notice(readNotice(in)));
            case Frame.CHECKSUM -> frames.add(new Frame.Checksum(readChecksum(in)));
            default -> {
                return;
            }
        }
        if (in.hasRemaining()) {
            throw new WireFormatException(in.remaining() + " bytes too many in a frame of kind " + kind);
        }
    }

    private static ReplicaNotice readNotice(ByteBuffer in) {
        RangeId range = new RangeId(Wire.getVarint(in));
        int replicaId = Wire.getInt(in);
        byte kind = in.get();
        if (kind < 0 || kind >= NOTICES.length) {
            throw new WireFormatException("unknown kind of replica notice: " + kind);
        }
        return new ReplicaNotice(range, replicaId, NOTICES[kind]);
    }

    private static ChecksumNote readChecksum(ByteBuffer in) {
        RangeId range = new RangeId(Wire.getVarint(in));
        int from = Wire.getInt(in);
        int to = Wire.getInt(in);
        return new ChecksumNote(range, from, to, Wire.getVarint(in), Wire.getFixed(in), Wire.getFlag(in));
    }

    private static void putLength(ByteBuffer out, int length) {
        out.put((byte) length);
        out.put((byte) (length >>> 8));
        out.put((byte) (length >>> 16));
        out.put((byte) (length >>> 24));
    }

    private static int getLength(ByteBuffer in) {
        return (in.get() & 0xFF) | (in.get() & 0xFF) << 8 | (in.get() & 0xFF) << 16 | (in.get() & 0xFF) << 24;
    }
}
