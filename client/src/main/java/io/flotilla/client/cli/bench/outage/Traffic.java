package io.flotilla.client.cli.bench.outage;

import io.flotilla.client.FlotillaClient;
import io.flotilla.client.FlotillaException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Writes over several ranges, either at a steady pace or as fast as some clients get their answers, and notes when each was answered. Thread-safe.
 */
final class Traffic implements AutoCloseable {
    private static final int KEYS_PER_RANGE = 200;
    private static final byte[] VALUE = new byte[100];
    private static final long JOIN_MILLIS_MAX = 30_000;

    /** @param endNanos when it was answered */
    private record Done(long endNanos, long tookNanos) {}

    private final FlotillaClient client;
    private final List<String> prefixes;
    private final List<Thread> threads = new ArrayList<>();
    private final List<Done> done = new ArrayList<>();
    private final AtomicInteger errors = new AtomicInteger();
    private final AtomicInteger underWay = new AtomicInteger();
    private volatile @Nullable String firstError;
    private volatile boolean closed;

    /**
     * Begins at once.
     *
     * @param perSecond writes begun in each second, whatever becomes of them; 0: as many as {@code clients} get answered, one after the other each
     */
    Traffic(FlotillaClient client, List<String> prefixes, int perSecond, int clients) {
        this.client = client;
        this.prefixes = List.copyOf(prefixes);
        for (int i = 0; i < (perSecond > 0 ? 1 : clients); i++) {
            SplittableRandom random = new SplittableRandom(i);
            Thread thread = new Thread(perSecond > 0 ? () -> paced(random, perSecond) : () -> loop(random), "traffic");
            thread.setDaemon(true);
            threads.add(thread);
            thread.start();
        }
    }

    private void paced(SplittableRandom random, int perSecond) {
        long period = 1_000_000_000L / perSecond;
        long next = System.nanoTime();
        while (!closed) {
            long began = System.nanoTime();
            underWay.incrementAndGet();
            client.putAsync(key(random), VALUE).whenComplete((ok, failure) -> {
                underWay.decrementAndGet();
                note(began, failure);
            });
            next += period;
            long left = next - System.nanoTime();
            if (left > 0) {
                LockSupport.parkNanos(left);
            }
        }
    }

    private void loop(SplittableRandom random) {
        while (!closed) {
            long began = System.nanoTime();
            try {
                client.put(key(random), VALUE);
                note(began, null);
            } catch (FlotillaException failed) {
                note(began, failed);
            }
        }
    }

    private byte[] key(SplittableRandom random) {
        String prefix = prefixes.get(random.nextInt(prefixes.size()));
        return (prefix + random.nextInt(KEYS_PER_RANGE)).getBytes(StandardCharsets.UTF_8);
    }

    private void note(long beganNanos, @Nullable Throwable failure) {
        long now = System.nanoTime();
        if (failure == null) {
            synchronized (done) {
                done.add(new Done(now, now - beganNanos));
            }
        } else if (errors.getAndIncrement() == 0) {
            firstError = failure.toString();
        }
    }

    /** How many writes were answered in [{@code from}, {@code to}). */
    int answered(long fromNanos, long toNanos) {
        synchronized (done) {
            return (int) done.stream()
                    .filter(each -> each.endNanos() >= fromNanos && each.endNanos() < toNanos)
                    .count();
        }
    }

    /** The slowest of them, in milliseconds; 0 if there were none. */
    double slowestMillis(long fromNanos, long toNanos) {
        synchronized (done) {
            return done.stream()
                            .filter(each -> each.endNanos() >= fromNanos && each.endNanos() < toNanos)
                            .mapToLong(Done::tookNanos)
                            .max()
                            .orElse(0)
                    / 1e6;
        }
    }

    /** Of all writes so far. */
    int errors() {
        return errors.get();
    }

    /** What the first of them was; empty if there was none. */
    String firstError() {
        String first = firstError;
        return first == null ? "" : first;
    }

    /** Begins no more and waits for what is under way. */
    void finish() {
        closed = true;
        long deadline = System.nanoTime() + JOIN_MILLIS_MAX * 1_000_000;
        boolean busy = true;
        while (busy && System.nanoTime() < deadline) {
            LockSupport.parkNanos(1_000_000);
            busy = underWay.get() > 0 || threads.stream().anyMatch(Thread::isAlive);
        }
    }

    @Override
    public void close() {
        finish();
    }
}
