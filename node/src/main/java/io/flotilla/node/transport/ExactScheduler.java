package io.flotilla.node.transport;

import akka.AkkaException;
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
import org.jspecify.annotations.Nullable;
import scala.concurrent.ExecutionContext;
import scala.concurrent.duration.FiniteDuration;

/**
 * The actor system's timers without a tick: one thread that sleeps until the next one is due. Akka's own wakes a hundred times a second, whether
 * something is due or not, and rounds every delay up to its tick.
 *
 * <p>What is to be done again and again, and seldom, is done at common moments: an idle process then wakes once for all of it. What is to be done once is done
 * when it is due.
 *
 * <p>Thread-safe. A task runs on the execution context it was scheduled with; the timer's own thread only hands it over.
 */
public final class ExactScheduler extends AbstractScheduler implements Closeable {
    /** Tasks repeated at least this long apart are done at multiples of it, and so first up to that much later than asked for. */
    private static final long COMMON_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    /** One that is due so shortly after a common moment belongs to it: it was due at one before, and took a while. */
    private static final long EARLY_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private final long originNanos = System.nanoTime();
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
                    () -> handOver(task, executor),
                    repeated(nanos(initialDelay), nanos(interval)),
                    nanos(interval),
                    TimeUnit.NANOSECONDS));
        } catch (RejectedExecutionException closed) {
            throw closed(closed);
        }
    }

    @Override
    public Cancellable scheduleWithFixedDelay(
            FiniteDuration initialDelay, FiniteDuration delay, Runnable task, ExecutionContext executor) {
        Repeated repeated = new Repeated(task, nanos(delay), executor);
        try {
            repeated.after(nanos(initialDelay));
        } catch (RejectedExecutionException closed) {
            throw closed(closed);
        }
        return repeated;
    }

    /** The delay of a task that is repeated at that interval, until the common moment at or after it. */
    private long repeated(long delayNanos, long intervalNanos) {
        return intervalNanos < COMMON_NANOS ? delayNanos : common(delayNanos, System.nanoTime() - originNanos);
    }

    static long common(long delayNanos, long nowNanos) {
        long past = (nowNanos + delayNanos) % COMMON_NANOS;
        return past <= Math.min(EARLY_NANOS, delayNanos) ? delayNanos - past : delayNanos + COMMON_NANOS - past;
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

    /** A task that is done again some time after it was done. */
    private final class Repeated implements Cancellable, Runnable {
        private final Runnable task;
        private final long delayNanos;
        private final ExecutionContext executor;
        private volatile boolean over;
        private volatile @Nullable Future<?> next;

        Repeated(Runnable task, long delayNanos, ExecutionContext executor) {
            this.task = task;
            this.delayNanos = delayNanos;
            this.executor = executor;
        }

        void after(long nanos) {
            Future<?> due =
                    timer.schedule(() -> handOver(this, executor), repeated(nanos, delayNanos), TimeUnit.NANOSECONDS);
            next = due;
            if (over) {
                due.cancel(false);
            }
        }

        @Override
        public void run() {
            if (over) {
                return;
            }
            try {
                task.run();
            } catch (AkkaException itsActorIsGone) {
                over = true;
            } catch (RuntimeException failed) {
                over = true;
                throw failed;
            }
            try {
                if (!over) {
                    after(delayNanos);
                }
            } catch (RejectedExecutionException closed) {
                over = true;
            }
        }

        @Override
        public synchronized boolean cancel() {
            boolean first = !over;
            over = true;
            Future<?> due = next;
            if (due != null) {
                due.cancel(false);
            }
            return first;
        }

        @Override
        public boolean isCancelled() {
            return over;
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
