package io.flotilla.config.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.PriorityQueue;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** In virtual time, against a server that does a fixed number of requests a second in the order they came. */
class AdmissionLimitTest {
    private static final long MILLI = 1_000_000;
    private static final long DELAY_MILLIS = 100;

    private final AdmissionLimit limit = new AdmissionLimit(DELAY_MILLIS);
    private final PriorityQueue<long[]> answers = new PriorityQueue<>((a, b) -> Long.compare(a[0], b[0]));
    private final Random random = new Random(1);
    private long now;
    private long serverFree;
    private long worst;
    private int done;
    private int refused;

    @Test
    void threeTimesTooMuchIsRefusedAndWhoIsLetInIsServedInTime() {
        offer(1_000, 1.0, 3_000); // the flood has settled after this
        worst = 0;
        done = 0;
        refused = 0;
        offer(1_000, 1.0 / 3, 10_000);
        assertThat(done).as("the server is kept busy").isBetween(9_500, 10_500);
        assertThat(refused).isGreaterThan(15_000);
        assertThat(worst).isLessThan(600 * MILLI);
    }

    @Test
    void nothingIsRefusedBelowWhatIsPossibleHoweverLongTheTripTakes() {
        tripNanos = 80 * MILLI;
        offer(10_000, 0.15, 5_000);
        assertThat(refused).isZero();
    }

    @Test
    void opensAgainWhenThereIsRoom() {
        offer(1_000, 1.0 / 3, 5_000);
        int shut = limit.limit();
        offer(20_000, 0.06, 8_000);
        refused = 0;
        offer(20_000, 0.06, 2_000);
        assertThat(shut).isEqualTo(AdmissionLimit.MIN);
        assertThat(refused).isZero();
    }

    @Test
    void aFewThatWaitForLocksShutNobodyOut() {
        waitingShare = 0.3;
        offer(10_000, 0.5, 5_000);
        assertThat(refused).isZero();
        assertThat(limit.limit()).isGreaterThanOrEqualTo(AdmissionLimit.INITIAL);
    }

    @Test
    void whatIsUnderWayStillFitsWhenNothingNewDoes() {
        for (int i = 0; i < AdmissionLimit.INITIAL; i++) {
            assertThat(limit.enter(false)).isTrue();
        }
        assertThat(limit.enter(false)).isFalse();
        for (int i = 0; i < AdmissionLimit.INITIAL; i++) {
            assertThat(limit.enter(true)).isTrue();
        }
        assertThat(limit.enter(true)).isFalse();
        limit.leave(0, 0, false);
        assertThat(limit.enter(true)).isTrue();
    }

    private long tripNanos;
    private double waitingShare;

    /** @param perSecond what the server does @param everyMillis one request comes */
    private void offer(int perSecond, double everyMillis, long millis) {
        long serviceNanos = 1_000 * MILLI / perSecond;
        long end = now + millis * MILLI;
        double next = now;
        while (now < end) {
            now = (long) next;
            settle();
            if (limit.enter(false)) {
                serverFree = Math.max(serverFree, now) + serviceNanos;
                long waits = random.nextDouble() < waitingShare ? 1_000 * MILLI : 0;
                answers.add(new long[] {serverFree + tripNanos + waits, now});
            } else {
                refused++;
            }
            next += everyMillis * MILLI;
        }
    }

    private void settle() {
        while (!answers.isEmpty() && answers.peek()[0] <= now) {
            long[] answer = answers.remove();
            worst = Math.max(worst, answer[0] - answer[1]);
            limit.leave(answer[0], answer[0] - answer[1], true);
            done++;
        }
    }
}
