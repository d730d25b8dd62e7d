package io.flotilla.node.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.time.Timestamp;
import io.flotilla.node.mvcc.StateChecksum;
import io.flotilla.node.raft.RaftMessage;
import io.flotilla.node.transport.wire.WireFormatException;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.ReplicaInfo;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EnvelopeCodecTest {
    private static final Envelope.Header HEADER = new Envelope.Header(
            new NodeId(1), new NodeId(300), 0x0102030405060708L, new Timestamp(0x1112131415161718L), "akka://f@h:1");

    private static final String GOLDEN_HEADER =
            "0101ac02" + "0807060504030201" + "1817161514131211" + "0c616b6b613a2f2f664068" + "3a31";

    private static ByteBuffer envelope() {
        ByteBuffer out = ByteBuffer.allocate(1_024);
        EnvelopeCodec.putHeader(out, HEADER);
        EnvelopeCodec.putFrame(
                out, new OutFrame.Raft(new RangeId(7), new RaftMessage.TimeoutNow(1, 2, 3, new Timestamp(4))));
        EnvelopeCodec.putFrame(out, new OutFrame.SnapshotTaken(200, SnapshotVerdict.INSTALLING));
        return out.flip();
    }

    private static String hex(ByteBuffer buffer) {
        return HexFormat.of().formatHex(Arrays.copyOfRange(buffer.array(), buffer.position(), buffer.limit()));
    }

    @Test
    void theBytesOfAnEnvelopeAreThoseOfVersionOne() {
        assertThat(hex(envelope()))
                .isEqualTo(GOLDEN_HEADER + "0e000000" + "0107" + "05010203" + "0400000000000000" + "04000000"
                        + "04c80103");
    }

    @Test
    void anEnvelopeIsDecodedAsItWasEncoded() {
        Envelope envelope = EnvelopeCodec.decode(envelope());

        assertThat(envelope.header()).isEqualTo(HEADER);
        assertThat(envelope.frames())
                .containsExactly(
                        new Frame.Raft(new RangeId(7), new RaftMessage.TimeoutNow(1, 2, 3, new Timestamp(4))),
                        new Frame.SnapshotTaken(200, SnapshotVerdict.INSTALLING));
    }

    @Test
    void aChecksumKeepsItsBytes() {
        ChecksumNote note = new ChecksumNote(new RangeId(7), 1, 300, 400, -2, true);
        ByteBuffer out = ByteBuffer.allocate(256);
        EnvelopeCodec.putHeader(out, HEADER);
        EnvelopeCodec.putFrame(out, new OutFrame.Checksum(note));
        out.flip();
        assertThat(hex(out))
                .isEqualTo(GOLDEN_HEADER + "10000000" + "0807" + "01ac02" + "9003" + "feffffffffffffff" + "01");
        assertThat(EnvelopeCodec.decode(out).frames()).containsExactly(new Frame.Checksum(note));
    }

    @Test
    void aNoticeKeepsItsBytes() {
        ReplicaNotice notice = new ReplicaNotice(new RangeId(7), 300, ReplicaNotice.Kind.QUESTION);
        ByteBuffer out = ByteBuffer.allocate(1_024);
        EnvelopeCodec.putHeader(out, HEADER);
        EnvelopeCodec.putFrame(out, new OutFrame.Notice(notice));
        out.flip();

        assertThat(hex(out)).isEqualTo(GOLDEN_HEADER + "05000000" + "0707" + "ac02" + "02");
        assertThat(EnvelopeCodec.decode(out).frames()).containsExactly(new Frame.Notice(notice));
    }

    @Test
    void aFrameOfAKindFromTheFutureIsSkipped() {
        ByteBuffer out = ByteBuffer.allocate(1_024);
        EnvelopeCodec.putHeader(out, HEADER);
        out.put(new byte[] {3, 0, 0, 0, 99, 1, 2});
        EnvelopeCodec.putFrame(out, new OutFrame.SnapshotTaken(5, SnapshotVerdict.TAKEN));

        assertThat(EnvelopeCodec.decode(out.flip()).frames())
                .containsExactly(new Frame.SnapshotTaken(5, SnapshotVerdict.TAKEN));
    }

    @Test
    void anotherVersionAndImpossibleLengthsAreRefused() {
        ByteBuffer version = envelope().put(0, (byte) 2);
        ByteBuffer length = ByteBuffer.allocate(1_024);
        EnvelopeCodec.putHeader(length, HEADER);
        length.put(new byte[] {-1, -1, -1, 127, 1}).flip();

        assertThatThrownBy(() -> EnvelopeCodec.decode(version)).hasMessageContaining("version 2");
        assertThatThrownBy(() -> EnvelopeCodec.decode(length)).isInstanceOf(WireFormatException.class);
    }

    /** All the other ranges' messages of that moment were lost with it. */
    @Test
    void aFrameThatCannotBeReadIsLostAloneAndTheRestIsNot() {
        List<byte[]> broken = List.of(
                new byte[] {4, 0, 0, 0, Frame.SNAPSHOT_TAKEN, 1, 2, 9}, // a byte too many
                new byte[] {2, 0, 0, 0, Frame.SNAPSHOT_TAKEN, 1}, // cut short
                new byte[] {2, 0, 0, 0, Frame.RAFT, 0}, // no message
                new byte[] {4, 0, 0, 0, Frame.NOTICE, 7, 1, 99}); // an impossible value
        ByteBuffer out = ByteBuffer.allocate(1_024);
        EnvelopeCodec.putHeader(out, HEADER);
        for (int i = 0; i < broken.size(); i++) {
            EnvelopeCodec.putFrame(out, new OutFrame.SnapshotTaken(i, SnapshotVerdict.TAKEN));
            out.put(broken.get(i));
        }
        EnvelopeCodec.putFrame(out, new OutFrame.SnapshotTaken(broken.size(), SnapshotVerdict.TAKEN));

        Envelope envelope = EnvelopeCodec.decode(out.flip());

        assertThat(envelope.frames()).hasSize(broken.size() + 1).allMatch(Frame.SnapshotTaken.class::isInstance);
        assertThat(envelope.unreadable()).isEqualTo(broken.size());
        assertThat(envelope.fault()).contains("unknown kind of replica notice");
    }

    @Test
    void brokenBytesAreRefusedOrDecodedButNeverWorse() {
        byte[] bytes = HexFormat.of().parseHex(hex(envelope()));
        for (long seed = 0; seed < 5_000; seed++) {
            Random random = new Random(seed);
            byte[] broken = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
            for (int i = 0; i < 3 && broken.length > 0; i++) {
                broken[random.nextInt(broken.length)] = (byte) random.nextInt();
            }
            try {
                assertThat(EnvelopeCodec.decode(ByteBuffer.wrap(broken))).isNotNull();
            } catch (WireFormatException e) {
                assertThat(e).hasMessageMatching("(?s).+");
            }
        }
    }

    @Test
    void aSnapshotChunkKeepsItsBytes() {
        RangeDescriptor descriptor = new RangeDescriptor(
                new RangeId(9), 4, Span.of(Key.of("k")), List.of(new ReplicaInfo(new NodeId(1), 2)), 3);
        SnapshotChunk chunk = new SnapshotChunk(
                descriptor, 1, 2, 3, 400, 5, new StateChecksum(-2, 11), new Timestamp(12), 6, true, new byte[] {7, 8, 9
                });
        ByteBuffer out = ByteBuffer.allocate(256);

        SnapshotCodec.encode(chunk, out);
        out.flip();

        assertThat(hex(out))
                .isEqualTo("0904016b026b000101020003" + "010203900305" + "feffffffffffffff0b" + "0c00000000000000"
                        + "06" + "01" + "03070809");
        SnapshotChunk decoded = SnapshotCodec.decode(out);
        assertThat(decoded).usingRecursiveComparison().isEqualTo(chunk);
    }
}
