package io.flotilla.node.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.settings.FlowSettings;
import org.junit.jupiter.api.Test;

class ProposalBudgetTest {
    private static final long DELAY_MILLIS = 100;

    private final ProposalBudget budget = new ProposalBudget(new FlowSettings(1_000_000, DELAY_MILLIS, 1, 1, 1));

    @Test
    void admitsUntilTheBytesAreSpentAndAgainWhenTheyAreBack() {
        budget.take(999_999);
        assertThat(budget.admits(1)).isTrue();
        budget.take(1);
        assertThat(budget.admits(1)).isFalse();
        assertThat(budget.isExhausted()).isFalse();
        budget.take(1_000_000);
        assertThat(budget.isExhausted()).isTrue();
        budget.giveUp(1_000_000);
        budget.applied(1, 0, 10);
        assertThat(budget.admits(1)).isTrue();
    }

    @Test
    void letsInWhatTheLogGetsDoneWithinTheDelayAskedFor() {
        // 20 writes a millisecond get done, each after a second.
        run(1_000, 20, 1_000);
        assertThat(budget.countMax()).isBetween((int) (15 * DELAY_MILLIS), (int) (25 * DELAY_MILLIS));
        assertThat(budget.retryAfterMillis()).isEqualTo(1_000);
    }

    @Test
    void opensAgainWhenTheDelayIsGone() {
        run(1_000, 20, 1_000);
        int shut = budget.countMax();
        run(3_000, 20, 5);
        assertThat(budget.countMax()).isGreaterThan(20 * shut);
        assertThat(budget.retryAfterMillis()).isEqualTo(DELAY_MILLIS);
    }

    @Test
    void neverShutsBelowOneGroup() {
        run(1_000, 1, 60_000);
        assertThat(budget.countMax()).isEqualTo(ProposalBudget.COUNT_MIN);
    }

    @Test
    void oneRangeCannotLockTheOthersOut() {
        run(1_000, 20, 1_000);
        int most = budget.countMax();
        assertThat(budget.admits(most * 3 / 4)).isFalse();
        assertThat(budget.admits(0)).isTrue();
    }

    private long nowMicros;

    private void run(int millis, int perMilli, long tookMillis) {
        for (int i = 0; i < millis; i++) {
            nowMicros += 1_000;
            for (int j = 0; j < perMilli; j++) {
                budget.take(1);
                budget.applied(1, nowMicros, tookMillis * 1_000);
            }
        }
    }
}
