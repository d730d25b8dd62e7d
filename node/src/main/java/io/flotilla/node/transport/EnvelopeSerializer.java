package io.flotilla.node.transport;

import akka.actor.ExtendedActorSystem;
import akka.serialization.ByteBufferSerializer;
import akka.serialization.SerializerWithStringManifest;
import io.flotilla.config.settings.Limits;
import io.flotilla.node.transport.wire.Wire;
import io.flotilla.node.transport.wire.WireFormatException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Writes the messages of the data path straight into the transport's buffer, and reads them from it. Bound in {@code flotilla-akka.conf}; Akka
 * makes one per actor system.
 */
public final class EnvelopeSerializer extends SerializerWithStringManifest implements ByteBufferSerializer {
    private static final int IDENTIFIER = 7_301;
    private static final String ENVELOPE = "E";
    private static final String SNAPSHOT = "S";

    /** Called by Akka. */
    public EnvelopeSerializer(ExtendedActorSystem system) {}

    @Override
    public int identifier() {
        return IDENTIFIER;
    }

    @Override
    public String manifest(Object message) {
        return message instanceof SnapshotParcel ? SNAPSHOT : ENVELOPE;
    }

    @Override
    public void toBinary(Object message, ByteBuffer out) {
        if (message instanceof Outbox.Flush flush) {
            flush.encode(out);
        } else if (message instanceof SnapshotParcel parcel) {
            EnvelopeCodec.putHeader(out, parcel.header());
            Wire.putVarint(out, parcel.parcel());
            SnapshotCodec.encode(parcel.chunk(), out);
        } else {
            throw new IllegalArgumentException("not sent from here: " + message.getClass());
        }
    }

    @Override
    public Object fromBinary(ByteBuffer in, String manifest) {
        return switch (manifest) {
            case ENVELOPE -> EnvelopeCodec.decode(in);
            case SNAPSHOT -> Wire.decoding("snapshot parcel", in, EnvelopeSerializer::readParcel);
            default -> throw new WireFormatException("unknown manifest: " + manifest);
        };
    }

    /** Not used by the transport, which encodes into its own buffers; kept right for tools that go this way. */
    @Override
    public byte[] toBinary(Object message) {
        ByteBuffer out = ByteBuffer.allocate(Limits.FRAME_BYTES_MAX);
        toBinary(message, out);
        return Arrays.copyOf(out.array(), out.position());
    }

    @Override
    public Object fromBinary(byte[] bytes, String manifest) {
        return fromBinary(ByteBuffer.wrap(bytes), manifest);
    }

    private static SnapshotParcel readParcel(ByteBuffer in) {
        Envelope.Header header = EnvelopeCodec.getHeader(in);
        long parcel = Wire.getVarint(in);
        return new SnapshotParcel(header, parcel, SnapshotCodec.decode(in));
    }
}
