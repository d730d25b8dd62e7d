package io.flotilla.node.transport;

import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.settings.Limits;
import io.flotilla.node.liveness.LivenessMessage;
import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.RaftMessage;
import io.flotilla.node.transport.wire.LivenessCodec;
import io.flotilla.node.transport.wire.RaftMessageCodec;
import io.flotilla.node.transport.wire.RangeCodec;
import io.flotilla.node.transport.wire.Wire;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.RangeReply;
import java.nio.ByteBuffer;

/** One piece that waits for an envelope to leave in. */
abstract class OutFrame {
    /** What it is counted as against the bound of an outbox, beyond its payload. */
    static final int OVERHEAD_BYTES = 128;

    private final int weight;

    OutFrame(int payloadBytes) {
        this.weight = OVERHEAD_BYTES + payloadBytes;
    }

    abstract byte kind();

    abstract void encode(ByteBuffer out);

    /** It is in the envelope now; false if it has become pointless and must be taken out again. */
    boolean leave() {
        return true;
    }

    /** It will never leave. {@code tooLarge}: because no frame can hold it, otherwise because it waited too long. */
    void dropped(boolean tooLarge) {}

    /** Whether it may be thrown away if the peer is out of reach. */
    boolean isPerishable() {
        return true;
    }

    final int weight() {
        return weight;
    }

    static KvReply.Refused tooLarge(String what) {
        return new KvReply.Refused(
                new KvError.TooLarge(what + " in bytes", Limits.FRAME_BYTES_MAX + 1L, Limits.FRAME_BYTES_MAX));
    }

    static final class Raft extends OutFrame {
        private final RangeId range;
        private final RaftMessage message;

        Raft(RangeId range, RaftMessage message) {
            super(payloadBytes(message));
            this.range = range;
            this.message = message;
        }

        @Override
        byte kind() {
            return Frame.RAFT;
        }

        @Override
        void encode(ByteBuffer out) {
            Wire.putVarint(out, range.value());
            RaftMessageCodec.encode(message, out);
        }

        private static int payloadBytes(RaftMessage message) {
            int bytes = 0;
            if (message instanceof RaftMessage.Append append) {
                for (LogEntry entry : append.entries()) {
                    bytes += entry.size();
                }
            }
            return bytes;
        }
    }

    static final class Reply extends OutFrame {
        private final Outbox outbox;
        private final long callId;
        private final RangeReply reply;

        Reply(Outbox outbox, long callId, RangeReply reply) {
            super(Payload.bytesOf(reply));
            this.outbox = outbox;
            this.callId = callId;
            this.reply = reply;
        }

        @Override
        byte kind() {
            return Frame.REPLY;
        }

        @Override
        void encode(ByteBuffer out) {
            Wire.putVarint(out, callId);
            RangeCodec.encodeReply(reply, out);
        }

        @Override
        void dropped(boolean tooLarge) {
            if (tooLarge) {
                outbox.offer(new Reply(outbox, callId, new RangeReply.Served(tooLarge("reply"))));
            }
        }
    }

    static final class Liveness extends OutFrame {
        private final LivenessMessage message;

        Liveness(LivenessMessage message) {
            super(0);
            this.message = message;
        }

        @Override
        byte kind() {
            return Frame.LIVENESS;
        }

        @Override
        void encode(ByteBuffer out) {
            LivenessCodec.encode(message, out);
        }
    }

    static final class Notice extends OutFrame {
        private final ReplicaNotice notice;

        Notice(ReplicaNotice notice) {
            super(0);
            this.notice = notice;
        }

        @Override
        byte kind() {
            return Frame.NOTICE;
        }

        @Override
        void encode(ByteBuffer out) {
            Wire.putVarint(out, notice.range().value());
            Wire.putVarint(out, notice.replicaId());
            out.put((byte) notice.kind().ordinal());
        }
    }

    static final class Checksum extends OutFrame {
        private final ChecksumNote note;

        Checksum(ChecksumNote note) {
            super(0);
            this.note = note;
        }

        @Override
        byte kind() {
            return Frame.CHECKSUM;
        }

        @Override
        void encode(ByteBuffer out) {
            Wire.putVarint(out, note.range().value());
            Wire.putVarint(out, note.fromReplica());
            Wire.putVarint(out, note.toReplica());
            Wire.putVarint(out, note.index());
            Wire.putFixed(out, note.sum());
            Wire.putFlag(out, note.diverged());
        }
    }

    static final class SnapshotTaken extends OutFrame {
        private final long parcel;
        private final SnapshotVerdict verdict;

        SnapshotTaken(long parcel, SnapshotVerdict verdict) {
            super(0);
            this.parcel = parcel;
            this.verdict = verdict;
        }

        @Override
        byte kind() {
            return Frame.SNAPSHOT_TAKEN;
        }

        @Override
        void encode(ByteBuffer out) {
            Wire.putVarint(out, parcel);
            Wire.putVarint(out, verdict.ordinal());
        }
    }
}
