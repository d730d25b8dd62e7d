package io.flotilla.range.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvOp;
import io.flotilla.range.lifecycle.RangeIds;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeDescriptorCodec;
import io.flotilla.range.routing.Ranges;
import io.flotilla.range.routing.ReplicaInfo;
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
    }

    /** The meta range's survivor lagged behind: it has forgotten the last change of a range that never lost its quorum. */
    @Test
    void whatTheMetaRangeHasForgottenOfARangeThatKeptItsQuorumIsWrittenAgain() {
        RangeDescriptor moved = RIGHT.with(List.of(new ReplicaInfo(Ranges.N1, 1)), 9);
        assertThat(MetaRepair.of(ROWS, List.of(Ranges.META, LEFT, moved))).containsExactly(set(RIGHT, moved));
        RangeDescriptor left = Ranges.range(3, 2, "m", "t");
        RangeDescriptor right = Ranges.range(12, 2, "t", "");
        assertThat(MetaRepair.of(ROWS, List.of(Ranges.META, LEFT, left, right)))
                .containsExactly(
                        new KvOp.CompareAndSet(KeySpace.meta(left.span().end()), null, bytes(left)), set(RIGHT, right));
    }

    /** Its right side has moved and lives on; nobody has anything of the left one, of which the row still knows only the whole. */
    @Test
    void aRowOfWhichNobodyHasAnythingKeepsWhatNobodyElseClaims() {
        RangeDescriptor moved = Ranges.range(12, 7, "t", "");
        RangeDescriptor rest = Ranges.range(3, 1, "m", "t");
        List<KvOp.DataWrite> writes = MetaRepair.of(ROWS, List.of(Ranges.META, LEFT, moved));
        assertThat(writes)
                .containsExactly(
                        new KvOp.CompareAndSet(KeySpace.meta(rest.span().end()), null, bytes(rest)), set(RIGHT, moved));
        List<RangeDescriptor> rows = List.of(Ranges.META, LEFT, rest, moved);
        assertThat(MetaRepair.gaps(rows)).isEmpty();
        assertThat(MetaRepair.of(rows, List.of(Ranges.META, LEFT, moved))).isEmpty();
    }

    /** The first half of a repair was written, and whoever wrote it died. */
    @Test
    void aRepairThatWasInterruptedGoesOn() {
        RangeDescriptor left = Ranges.range(3, 1_002, "m", "t");
        assertThat(MetaRepair.of(List.of(Ranges.META, LEFT, left, RIGHT), List.of(Ranges.META, LEFT, left)))
                .containsExactly(remove(RIGHT));
        RangeDescriptor whole = Ranges.range(2, 1_003, "", "");
        assertThat(MetaRepair.of(List.of(Ranges.META, LEFT, whole), List.of(Ranges.META, whole)))
                .containsExactly(remove(LEFT));
    }

    @Test
    void rangesThatContradictEachOtherKeepTheirRows() {
        RangeDescriptor unsplit = Ranges.range(2, 4, "", "");
        RangeDescriptor split = Ranges.range(12, 9, "t", "");
        assertThat(MetaRepair.of(ROWS, List.of(Ranges.META, unsplit, split))).isEmpty();
    }

    /** It was rolled back with the rows: the next split would make a second range of an id that is in use. */
    @Test
    void theAllocatorIsAboveEveryRangeThatIsThere() {
        List<RangeDescriptor> applied = List.of(Ranges.META, LEFT, Ranges.range(41, 1, "m", ""));
        assertThat(MetaRepair.ofAllocator(RangeIds.allocator(40), applied))
                .contains(new KvOp.CompareAndSet(
                        KeySpace.rangeIdAllocator(), RangeIds.allocator(40), RangeIds.allocator(42)));
        assertThat(MetaRepair.ofAllocator(RangeIds.allocator(42), applied)).isEmpty();
        assertThat(MetaRepair.ofAllocator(null, List.of(Ranges.META, LEFT))).isEmpty();
        assertThat(MetaRepair.ofAllocator(null, applied))
                .contains(new KvOp.CompareAndSet(KeySpace.rangeIdAllocator(), null, RangeIds.allocator(42)));
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
