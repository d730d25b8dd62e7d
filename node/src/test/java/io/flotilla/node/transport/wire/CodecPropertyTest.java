package io.flotilla.node.transport.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.kv.KvBatch;
import io.flotilla.node.raft.RaftMessage;
import io.flotilla.range.routing.RangeReply;
import io.flotilla.range.routing.RangeRequest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class CodecPropertyTest {
    private static final int SEEDS = 300;

    private record Case<T>(T value, BiConsumer<T, ByteBuffer> encoder, Function<ByteBuffer, T> decoder) {
        byte[] encode() {
            ByteBuffer out = ByteBuffer.allocate(64 * 1024);
            encoder.accept(value, out);
            return Arrays.copyOf(out.array(), out.position());
        }
    }

    private static List<Case<?>> cases(long seed) {
        Samples samples = new Samples(seed);
        List<Case<?>> cases = new ArrayList<>();
        for (RaftMessage message : samples.raftOfEachKind()) {
            cases.add(new Case<>(message, RaftMessageCodec::encode, RaftMessageCodec::decode));
        }
        RangeRequest request = samples.request();
        cases.add(new Case<>(request, RangeCodec::encodeRequest, RangeCodec::decodeRequest));
        KvBatch batch = samples.batch();
        cases.add(new Case<>(batch, KvCodec::encodeBatch, KvCodec::decodeBatch));
        for (RangeReply reply : samples.replyOfEachKind()) {
            cases.add(new Case<>(reply, RangeCodec::encodeReply, RangeCodec::decodeReply));
        }
        return cases;
    }

    @Test
    void whatIsEncodedIsDecodedInBothByteOrders() {
        for (long seed = 0; seed < SEEDS; seed++) {
            for (Case<?> it : cases(seed)) {
                byte[] bytes = it.encode();
                for (ByteOrder order : List.of(ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN)) {
                    ByteBuffer in = ByteBuffer.wrap(bytes).order(order);
                    Object decoded = it.decoder().apply(in);

                    // Records that hold arrays compare by identity, so payloads are compared through a second encoding.
                    assertThat(decoded).as("seed %d", seed).hasSameClassAs(it.value());
                    assertThat(again(it, decoded)).as("seed %d", seed).isEqualTo(bytes);
                    assertThat(in.hasRemaining()).as("seed %d", seed).isFalse();
                    if (!(decoded instanceof RaftMessage.Append)) {
                        assertThat(decoded).as("seed %d", seed).isEqualTo(it.value());
                    }
                }
            }
        }
    }

    @SuppressWarnings("unchecked")
    private static <T> byte[] again(Case<T> it, Object decoded) {
        return new Case<>((T) decoded, it.encoder(), it.decoder()).encode();
    }

    @Test
    void bytesThatAreCutShortAreRefused() {
        for (long seed = 0; seed < 20; seed++) {
            for (Case<?> it : cases(seed)) {
                byte[] bytes = it.encode();
                for (int length = 0; length < bytes.length; length++) {
                    ByteBuffer in = ByteBuffer.wrap(bytes, 0, length);
                    assertThat(refuses(it, in))
                            .as("seed %d, %d of %d bytes of %s", seed, length, bytes.length, it.value())
                            .isTrue();
                }
            }
        }
    }

    @Test
    void brokenBytesAreDecodedToSomethingOrRefusedButNeverWorse() {
        for (long seed = 0; seed < SEEDS; seed++) {
            Random random = new Random(seed);
            for (Case<?> it : cases(seed)) {
                byte[] bytes = it.encode();
                for (int i = 0; i < 20; i++) {
                    byte[] broken = bytes.clone();
                    for (int changes = random.nextInt(4); changes >= 0; changes--) {
                        broken[random.nextInt(broken.length)] = (byte) random.nextInt();
                    }
                    refuses(it, ByteBuffer.wrap(broken));
                }
            }
        }
    }

    @Test
    void aHugeLengthIsRefusedBeforeAnythingIsAllocated() {
        for (long length : new long[] {Long.MAX_VALUE, -1, Integer.MAX_VALUE, 1L << 32}) {
            ByteBuffer in = ByteBuffer.allocate(64);
            Wire.putVarint(in, length);
            in.flip();
            assertThat(refuses(new Case<>(new byte[0], (bytes, out) -> Wire.putBytes(out, bytes), Wire::getBytes), in))
                    .isTrue();
        }
    }

    private static boolean refuses(Case<?> it, ByteBuffer in) {
        try {
            return it.decoder().apply(in) == null;
        } catch (WireFormatException e) {
            return true;
        }
    }
}
