package io.flotilla.node.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.time.Timestamp;
import java.util.List;
import org.junit.jupiter.api.Test;

/** When a replica campaigns whose leader is known to be gone. */
class ElectionTimerTest {
    private static final long ELECTION_MICROS = 1_000_000;
    private static final Now NOW = new Now(5_000_000, Timestamp.ZERO);

    private final ElectionTimer timer = new ElectionTimer(ELECTION_MICROS, 1);

    @Test
    void whoIsAloneInItsGroupWaitsForNobodysTurn() {
        timer.restart(NOW);
        assertThat(timer.isDue(NOW)).isFalse();
        timer.hurry(NOW, Membership.of(List.of(1)), 1, 1, 7);
        assertThat(timer.isDue(NOW)).isTrue();
    }

    @Test
    void ofSeveralOneIsFirstAndTheOthersGiveItTime() {
        Membership three = Membership.of(List.of(1, 2, 3));
        long width = ELECTION_MICROS * 15 / 100 / 2;
        Now soon = new Now(NOW.micros() + width / 2, Timestamp.ZERO);
        int first = 0;
        for (int self : new int[] {2, 3}) {
            timer.hurry(NOW, three, self, 1, 7);
            first += timer.isDue(soon) ? 1 : 0;
        }
        assertThat(first).isEqualTo(1);
    }
}
