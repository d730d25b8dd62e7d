package io.flotilla.node.transport.wire;

import io.flotilla.config.time.Timestamp;
import io.flotilla.node.liveness.LivenessMessage;
import java.nio.ByteBuffer;

/** What stores say to each other about their liveness: a kind byte, then the fields in order. Stamps are eight bytes, for any number is possible. */
public final class LivenessCodec {
    private static final byte HEARTBEAT = 1;
    private static final byte REPLY = 2;
    private static final byte RESIGN = 3;

    private LivenessCodec() {}

    public static void encode(LivenessMessage message, ByteBuffer out) {
        message.accept(new Writer(out));
    }

    /** @throws WireFormatException if the bytes are not a message */
    public static LivenessMessage decode(ByteBuffer in) {
        return Wire.decoding("liveness message", in, LivenessCodec::read);
    }

    private static LivenessMessage read(ByteBuffer in) {
        byte kind = in.get();
        long epoch = number(in);
        return switch (kind) {
            case HEARTBEAT -> {
                long round = number(in);
                Timestamp bound = Wire.getTimestamp(in);
                yield new LivenessMessage.Heartbeat(epoch, round, bound, Wire.getFixed(in));
            }
            case REPLY -> {
                long round = number(in);
                long remainingMicros = number(in);
                long newest = number(in);
                yield new LivenessMessage.Reply(epoch, round, remainingMicros, newest, Wire.getFixed(in));
            }
            case RESIGN -> new LivenessMessage.Resign(epoch, Wire.getTimestamp(in));
            default -> throw Wire.unknownKind("liveness message", kind);
        };
    }

    private static long number(ByteBuffer in) {
        long value = Wire.getVarint(in);
        if (value < 0) {
            throw new WireFormatException("negative number: " + value);
        }
        return value;
    }

    private static final class Writer implements LivenessMessage.Visitor<ByteBuffer> {
        private final ByteBuffer out;

        Writer(ByteBuffer out) {
            this.out = out;
        }

        @Override
        public ByteBuffer visit(LivenessMessage.Heartbeat message) {
            out.put(HEARTBEAT);
            Wire.putVarint(out, message.epoch());
            Wire.putVarint(out, message.round());
            Wire.putTimestamp(out, message.bound());
            Wire.putFixed(out, message.stamp());
            return out;
        }

        @Override
        public ByteBuffer visit(LivenessMessage.Reply message) {
            out.put(REPLY);
            Wire.putVarint(out, message.epoch());
            Wire.putVarint(out, message.round());
            Wire.putVarint(out, message.remainingMicros());
            Wire.putVarint(out, message.newest());
            Wire.putFixed(out, message.stamp());
            return out;
        }

        @Override
        public ByteBuffer visit(LivenessMessage.Resign message) {
            out.put(RESIGN);
            Wire.putVarint(out, message.epoch());
            Wire.putTimestamp(out, message.servedUpTo());
            return out;
        }
    }
}
