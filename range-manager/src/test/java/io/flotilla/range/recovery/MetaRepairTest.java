package io.flotilla.range.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvOp;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeDescriptorCodec;
import io.flotilla.range.routing.Ranges;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class MetaRepairTest {
    private static final RangeDescriptor LEFT = Ranges.range(2, 3, "", "m");
    private static final RangeDescriptor RIGHT = Ranges.range(3, 1, "m", "");
    private static final List<RangeDescriptor> ROWS = List.of(Ranges.META, LEFT, RIGHT);

    @Test
    void aForcedRangeIsWrittenAndOthersAreNot() {
        RangeDescriptor forced = Ranges.range(2, 1_003, "", "m");
        assertThat(MetaRepair.of(ROWS, List.of(Ranges.META, forced, RIGHT))).containsExactly(set(LEFT, forced));
        assertThat(MetaRepair.of(List.of(Ranges.META, forced, RIGHT), List.of(Ranges.META, forced, RIGHT)))
                .isEmpty();
    }

    /** What serves is as old as the meta range's rows are new: a change of a range that has its quorum is nobody else's business. */
    @Test
    void whatWasSeenALittleEarlierIsNoReasonToWrite() {
        RangeDescriptor forced = Ranges.range(2, 1_003, "", "m");
        List<RangeDescriptor> rows =
                List.of(Ranges.META, Ranges.range(2, 1_004, "", "f"), Ranges.range(9, 1, "f", "m"), RIGHT);
        assertThat(MetaRepair.of(rows, List.of(Ranges.META, forced, RIGHT))).isEmpty();
        assertThat(MetaRepair.of(rows, List.of(Ranges.META, Ranges.range(3, 7, "k", ""))))
                .isEmpty();
    }

    /** The lost replicas had split the range; the survivor never heard of it. */
    @Test
    void theHalvesOfASplitThatNobodyHasAreReplaced() {
        RangeDescriptor forced = Ranges.range(2, 1_003, "", "");
        assertThat(MetaRepair.of(ROWS, List.of(Ranges.META, forced))).containsExactly(remove(LEFT), set(RIGHT, forced));
    }

    /** The survivor has applied a split of which the meta range's survivor has not heard. */
    @Test
    void aBorderThatTheMetaRangeDoesNotKnowIsMade() {
        RangeDescriptor left = Ranges.range(2, 1_004, "", "m");
        RangeDescriptor right = Ranges.range(3, 1_001, "m", "");
        List<RangeDescriptor> rows = List.of(Ranges.META, Ranges.range(2, 3, "", ""));
        assertThat(MetaRepair.of(rows, List.of(Ranges.META, left, right)))
                .containsExactly(
                        new KvOp.CompareAndSet(KeySpace.meta(left.span().end()), null, bytes(left)),
                        set(rows.get(1), right));
    }

    @Test
    void gapsAndOverlapsAreNamed() {
        assertThat(MetaRepair.gaps(ROWS)).isEmpty();
        assertThat(MetaRepair.gaps(List.of(Ranges.META, RIGHT)))
                .containsExactly("the meta range goes from /users to m, at r3");
        assertThat(MetaRepair.gaps(List.of(Ranges.META, LEFT))).containsExactly("the meta range ends at m");
        assertThat(MetaRepair.gaps(List.of(Ranges.META, LEFT, Ranges.range(3, 1, "k", ""))))
                .containsExactly("the meta range goes from m to k, at r3");
    }

    @Test
    void stepsAreWrittenAndReadBack() {
        ForcedStep step = new ForcedStep(77, 6, 1_008, LEFT);
        byte[] bytes = step.encode();
        assertThat(ForcedStep.decode(bytes)).isEqualTo(step);
        for (int length = 0; length < bytes.length; length++) {
            byte[] cut = Arrays.copyOf(bytes, length);
            assertThatThrownBy(() -> ForcedStep.decode(cut)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    private static KvOp.DataWrite set(RangeDescriptor before, RangeDescriptor after) {
        Key row = KeySpace.meta(before.span().end());
        return new KvOp.CompareAndSet(row, bytes(before), bytes(after));
    }

    private static KvOp.DataWrite remove(RangeDescriptor before) {
        return new KvOp.CompareAndSet(KeySpace.meta(before.span().end()), bytes(before), null);
    }

    private static Value bytes(RangeDescriptor descriptor) {
        return Value.wrap(RangeDescriptorCodec.encode(descriptor));
    }
}
