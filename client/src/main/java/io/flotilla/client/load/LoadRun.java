package io.flotilla.client.load;

import io.flotilla.client.CommitOutcomeUnknownException;
import io.flotilla.client.ErrorCode;
import io.flotilla.client.FlotillaException;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.SingleWriterRecorder;
import org.jspecify.annotations.Nullable;

/** Drives any operation with any number of clients, a thread each, and measures. For one use. */
final class LoadRun {
    private static final long SAMPLE_NANOS = 1_000_000_000L;
    private static final long PAUSE_AFTER_ERROR_NANOS = 5_000_000L;
    private static final long LATENCY_MICROS_MAX = 120_000_000L;

    /** One client's next operation. */
    interface Step {
        /**
         * Does it.
         *
         * @return attempts it took
         * @throws FlotillaException if it failed
         */
        long run(SplittableRandom random);
    }

    private final LoadOptions options;
    private final List<Worker> workers = new CopyOnWriteArrayList<>();
    private final AtomicLong tickets = new AtomicLong();
    private final Gap gap = new Gap();
    private final TreeMap<String, LoadSummary.ErrorCount> errorsByKind = new TreeMap<>();
    private volatile boolean stopped;
    private volatile long startNanos;
    private volatile @Nullable RuntimeException fatal;

    LoadRun(LoadOptions options) {
        if (options.duration().isZero() && options.opsMax() <= 0) {
            throw new IllegalArgumentException("neither duration nor opsMax bounds the load");
        }
        this.options = options;
    }

    void stop() {
        stopped = true;
        workers.forEach(LockSupport::unpark);
    }

    boolean isStopped() {
        return stopped;
    }

    LoadSummary run(IntFunction<Step> steps, Consumer<Sample> onSample) {
        startNanos = System.nanoTime();
        gap.begin(startNanos);
        for (int i = 0; i < options.clients(); i++) {
            Worker worker = new Worker(i, steps.apply(i));
            workers.add(worker);
        }
        workers.forEach(Thread::start);
        Totals totals = new Totals();
        long next = startNanos + SAMPLE_NANOS;
        while (workers.stream().anyMatch(Thread::isAlive)) {
            joinUntil(next);
            if (System.nanoTime() - next >= 0) {
                onSample.accept(totals.sample());
                next += SAMPLE_NANOS;
            }
        }
        long endNanos = System.nanoTime();
        gap.end(endNanos);
        stopped = true;
        totals.sample();
        RuntimeException cause = fatal;
        if (cause != null) {
            throw new IllegalStateException("the load cannot run: " + cause.getMessage(), cause);
        }
        return totals.summary(endNanos);
    }

    private void joinUntil(long untilNanos) {
        try {
            for (Worker worker : workers) {
                long millis = (untilNanos - System.nanoTime()) / 1_000_000;
                if (millis <= 0) {
                    LockSupport.parkNanos(Math.max(0, untilNanos - System.nanoTime()));
                    return;
                }
                worker.join(millis);
            }
        } catch (InterruptedException e) {
            stopped = true;
            LockSupport.parkNanos(1_000_000);
        }
    }

    private void failed(FlotillaException failure) {
        String kind = failure.code().name();
        synchronized (errorsByKind) {
            LoadSummary.ErrorCount before = errorsByKind.get(kind);
            errorsByKind.put(
                    kind,
                    before == null
                            ? new LoadSummary.ErrorCount(1, String.valueOf(failure.getMessage()))
                            : new LoadSummary.ErrorCount(before.count() + 1, before.firstMessage()));
        }
    }

    /** One client. */
    private final class Worker extends Thread {
        private final int index;
        private final Step step;
        private final SplittableRandom random;
        private final SingleWriterRecorder latencies = new SingleWriterRecorder(LATENCY_MICROS_MAX, 3);
        private volatile long ops;
        private volatile long errors;
        private volatile long unknown;
        private volatile long attempts;

        Worker(int index, Step step) {
            super("load-" + index);
            this.index = index;
            this.step = step;
            this.random = new SplittableRandom(options.seed() * 1_000_003 + index);
            setDaemon(true);
        }

        @Override
        public void run() {
            long end = startNanos
                    + (options.duration().isZero()
                            ? Long.MAX_VALUE / 2
                            : options.duration().toNanos());
            for (long n = 0; !stopped && System.nanoTime() - end < 0; n++) {
                if (options.opsMax() > 0 && tickets.incrementAndGet() > options.opsMax()) {
                    return;
                }
                long due = due(n);
                if (!await(due, end)) {
                    return;
                }
                once(due);
            }
        }

        /** Closed loop: now. Open loop: whenever its turn is, also if that was while it was busy. */
        private long due(long n) {
            if (options.opsPerSecond() <= 0) {
                return System.nanoTime();
            }
            double secondsPerOp = 1 / options.opsPerSecond();
            return startNanos + (long) ((n * options.clients() + index) * secondsPerOp * 1e9);
        }

        /** Waits until {@code due}; false if the load was stopped or ends before. */
        private boolean await(long due, long end) {
            long until = due - end < 0 ? due : end;
            long left;
            while (!stopped && (left = until - System.nanoTime()) > 0) {
                LockSupport.parkNanos(left);
            }
            return !stopped && due - end < 0;
        }

        private void once(long begun) {
            try {
                attempts += step.run(random);
                long now = System.nanoTime();
                latencies.recordValue(Math.min(LATENCY_MICROS_MAX, (now - begun) / 1_000));
                ops++;
                gap.success(now);
            } catch (FlotillaException e) {
                if (stopped && e.code() == ErrorCode.UNAVAILABLE && !e.maybeExecuted()) {
                    return;
                }
                attempts++;
                errors++;
                if (e instanceof CommitOutcomeUnknownException) {
                    unknown++;
                }
                failed(e);
                LockSupport.parkNanos(PAUSE_AFTER_ERROR_NANOS);
            } catch (RuntimeException e) {
                fatal = e;
                stopped = true;
            }
        }
    }

    /** The longest time without a success. Safe for any thread. */
    private static final class Gap {
        private final AtomicLong last = new AtomicLong();
        private long startNanos;
        private long longestNanos;
        private long longestAtNanos;

        synchronized void begin(long now) {
            startNanos = now;
            last.set(now);
        }

        void success(long now) {
            long before = last.getAndAccumulate(now, (a, b) -> b - a > 0 ? b : a);
            if (now - before > 1_000_000) {
                note(before, now);
            }
        }

        void end(long now) {
            note(last.get(), now);
        }

        private synchronized void note(long from, long to) {
            if (to - from > longestNanos) {
                longestNanos = to - from;
                longestAtNanos = from - startNanos;
            }
        }

        synchronized long longestMillis() {
            return longestNanos / 1_000_000;
        }

        synchronized long longestAtMillis() {
            return longestAtNanos / 1_000_000;
        }
    }

    /** Sums over all workers; for the thread that samples. */
    private final class Totals {
        private final Histogram all = new Histogram(LATENCY_MICROS_MAX, 3);
        private long lastNanos = startNanos;
        private long ops;
        private long errors;
        private long unknown;

        Sample sample() {
            Histogram interval = new Histogram(LATENCY_MICROS_MAX, 3);
            long opsNow = 0;
            long errorsNow = 0;
            long unknownNow = 0;
            for (Worker worker : workers) {
                interval.add(worker.latencies.getIntervalHistogram());
                opsNow += worker.ops;
                errorsNow += worker.errors;
                unknownNow += worker.unknown;
            }
            long now = System.nanoTime();
            Sample sample = new Sample(
                    (now - startNanos) / 1_000_000,
                    opsNow - ops,
                    errorsNow - errors,
                    unknownNow - unknown,
                    perSecond(opsNow - ops, now - lastNanos),
                    perSecond(opsNow, now - startNanos),
                    millis(interval, 50),
                    millis(interval, 95),
                    millis(interval, 99),
                    interval.getMaxValue() / 1e3);
            all.add(interval);
            lastNanos = now;
            ops = opsNow;
            errors = errorsNow;
            unknown = unknownNow;
            return sample;
        }

        LoadSummary summary(long endNanos) {
            long attempts =
                    workers.stream().mapToLong(worker -> worker.attempts).sum();
            synchronized (errorsByKind) {
                return new LoadSummary(
                        (endNanos - startNanos) / 1_000_000,
                        ops,
                        errors,
                        unknown,
                        attempts,
                        perSecond(ops, endNanos - startNanos),
                        all.getMean() / 1e3,
                        millis(all, 50),
                        millis(all, 95),
                        millis(all, 99),
                        millis(all, 99.9),
                        all.getMaxValue() / 1e3,
                        gap.longestMillis(),
                        gap.longestAtMillis(),
                        new TreeMap<>(errorsByKind));
            }
        }

        private static double perSecond(long count, long nanos) {
            return nanos <= 0 ? 0 : count * 1e9 / nanos;
        }

        private static double millis(Histogram histogram, double percentile) {
            return histogram.getValueAtPercentile(percentile) / 1e3;
        }
    }
}
