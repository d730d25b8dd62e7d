package io.flotilla.node.transport.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.config.time.Timestamp;
import io.flotilla.node.liveness.LivenessMessage;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LivenessCodecTest {
    /** The format may only grow: a change of these bytes breaks a cluster that runs two versions during an upgrade. */
    private static final Map<String, LivenessMessage> GOLDEN = new LinkedHashMap<>();

    static {
        GOLDEN.put(
                "0105" + "ac02" + "0807060504030201" + "efcdab8967452301",
                new LivenessMessage.Heartbeat(5, 300, new Timestamp(0x0102030405060708L), 0x0123456789abcdefL));
        GOLDEN.put(
                "0101" + "01" + "0000000000000000" + "0000000000000080",
                new LivenessMessage.Heartbeat(1, 1, Timestamp.ZERO, LivenessMessage.NO_STAMP));
        GOLDEN.put(
                "0205" + "ac02" + "80b518" + "07" + "feffffffffffffff",
                new LivenessMessage.Reply(5, 300, 400_000, 7, -2));
        GOLDEN.put(
                "03ffffffffffffffff7f" + "0807060504030201",
                new LivenessMessage.Resign(Long.MAX_VALUE, new Timestamp(0x0102030405060708L)));
    }

    private static byte[] encode(LivenessMessage message) {
        ByteBuffer out = ByteBuffer.allocate(64);
        LivenessCodec.encode(message, out);
        byte[] bytes = new byte[out.position()];
        out.flip().get(bytes);
        return bytes;
    }

    @Test
    void theBytesAreThoseOfVersionOneAndAreReadBack() {
        GOLDEN.forEach((hex, message) -> {
            assertThat(HexFormat.of().formatHex(encode(message))).isEqualTo(hex);
            assertThat(LivenessCodec.decode(ByteBuffer.wrap(encode(message)))).isEqualTo(message);
        });
    }

    @Test
    void bytesThatAreCutShortAreRefused() {
        for (LivenessMessage message : GOLDEN.values()) {
            byte[] bytes = encode(message);
            for (int length = 0; length < bytes.length; length++) {
                ByteBuffer in = ByteBuffer.wrap(bytes, 0, length);
                assertThatThrownBy(() -> LivenessCodec.decode(in)).isInstanceOf(WireFormatException.class);
            }
        }
    }

    @Test
    void brokenBytesAreDecodedToSomethingOrRefusedButNeverWorse() {
        Random random = new Random(1);
        for (int run = 0; run < 2_000; run++) {
            for (LivenessMessage message : GOLDEN.values()) {
                byte[] bytes = encode(message);
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
                try {
                    assertThat(LivenessCodec.decode(ByteBuffer.wrap(bytes))).isNotNull();
                } catch (WireFormatException refused) {
                    assertThat(refused).hasMessageMatching("(?s).+");
                }
            }
        }
    }
}
