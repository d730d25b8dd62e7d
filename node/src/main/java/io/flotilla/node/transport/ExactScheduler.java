package io.flotilla.node.transport;

import akka.actor.AbstractScheduler;
import akka.actor.Cancellable;
import akka.actor.Scheduler;
import akka.event.LoggingAdapter;
import com.typesafe.config.Config;
import java.io.Closeable;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import scala.concurrent.ExecutionContext;
import scala.concurrent.duration.FiniteDuration;

/**
 * The actor system's timers without a tick: one thread that sleeps until the next one is due. Akka's own wakes a hundred times a second, whether
 * something is due or not, and rounds every delay up to its tick.
 *
 * <p>Thread-safe. A task runs on the execution context it was scheduled with; the timer's own thread only hands it over.
 */
public final class ExactScheduler extends AbstractScheduler implements Closeable {
    private final ScheduledThreadPoolExecutor timer;
    private final LoggingAdapter log;

    /** Tasks that want to run when the system stops if they have not run before. */
    private final Set<Runnable> atClose = ConcurrentHashMap.newKeySet();

    /** Called by Akka. */
    public ExactScheduler(Config config, LoggingAdapter log, ThreadFactory threads) {
        this.log = log;
        this.timer = new ScheduledThreadPoolExecutor(1, threads);
        timer.setRemoveOnCancelPolicy(true);
        timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        timer.setContinueExistingPeriodicTasksAfterShutdownPolicy(false);
    }

    @Override
    @SuppressWarnings("deprecation") // for callers; what Akka offers them instead ends here
    public Cancellable schedule(
            FiniteDuration initialDelay, FiniteDuration interval, Runnable task, ExecutionContext executor) {
        try {
            return new Scheduled(timer.scheduleAtFixedRate(
                    () -> handOver(task, executor), nanos(initialDelay), nanos(interval), TimeUnit.NANOSECONDS));
        } catch (RejectedExecutionException closed) {
            throw closed(closed);
        }
    }

    @Override
    public Cancellable scheduleOnce(FiniteDuration delay, Runnable task, ExecutionContext executor) {
        if (task instanceof Scheduler.TaskRunOnClose) {
            atClose.add(task);
        }
        try {
            return new Scheduled(timer.schedule(
                    () -> {
                        atClose.remove(task);
                        handOver(task, executor);
                    },
                    nanos(delay),
                    TimeUnit.NANOSECONDS));
        } catch (RejectedExecutionException closed) {
            atClose.remove(task);
            throw closed(closed);
        }
    }

    /** What Akka expects of a scheduler whose system has stopped. */
    private static IllegalStateException closed(RejectedExecutionException cause) {
        return new IllegalStateException("cannot enqueue after timer shutdown", cause);
    }

    private static long nanos(FiniteDuration duration) {
        return Math.max(duration.toNanos(), 0);
    }

    @Override
    public double maxFrequency() {
        return 1_000;
    }

    private void handOver(Runnable task, ExecutionContext executor) {
        try {
            executor.execute(task);
        } catch (RuntimeException refused) {
            // A periodic task that throws would never run again.
            log.error(refused, "a timer's task was refused");
        }
    }

    private record Scheduled(Future<?> future) implements Cancellable {
        @Override
        public boolean cancel() {
            return future.cancel(false);
        }

        @Override
        public boolean isCancelled() {
            return future.isCancelled();
        }
    }

    /** Ends the thread; what Akka marks to be run at the end is run. */
    @Override
    public void close() {
        timer.shutdown();
        for (Runnable task : atClose) {
            atClose.remove(task);
            task.run();
        }
    }
}
