package io.flotilla.node.transport.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.node.raft.RaftMessage;
import io.flotilla.range.routing.RangeReply;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The format may only grow: a change of these bytes breaks a cluster that runs two versions during an upgrade. */
class GoldenBytesTest {
    @Test
    void theBytesAreThoseOfVersionOne() throws IOException {
        try (InputStream golden = GoldenBytesTest.class.getResourceAsStream("/wire/golden.txt")) {
            assertThat(golden).isNotNull();
            assertThat(actual()).isEqualTo(new String(golden.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    private static String actual() {
        Map<String, byte[]> lines = new LinkedHashMap<>();
        for (long seed = 1; seed <= 2; seed++) {
            Samples samples = new Samples(seed);
            for (RaftMessage message : samples.raftOfEachKind()) {
                ByteBuffer out = ByteBuffer.allocate(64 * 1024);
                RaftMessageCodec.encode(message, out);
                put(lines, "raft." + message.getClass().getSimpleName() + "." + seed, out);
            }
            ByteBuffer request = ByteBuffer.allocate(64 * 1024);
            RangeCodec.encodeRequest(samples.request(), request);
            put(lines, "request." + seed, request);
            int number = 0;
            for (RangeReply reply : samples.replyOfEachKind()) {
                ByteBuffer out = ByteBuffer.allocate(64 * 1024);
                RangeCodec.encodeReply(reply, out);
                put(lines, "reply." + reply.getClass().getSimpleName() + "." + number++ + "." + seed, out);
            }
        }
        return lines.entrySet().stream()
                .map(line -> line.getKey() + " " + HexFormat.of().formatHex(line.getValue()) + "\n")
                .collect(Collectors.joining());
    }

    private static void put(Map<String, byte[]> lines, String name, ByteBuffer out) {
        assertThat(lines.put(name, Arrays.copyOf(out.array(), out.position()))).isNull();
    }
}
