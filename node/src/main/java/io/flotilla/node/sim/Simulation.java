package io.flotilla.node.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** Runs seeds, several at a time; results arrive in the order of the seeds, whatever the number of threads. */
public final class Simulation {
    private static final int BATCH_SEEDS = 64;

    private Simulation() {}

    /** Runs one seed in the calling thread. */
    public static SimResult run(long seed) {
        return new World(seed).run();
    }

    /**
     * Runs seeds from {@code firstSeed} on until {@code enough} seeds are done or {@code stop} says so between two batches.
     *
     * @param each called in this thread, in the order of the seeds
     */
    public static void run(long firstSeed, long enough, int threads, BooleanSupplier stop, Consumer<SimResult> each)
            throws InterruptedException {
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            long done = 0;
            while (done < enough && !stop.getAsBoolean()) {
                long count = Math.min(BATCH_SEEDS, enough - done);
                List<Future<SimResult>> batch = new ArrayList<>();
                for (long i = 0; i < count; i++) {
                    long seed = firstSeed + done + i;
                    batch.add(pool.submit(() -> run(seed)));
                }
                for (Future<SimResult> future : batch) {
                    each.accept(future.get());
                }
                done += count;
            }
        } catch (ExecutionException failed) {
            throw new IllegalStateException("a simulation died", failed.getCause());
        } finally {
            pool.shutdownNow();
        }
    }
}
