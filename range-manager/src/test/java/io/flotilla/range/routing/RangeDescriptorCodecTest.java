package io.flotilla.range.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RangeDescriptorCodecTest {
    private static final RangeDescriptor SAMPLE = Ranges.range(7, 258, "b", "cat");

    private static final String HEAD = "0000000000000007" + "0000000000000102" + "00000002" + "1062" + "00000004"
            + "10636174" + "00000004" + "0003";

    private static final String GOLDEN_1 = "01" + HEAD + "0000000100000001" + "0000000200000002" + "0000000300000003";

    private static final String GOLDEN_2 =
            "02" + HEAD + "000000010000000100" + "000000020000000200" + "000000030000000300";

    private static final RangeDescriptor ROLES = new RangeDescriptor(
            new RangeId(7),
            259,
            SAMPLE.span(),
            List.of(
                    new ReplicaInfo(Ranges.N1, 1),
                    new ReplicaInfo(Ranges.N2, 2, ReplicaInfo.Kind.OUTGOING, false),
                    new ReplicaInfo(Ranges.N3, 3, ReplicaInfo.Kind.VOTER, true),
                    new ReplicaInfo(new NodeId(4), 4, ReplicaInfo.Kind.INCOMING, false),
                    new ReplicaInfo(new NodeId(5), 5, ReplicaInfo.Kind.LEARNER, true)),
            6);

    private static final String GOLDEN_ROLES = "02" + "0000000000000007" + "0000000000000103" + "00000002" + "1062"
            + "00000004" + "10636174" + "00000006" + "0005"
            + "000000010000000100" + "000000020000000203" + "000000030000000310" + "000000040000000402"
            + "000000050000000511";

    @Test
    void bytesAreGolden() {
        assertThat(HexFormat.of().formatHex(RangeDescriptorCodec.encode(SAMPLE)))
                .isEqualTo(GOLDEN_2);
        assertThat(decoded(GOLDEN_2)).isEqualTo(SAMPLE);
        assertThat(HexFormat.of().formatHex(RangeDescriptorCodec.encode(ROLES))).isEqualTo(GOLDEN_ROLES);
        assertThat(decoded(GOLDEN_ROLES)).isEqualTo(ROLES);
    }

    @Test
    void whatVersionOneWroteHasOnlyVotersWithData() {
        assertThat(decoded(GOLDEN_1)).isEqualTo(SAMPLE);
    }

    @Test
    void anUnknownRoleIsRefused() {
        assertThatThrownBy(() -> decoded(GOLDEN_2.replace("0000000300000003" + "00", "0000000300000003" + "04")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("unknown role 4");
    }

    private static RangeDescriptor decoded(String hex) {
        return RangeDescriptorCodec.decode(HexFormat.of().parseHex(hex));
    }

    @Test
    void spanOfEverythingSurvives() {
        RangeDescriptor all = new RangeDescriptor(new RangeId(1), 0, Span.ALL, Ranges.REPLICAS, 9);
        RangeDescriptor back = RangeDescriptorCodec.decode(RangeDescriptorCodec.encode(all));
        assertThat(back).isEqualTo(all);
        assertThat(back.span().start()).isEqualTo(Key.MIN);
    }

    @Test
    void everyTruncationIsRefused() {
        byte[] good = RangeDescriptorCodec.encode(SAMPLE);
        for (int length = 0; length < good.length; length++) {
            byte[] cut = Arrays.copyOf(good, length);
            assertThatThrownBy(() -> RangeDescriptorCodec.decode(cut)).isInstanceOf(IllegalArgumentException.class);
        }
        byte[] longer = Arrays.copyOf(good, good.length + 1);
        assertThatThrownBy(() -> RangeDescriptorCodec.decode(longer)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void unknownVersionIsRefused() {
        byte[] bytes = RangeDescriptorCodec.encode(SAMPLE);
        bytes[0] = 3;
        assertThatThrownBy(() -> RangeDescriptorCodec.decode(bytes))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("version 3");
    }

    @Test
    void damagedBytesAreDecodedOrRefusedButNothingElse() {
        Random random = new Random(17);
        byte[] good = RangeDescriptorCodec.encode(SAMPLE);
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = good.clone();
            for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            try {
                RangeDescriptorCodec.decode(bytes);
            } catch (IllegalArgumentException expected) {
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(5_000);
    }
}
