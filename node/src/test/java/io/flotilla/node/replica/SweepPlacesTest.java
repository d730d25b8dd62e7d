package io.flotilla.node.replica;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class SweepPlacesTest {
    private static final long PATIENCE = 100;

    private final SweepPlaces places = new SweepPlaces(2, PATIENCE);

    @Test
    void soManyAtOnceAndTheOthersInTurn() {
        places.await(List.of(1L, 2L, 3L));
        SweepPlaces.Place first = take(0);
        assertThat(take(0).range()).isEqualTo(2);
        assertThat(places.take(0)).isNull();
        assertThat(places.leave(first)).isTrue();
        assertThat(take(0).range()).isEqualTo(3);
        assertThat(places.take(0)).isNull();
    }

    /** A message to its replica was lost, or waits in a log without a quorum. */
    @Test
    void aRangeOfWhichNothingIsHeardLosesItsPlace() {
        places.await(List.of(1L, 2L, 3L));
        SweepPlaces.Place silent = take(0);
        SweepPlaces.Place heard = take(0);
        assertThat(places.heard(heard, PATIENCE - 1)).isTrue();
        assertThat(places.giveUp(PATIENCE - 1)).isEmpty();
        assertThat(places.giveUp(PATIENCE)).containsExactly(1L);
        assertThat(take(PATIENCE).range()).isEqualTo(3);
        assertThat(places.heard(silent, PATIENCE)).as("too late").isFalse();
        assertThat(places.leave(silent)).isFalse();
        assertThat(places.take(PATIENCE))
                .as("what comes late frees no place twice")
                .isNull();
        assertThat(places.giveUp(2 * PATIENCE)).containsExactly(2L, 3L);
    }

    private SweepPlaces.Place take(long now) {
        return Objects.requireNonNull(places.take(now));
    }
}
