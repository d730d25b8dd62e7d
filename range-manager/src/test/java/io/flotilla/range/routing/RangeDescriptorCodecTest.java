package io.flotilla.range.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RangeDescriptorCodecTest {
    private static final RangeDescriptor SAMPLE = Ranges.range(7, 258, "b", "cat");

    private static final String GOLDEN = "01" + "0000000000000007" + "0000000000000102"
            + "00000002" + "1062" + "00000004" + "10636174"
            + "00000004" + "0003"
            + "0000000100000001" + "0000000200000002" + "0000000300000003";

    @Test
    void bytesAreGolden() {
        assertThat(HexFormat.of().formatHex(RangeDescriptorCodec.encode(SAMPLE)))
                .isEqualTo(GOLDEN);
        assertThat(RangeDescriptorCodec.decode(HexFormat.of().parseHex(GOLDEN))).isEqualTo(SAMPLE);
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
        bytes[0] = 2;
        assertThatThrownBy(() -> RangeDescriptorCodec.decode(bytes))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("version 2");
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
