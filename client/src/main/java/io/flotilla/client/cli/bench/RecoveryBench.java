package io.flotilla.client.cli.bench;

import io.flotilla.client.FlotillaClient;
import io.flotilla.client.cli.local.Bootstrap;
import io.flotilla.client.cli.local.LocalCluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Measures how soon a server serves again that was killed with a full log: it is alone, so that no other can serve in its stead, and each range is asked
 * for a value that was acknowledged before.
 */
final class RecoveryBench {
    private static final long PATIENCE_MILLIS = 60_000;
    private static final int WRITERS = 32;
    private static final int READERS = 16;
    private static final int VALUE_BYTES = 8 << 10;

    private final LocalCluster cluster;
    private final int ranges;
    private final long bytes;
    private final Consumer<String> says;

    RecoveryBench(LocalCluster cluster, int ranges, long bytes, Consumer<String> says) {
        this.cluster = cluster;
        this.ranges = ranges;
        this.bytes = bytes;
        this.says = says;
    }

    RecoveryReport run() throws IOException, InterruptedException {
        List<String> endpoints = cluster.endpoints();
        try (Bootstrap bootstrap = new Bootstrap(endpoints, PATIENCE_MILLIS)) {
            bootstrap.initialize(1);
            new RangeMaker(List.of(bootstrap), ranges).make(made -> says.accept(made + " splits done"));
        }
        fill(endpoints);
        long logBytes = allocated(cluster.server(1).spec().dataDirectory().resolve("log"));
        says.accept("log: " + (logBytes >> 20) + " MiB; killing the server and starting it again");
        cluster.kill(1);
        long start = System.nanoTime();
        cluster.restart(1);
        long[] millis = readAll(endpoints, start);
        return new RecoveryReport(
                logBytes,
                ranges,
                millis[0],
                millis[1],
                Runtime.getRuntime().availableProcessors(),
                Runtime.version().toString());
    }

    private static byte[] key(int range) {
        return (RangeMaker.key(range) + "/x").getBytes(StandardCharsets.UTF_8);
    }

    private void fill(List<String> endpoints) throws InterruptedException {
        long perRange = Math.max(1, bytes / VALUE_BYTES / ranges);
        byte[] value = new byte[VALUE_BYTES];
        new Random(1).nextBytes(value);
        try (FlotillaClient client = client(endpoints)) {
            inParallel(WRITERS, (int) perRange * ranges, i -> client.put(key(i % ranges), value));
        }
    }

    /** When the first and when the last range had answered. */
    private long[] readAll(List<String> endpoints, long start) throws InterruptedException {
        AtomicLong first = new AtomicLong(Long.MAX_VALUE);
        AtomicLong last = new AtomicLong();
        try (FlotillaClient client = client(endpoints)) {
            inParallel(READERS, ranges, range -> {
                if (client.get(key(range)).isEmpty()) {
                    throw new IllegalStateException("an acknowledged value is gone: range " + range);
                }
                long millis = (System.nanoTime() - start) / 1_000_000;
                first.accumulateAndGet(millis, Math::min);
                last.accumulateAndGet(millis, Math::max);
            });
        }
        return new long[] {first.get(), last.get()};
    }

    private static void inParallel(int threads, int count, Consumer<Integer> each) throws InterruptedException {
        AtomicInteger next = new AtomicInteger();
        AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();
        Thread[] workers = new Thread[threads];
        for (int i = 0; i < threads; i++) {
            workers[i] = new Thread(
                    () -> {
                        try {
                            int at;
                            while (failure.get() == null && (at = next.getAndIncrement()) < count) {
                                each.accept(at);
                            }
                        } catch (RuntimeException failed) {
                            failure.compareAndSet(null, failed);
                        }
                    },
                    "bench-" + i);
            workers[i].setDaemon(true);
            workers[i].start();
        }
        for (Thread worker : workers) {
            worker.join();
        }
        RuntimeException failed = failure.get();
        if (failed != null) {
            throw failed;
        }
    }

    /** What the files hold; blocks that were allocated ahead are read at a start like all others. */
    private static long allocated(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.mapToLong(file -> {
                        try {
                            return Files.size(file);
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    })
                    .sum();
        }
    }

    private static FlotillaClient client(List<String> endpoints) {
        return FlotillaClient.builder()
                .endpoints(endpoints)
                .defaultDeadline(Duration.ofMillis(PATIENCE_MILLIS))
                .clientName("flotilla-bench")
                .build();
    }
}
