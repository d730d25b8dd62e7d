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
import java.util.concurrent.RunnableScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
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
 * <p>Thread-safe. A task runs on the execution context it was scheduled with; the timer's own thread only hands it over. A dispatcher may have that thread for
 * its own, see {@link TimersThreadExecutor}.
 */
public final class ExactScheduler extends AbstractScheduler implements Closeable {
    /** Tasks repeated at least this long apart are done at multiples of it, and so first up to that much later than asked for. */
    private static final long COMMON_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    /** One that is due so shortly after a common moment belongs to it: it was due at one before, and took a while. */
    private static final long EARLY_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    /** So long after this scheduler was closed and nothing is to be done any more its thread ends. */
    private static final long LINGER_MILLIS = 100;

    private final long originNanos = System.nanoTime();
    private final ScheduledThreadPoolExecutor timer;
    private final LoggingAdapter log;
    private final AtomicBoolean closed = new AtomicBoolean();

    /** Tasks that want to run when the system stops if they have not run before. */
    private final Set<Runnable> atClose = ConcurrentHashMap.newKeySet();

    /** Called by Akka. */
    public ExactScheduler(Config config, LoggingAdapter log, ThreadFactory threads) {
        this.log = log;
        this.timer = new ScheduledThreadPoolExecutor(1, threads);
        timer.setRemoveOnCancelPolicy(true);
    }

    /** Runs a task on the timers' thread, soon. It must be short, or timers are late. Works also when this scheduler is closed. */
    void execute(Runnable task) {
        timer.execute(task);
    }

    @Override
    @SuppressWarnings("deprecation") // for callers; what Akka offers them instead ends here
    public Cancellable schedule(
            FiniteDuration initialDelay, FiniteDuration interval, Runnable task, ExecutionContext executor) {
        requireOpen();
        return new Scheduled(timer.scheduleAtFixedRate(
                () -> handOver(task, executor),
                repeated(nanos(initialDelay), nanos(interval)),
                nanos(interval),
                TimeUnit.NANOSECONDS));
    }

    @Override
    public Cancellable scheduleWithFixedDelay(
            FiniteDuration initialDelay, FiniteDuration delay, Runnable task, ExecutionContext executor) {
        requireOpen();
        Repeated repeated = new Repeated(task, nanos(delay), executor);
        repeated.after(nanos(initialDelay));
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
        requireOpen();
        if (!(task instanceof Scheduler.TaskRunOnClose)) {
            return new Scheduled(timer.schedule(() -> handOver(task, executor), nanos(delay), TimeUnit.NANOSECONDS));
        }
        atClose.add(task);
        return new Scheduled(timer.schedule(
                () -> {
                    if (atClose.remove(task)) {
                        handOver(task, executor);
                    }
                },
                nanos(delay),
                TimeUnit.NANOSECONDS));
    }

    /** What Akka expects of a scheduler whose system has stopped. */
    private void requireOpen() {
        if (closed.get()) {
            throw new IllegalStateException("cannot enqueue after timer shutdown");
        }
    }

    private static long nanos(FiniteDuration duration) {
        return Math.max(duration.toNanos(), 0);
    }

    @Override
    public double maxFrequency() {
        return 1_000;
    }

    private void handOver(Runnable task, ExecutionContext executor) {
        if (closed.get()) {
            return;
        }
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
            over |= closed.get();
            if (!over) {
                after(delayNanos);
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

    /** No timer goes off any more, and the thread ends when nobody has it run anything; what Akka marks to be run at the end is run. */
    @Override
    public void close() {
        closed.set(true);
        for (Runnable waiting : timer.getQueue()) {
            if (waiting instanceof RunnableScheduledFuture<?> task && task.getDelay(TimeUnit.NANOSECONDS) > 0) {
                task.cancel(false);
            }
        }
        timer.setKeepAliveTime(LINGER_MILLIS, TimeUnit.MILLISECONDS);
        timer.allowCoreThreadTimeOut(true);
        for (Runnable task : atClose) {
            if (atClose.remove(task)) {
                task.run();
            }
        }
    }
}
