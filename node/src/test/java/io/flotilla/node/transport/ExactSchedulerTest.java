package io.flotilla.node.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import akka.actor.Cancellable;
import akka.actor.Scheduler;
import akka.dispatch.ExecutionContexts;
import akka.event.NoLogging;
import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import scala.concurrent.ExecutionContext;

class ExactSchedulerTest {
    private static final ExecutionContext HERE = ExecutionContexts.fromExecutor(Runnable::run);

    private final ExactScheduler scheduler =
            new ExactScheduler(ConfigFactory.empty(), NoLogging.getInstance(), Thread::new);

    @AfterEach
    void close() {
        scheduler.close();
    }

    @Test
    void aTaskRunsNoEarlierThanItIsDue() throws InterruptedException {
        long start = System.nanoTime();
        CountDownLatch ran = new CountDownLatch(1);
        scheduler.scheduleOnce(Duration.ofMillis(3), ran::countDown, HERE);
        assertThat(ran.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(3_000_000);
    }

    @Test
    void aPeriodicTaskGoesOnAfterOneRunHasFailed() throws InterruptedException {
        CountDownLatch runs = new CountDownLatch(3);
        scheduler.scheduleAtFixedRate(
                Duration.ZERO,
                Duration.ofMillis(1),
                () -> {
                    runs.countDown();
                    throw new IllegalStateException("once more");
                },
                HERE);
        assertThat(runs.await(60, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void whatIsCancelledDoesNotRun() {
        AtomicBoolean ran = new AtomicBoolean();
        Cancellable task = scheduler.scheduleOnce(Duration.ofHours(1), () -> ran.set(true), HERE);
        assertThat(task.cancel()).isTrue();
        assertThat(task.isCancelled()).isTrue();
        assertThat(task.cancel()).isFalse();
        assertThat(ran).isFalse();
    }

    /** So that an idle process wakes once for all of it, and each goes on at its own pace. */
    @Test
    void whatIsRepeatedSeldomIsDoneAtCommonMoments() {
        long second = 1_000_000_000L;
        long[] begun = {3, 123_456_789, 499_999_999, 777_777_777};
        for (long now : begun) {
            long first = now + ExactScheduler.common(second, now);
            assertThat(first % (second / 2)).isZero();
            assertThat(first - now).isBetween(second - 1_000_000, second + second / 2);
            // It is found to be due a little late, and takes a while.
            long done = first + 7_000_000;
            assertThat(done + ExactScheduler.common(second, done)).isEqualTo(first + second);
        }
        assertThat(ExactScheduler.common(0, 3)).isBetween(0L, second / 2);
    }

    @Test
    void whatIsRepeatedAfterADelayEndsWhenItIsCancelled() throws InterruptedException {
        CountDownLatch runs = new CountDownLatch(3);
        Cancellable task = scheduler.scheduleWithFixedDelay(Duration.ZERO, Duration.ofMillis(1), runs::countDown, HERE);
        assertThat(runs.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(task.isCancelled()).isFalse();
        assertThat(task.cancel()).isTrue();
        assertThat(task.isCancelled()).isTrue();
        assertThat(task.cancel()).isFalse();
    }

    @Test
    void theEndRunsWhatAsksForItAndRefusesWhatComesLater() {
        AtomicBoolean marked = new AtomicBoolean();
        AtomicBoolean other = new AtomicBoolean();
        scheduler.scheduleOnce(
                Duration.ofHours(1),
                new Scheduler.TaskRunOnClose() {
                    @Override
                    public void run() {
                        marked.set(true);
                    }
                },
                HERE);
        scheduler.scheduleOnce(Duration.ofHours(1), () -> other.set(true), HERE);
        scheduler.close();
        assertThat(marked).isTrue();
        assertThat(other).isFalse();
        assertThatThrownBy(() -> scheduler.scheduleOnce(Duration.ZERO, () -> {}, HERE))
                .isInstanceOf(IllegalStateException.class);
    }
}
