package io.flotilla.range.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeDescriptorCodec;
import io.flotilla.range.routing.Ranges;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class SplitTriggerTest {
    private static final RangeDescriptor LEFT = Ranges.range(2, 4, "", "m");
    private static final RangeDescriptor RIGHT = Ranges.range(11, 4, "m", "");

    @Test
    void bytesAreGolden() {
        byte[] bytes = new SplitTrigger(LEFT, RIGHT).encode();
        String replicas = "00000004" + "0003" + "000000010000000100" + "000000020000000200" + "000000030000000300";
        assertThat(HexFormat.of().formatHex(bytes))
                .isEqualTo("01" + "0000003d"
                        + "02" + "0000000000000002" + "0000000000000004" + "0000000110" + "00000002106d" + replicas
                        + "02" + "000000000000000b" + "0000000000000004" + "00000002106d" + "00000001ff" + replicas);
        assertThat(CommitTrigger.decode(bytes)).isEqualTo(new SplitTrigger(LEFT, RIGHT));
    }

    @Test
    void everyTruncationIsRefused() {
        byte[] good = new SplitTrigger(LEFT, RIGHT).encode();
        for (int length = 0; length < good.length; length++) {
            byte[] cut = Arrays.copyOf(good, length);
            assertThatThrownBy(() -> CommitTrigger.decode(cut)).isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> CommitTrigger.decode(RangeDescriptorCodec.encode(LEFT)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void halvesThatDoNotMeetAreRefused() {
        RangeDescriptor elsewhere = Ranges.range(11, 4, "n", "");
        assertThatThrownBy(() -> new SplitTrigger(LEFT, elsewhere)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new SplitTrigger(LEFT, Ranges.range(2, 4, "m", "")))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
