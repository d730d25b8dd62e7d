package io.flotilla.node.liveness.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.config.time.Timestamp;
import io.flotilla.config.time.WallClock;
import org.junit.jupiter.api.Test;

class MachineRunTest {
    private long unixMicros = Timestamp.EPOCH_MICROS + 1_000_000;
    private int pauses;
    private final WallClock wall = () -> unixMicros;

    private boolean passSomeTime() {
        pauses++;
        unixMicros += 100_000;
        return false;
    }

    @Test
    void aStoreWaitsUntilItsClockIsAboveWhatItHasServed() {
        Timestamp served = Timestamp.ofMicros(unixMicros + 25_000_000).next();
        MachineRun.awaitAbove(served, wall, this::passSomeTime);
        assertThat(Timestamp.ofMicros(unixMicros)).isGreaterThan(served);
        assertThat(pauses).isEqualTo(251);
    }

    @Test
    void itWaitsNoLongerThanUntilTheClockIsSetRight() {
        Timestamp served = Timestamp.ofMicros(unixMicros + 3_600_000_000L);
        MachineRun.awaitAbove(served, wall, () -> {
            unixMicros += pauses == 3 ? 3_600_000_001L : 0;
            return passSomeTime();
        });
        assertThat(pauses).isEqualTo(4);
    }

    @Test
    void aStoreThatHasServedNothingWaitsForNothing() {
        unixMicros = 0;
        MachineRun.awaitAbove(Timestamp.ZERO, wall, this::passSomeTime);
        assertThat(pauses).isZero();
    }

    @Test
    void whoeverIsInterruptedDoesNotServe() {
        assertThatThrownBy(() -> MachineRun.awaitAbove(Timestamp.MAX, wall, () -> true))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aRunOfTheMachineKeepsItsName() {
        assertThat(MachineRun.boot()).isEqualTo(MachineRun.boot());
    }
}
