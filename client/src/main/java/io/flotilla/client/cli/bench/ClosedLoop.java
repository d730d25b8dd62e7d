package io.flotilla.client.cli.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.HdrHistogram.Histogram;

/** Threads that each do one operation after the other for a while. */
final class ClosedLoop {
    private static final int DIGITS = 3;

    private ClosedLoop() {}

    /** Done once; blocking. A failure ends the whole loop. */
    @FunctionalInterface
    interface Operation {
        void run(Random random);
    }

    /** @param nanos how long each operation took */
    record Result(double perSecond, Histogram nanos) {
        long operations() {
            return nanos.getTotalCount();
        }

        double p50Micros() {
            return nanos.getValueAtPercentile(50) / 1_000.0;
        }
    }

    /** @throws RuntimeException what an operation threw */
    static Result run(int threads, double seconds, Operation operation) throws InterruptedException {
        long start = System.nanoTime();
        long end = start + (long) (seconds * 1e9);
        List<Histogram> histograms = new ArrayList<>();
        List<Thread> workers = new ArrayList<>();
        AtomicReference<RuntimeException> failure = new AtomicReference<>();
        for (int i = 0; i < threads; i++) {
            Histogram histogram = new Histogram(DIGITS);
            Random random = new Random(start + i);
            Thread worker = new Thread(
                    () -> {
                        try {
                            work(end, operation, random, histogram, failure);
                        } catch (RuntimeException failed) {
                            failure.compareAndSet(null, failed);
                        }
                    },
                    "bench-client-" + i);
            worker.setDaemon(true);
            histograms.add(histogram);
            workers.add(worker);
            worker.start();
        }
        for (Thread worker : workers) {
            worker.join();
        }
        RuntimeException failed = failure.get();
        if (failed != null) {
            throw failed;
        }
        double elapsed = (System.nanoTime() - start) / 1e9;
        Histogram all = new Histogram(DIGITS);
        histograms.forEach(all::add);
        return new Result(all.getTotalCount() / elapsed, all);
    }

    private static void work(
            long end,
            Operation operation,
            Random random,
            Histogram histogram,
            AtomicReference<RuntimeException> failure) {
        long before = System.nanoTime();
        do {
            operation.run(random);
            long after = System.nanoTime();
            histogram.recordValue(after - before);
            before = after;
        } while (before < end && failure.get() == null);
    }
}
