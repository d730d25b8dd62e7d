package io.flotilla.node.replica;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What a leader keeps of its log for the sake of snapshots that are on their way (B24). */
class SnapshotsOutTest {
    private final SnapshotsOut out = new SnapshotsOut();

    @Test
    void theLogIsKeptFromTheSnapshotsIndexOnUntilItIsThroughAndAWhileLonger() {
        out.want(2);
        assertThat(out.mayForget(500, 1_000, 0))
                .as("not begun: whatever is forgotten will be in it")
                .isEqualTo(500);
        out.begun(2, 400);
        assertThat(out.mayForget(500, 1_000, 0)).isEqualTo(400);
        out.ended(2, true, 0);
        assertThat(out.mayForget(500, 1_000, 10_000_000)).isEqualTo(400);
        assertThat(out.mayForget(500, 1_000, 60_000_000)).isEqualTo(500);
    }

    @Test
    void aSnapshotThatFailedKeepsNothing() {
        out.want(2);
        out.begun(2, 400);
        out.ended(2, false, 0);
        assertThat(out.mayForget(500, 1_000, 0)).isEqualTo(500);
        assertThat(out.isWanted(2)).isFalse();
    }

    @Test
    void aSnapshotThatIsThroughKeepsNobodyAwake() {
        out.want(2);
        out.begun(2, 400);
        assertThat(out.isAnyWanted()).isTrue();
        out.ended(2, true, 0);
        assertThat(out.isAnyWanted()).isFalse();
        assertThat(out.mayForget(500, 1_000, 0))
                .as("the log is kept all the same")
                .isEqualTo(400);
    }

    @Test
    void theSlowestOfSeveralCounts() {
        out.want(2);
        out.want(3);
        out.begun(2, 400);
        out.begun(3, 300);
        assertThat(out.mayForget(500, 1_000, 0)).isEqualTo(300);
        out.ended(3, false, 0);
        assertThat(out.mayForget(500, 1_000, 0)).isEqualTo(400);
    }

    @Test
    void aLogDoesNotGrowWithoutBoundForASnapshot() {
        out.want(2);
        out.begun(2, 400);
        assertThat(out.mayForget(2_000_000, 2_000_000, 0)).isEqualTo(2_000_000);
    }

    @Test
    void whoLeadsNoMoreGivesUpWhatWasNotThrough() {
        out.want(2);
        out.want(3);
        out.ended(3, true, 0);
        assertThat(out.giveUp()).containsExactly(2);
        assertThat(out.isEmpty()).isTrue();
    }
}
