package io.flotilla.node.replica;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** When a range is looked through for old versions. */
class SweepScheduleTest {
    private static final long RETENTION = 1_000_000;
    private static final long AGED = RETENTION * 5 / 4;
    private static final long DAY = 24L * 3_600 * 1_000_000;

    private final SweepSchedule schedule = new SweepSchedule(RETENTION);

    @Test
    void aRangeIsDueWhenWhatWasWrittenHasComeOfAge() {
        schedule.wrote(7, 100, 0);
        assertThat(schedule.takeDue(RETENTION)).as("told apart by quarters").isEmpty();
        assertThat(schedule.takeDue(AGED)).containsExactly(7L);
        assertThat(schedule.takeDue(AGED)).as("it is being swept").isEmpty();
    }

    @Test
    void aRangeThatIsNotWrittenAnyMoreIsForgottenOnceAllOfItIsSwept() {
        schedule.wrote(7, 100, 0);
        schedule.wrote(7, 100, RETENTION / 2);
        assertThat(schedule.takeDue(AGED)).as("as old as the newer").isEmpty();
        dueAndSwept(AGED + RETENTION / 2);
        assertThat(schedule.takeDue(100 * DAY)).isEmpty();
    }

    /** Leaves little, which is not remembered. */
    private void dueAndSwept(long nowMicros) {
        assertThat(schedule.takeDue(nowMicros)).containsExactly(7L);
        schedule.swept(7, 50, nowMicros);
    }

    @Test
    void whatWasTooYoungForASweepCountsForTheNext() {
        schedule.wrote(7, 100, 0);
        schedule.takeDue(RETENTION / 2);
        schedule.wrote(7, 100, RETENTION / 2);
        dueAndSwept(AGED);
        dueAndSwept(AGED + RETENTION / 2);
        assertThat(schedule.takeDue(100 * DAY)).isEmpty();
    }

    @Test
    void littleThatIsWrittenToALargeRangeWaits() {
        schedule.wrote(7, 100, 0);
        schedule.takeDue(AGED);
        schedule.swept(7, 1_000_000, AGED);
        schedule.wrote(7, 100, 2 * RETENTION);
        assertThat(schedule.takeDue(10 * RETENTION)).isEmpty();
        schedule.wrote(7, 500_000, 11 * RETENTION);
        assertThat(schedule.takeDue(12 * RETENTION))
                .as("as long as much of it is young")
                .isEmpty();
        assertThat(schedule.takeDue(12 * RETENTION + RETENTION / 4)).containsExactly(7L);
    }

    /** However steadily a range is overwritten, what a sweep may take away is half of what it leaves, and not less. */
    @Test
    void underSteadyWritingASweepWaitsUntilItPays() {
        long written = 0;
        long sweptAt = 0;
        int sweeps = 0;
        for (long now = 0; now < 400 * RETENTION; now += RETENTION / 10) {
            schedule.wrote(7, 10, now);
            written += 10;
            if (!schedule.takeDue(now).isEmpty()) {
                long old = (now - RETENTION) * 100 / RETENTION - sweptAt;
                if (sweeps++ > 0) {
                    assertThat(old).isBetween(500L, 600L);
                }
                sweptAt += old;
                schedule.swept(7, 1_000, now);
            }
        }
        assertThat(sweeps).isBetween((int) (written / 600), (int) (written / 500));
    }

    @Test
    void butNotForEver() {
        schedule.wrote(7, 100, 0);
        schedule.takeDue(AGED);
        schedule.swept(7, 1_000_000, AGED);
        schedule.wrote(7, 1, 2 * RETENTION);
        assertThat(schedule.takeDue(4 * RETENTION)).isEmpty();
        assertThat(schedule.takeDue(4 * RETENTION + DAY)).containsExactly(7L);
    }

    /** Each range is written to once more while another thread finds that all of it is swept: none may be forgotten with that write. */
    @Test
    void whatIsWrittenWhileItsRangeIsForgottenCounts() throws Exception {
        int ranges = 20_000;
        AtomicBoolean stop = new AtomicBoolean();
        AtomicLong current = new AtomicLong();
        Thread sweeper = new Thread(() -> {
            while (!stop.get()) {
                schedule.takeDue(10 * RETENTION);
                schedule.swept(current.get(), 0, 10 * RETENTION);
            }
        });
        sweeper.start();
        for (long range = 0; range < ranges; range++) {
            current.set(range);
            schedule.wrote(range, 1, 0);
            schedule.wrote(range, 1, 20 * RETENTION);
        }
        stop.set(true);
        sweeper.join();
        for (long range = 0; range < ranges; range++) {
            schedule.putOff(range, 10 * RETENTION);
        }
        assertThat(schedule.takeDue(40 * RETENTION)).hasSize(ranges);
    }

    @Test
    void aRangeThatIsLedElsewhereIsTriedAgain() {
        schedule.wrote(7, 100, 0);
        assertThat(schedule.takeDue(AGED)).containsExactly(7L);
        schedule.putOff(7, AGED);
        assertThat(schedule.takeDue(AGED + RETENTION / 4)).isEmpty();
        assertThat(schedule.takeDue(AGED + RETENTION / 2)).containsExactly(7L);
    }
}
