package io.flotilla.client.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When an open loop ends: what was not due by then is neither done nor waited for. */
@Timeout(60)
class LoadRunTest {
    private static final LoadOptions ONE_IN_A_THOUSAND_SECONDS =
            LoadOptions.DEFAULT.clients(2).opsPerSecond(0.001).opsMax(0);

    @Test
    void whoWaitsForItsTurnStopsWhenToldTo() throws InterruptedException {
        LoadRun run = new LoadRun(ONE_IN_A_THOUSAND_SECONDS.duration(Duration.ofHours(1)));
        CountDownLatch first = new CountDownLatch(1);
        Thread stopper = new Thread(() -> {
            try {
                first.await();
            } catch (InterruptedException ended) {
                return;
            }
            run.stop();
        });
        stopper.start();
        LoadSummary summary = run.run(
                client -> random -> {
                    first.countDown();
                    return 1;
                },
                sample -> {});
        stopper.join();
        assertThat(summary.ops()).isEqualTo(1);
    }

    @Test
    void whatIsDueAfterTheEndIsNotDone() {
        AtomicInteger done = new AtomicInteger();
        LoadRun run = new LoadRun(ONE_IN_A_THOUSAND_SECONDS.duration(Duration.ofSeconds(2)));
        LoadSummary summary = run.run(client -> random -> done.incrementAndGet(), sample -> {});
        assertThat(done).hasValue(1);
        assertThat(summary.elapsedMillis()).isLessThan(30_000);
    }
}
