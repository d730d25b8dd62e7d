package io.flotilla.node.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The loop without sockets; with them it is what every test of the transport runs on, on a machine with few cores. */
class EventLoopTest {
    private final List<Throwable> uncaught = Collections.synchronizedList(new ArrayList<>());

    private final EventLoop loop = new EventLoop(task -> {
        Thread thread = new Thread(task, "event-loop-test");
        thread.setDaemon(true);
        thread.setUncaughtExceptionHandler((where, failure) -> uncaught.add(failure));
        return thread;
    });

    @AfterEach
    void stop() {
        loop.shutdown();
    }

    @Test
    void tasksRunOnOneThreadInTheOrderGiven() throws Exception {
        List<Integer> ran = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            int number = i;
            loop.execute(() -> {
                ran.add(number);
                threads.add(Thread.currentThread());
            });
        }
        done(loop.submit(() -> {}));
        assertThat(ran)
                .containsExactlyElementsOf(IntStream.range(0, 1000).boxed().toList());
        assertThat(threads).containsOnly(threads.get(0));
    }

    @Test
    void oneThatIsGivenByAnotherRunsBehindIt() throws Exception {
        List<String> ran = new ArrayList<>();
        CountDownLatch behind = new CountDownLatch(1);
        loop.execute(() -> {
            loop.execute(() -> {
                ran.add("behind");
                behind.countDown();
            });
            ran.add("first");
        });
        assertThat(behind.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(ran).containsExactly("first", "behind");
    }

    @Test
    void noneIsForgottenWhileTheThreadFallsAsleep() throws Exception {
        for (int i = 0; i < 20_000; i++) {
            done(loop.submit(() -> {}));
        }
    }

    @Test
    void oneThatFailsIsReportedAndTakesNobodysTurn() throws Exception {
        IllegalStateException failure = new IllegalStateException("planted");
        loop.execute(() -> {
            throw failure;
        });
        done(loop.submit(() -> {}));
        assertThat(uncaught).containsExactly(failure);
    }

    @Test
    void whatIsLeftRunsBeforeItStops() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        List<String> ran = new ArrayList<>();
        loop.execute(() -> {
            try {
                go.await();
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
        });
        loop.execute(() -> ran.add("left"));
        loop.shutdown();
        assertThatThrownBy(() -> loop.execute(() -> ran.add("late"))).isInstanceOf(RejectedExecutionException.class);
        assertThat(loop.isTerminated()).isFalse();
        go.countDown();
        assertThat(loop.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        assertThat(ran).containsExactly("left");
    }

    private static void done(Future<?> task) throws InterruptedException, ExecutionException {
        try {
            task.get(10, TimeUnit.SECONDS);
        } catch (TimeoutException late) {
            throw new AssertionError("a task never ran", late);
        }
    }
}
