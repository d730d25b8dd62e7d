package io.flotilla.client.cli.bench;

import io.flotilla.client.cli.local.Bootstrap;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Cuts the key space into many ranges whose leases are spread over all nodes: first a few ranges, each moved to its node; then each of them is cut on,
 * always in the middle, so that splits that run at the same time meet different ranges. What is split off stays with its leaseholder.
 */
final class RangeMaker {
    private static final int THREADS_PER_NODE = 8;
    private static final int PROGRESS_EVERY = 1_000;

    private final List<Bootstrap> gateways;
    private final int ranges;

    /** @param gateways one for each node; @param ranges how many, the first of which is there already */
    RangeMaker(List<Bootstrap> gateways, int ranges) {
        this.gateways = gateways;
        this.ranges = ranges;
    }

    /** The first key of range {@code i}; range 0 begins before all keys. */
    static String key(int i) {
        return String.format(Locale.ROOT, "idle/%08d", i);
    }

    /** Blocks until all ranges are there. */
    void make(IntConsumer progress) throws InterruptedException {
        int nodes = gateways.size();
        List<String> borders = new ArrayList<>();
        for (int node = 1; node < nodes; node++) {
            borders.add(key(firstOf(node)));
        }
        gateways.get(0).split(borders);
        for (int node = 0; node < nodes; node++) {
            gateways.get(0).moveLease(key(firstOf(node)), node + 1);
        }
        List<Integer> order = new ArrayList<>();
        List<List<Integer>> parts = new ArrayList<>();
        for (int node = 0; node < nodes; node++) {
            parts.add(bisected(firstOf(node) + 1, firstOf(node + 1)));
        }
        for (int i = 0; order.size() < ranges - nodes; i++) {
            for (List<Integer> part : parts) {
                if (i < part.size()) {
                    order.add(part.get(i));
                }
            }
        }
        splitAll(order, progress);
    }

    private int firstOf(int node) {
        return (int) ((long) ranges * node / gateways.size());
    }

    /** [from, to) in an order in which each is far from those just before it: middles first. */
    static List<Integer> bisected(int from, int to) {
        List<Integer> order = new ArrayList<>();
        List<int[]> level = List.of(new int[] {from, to});
        while (!level.isEmpty()) {
            List<int[]> next = new ArrayList<>();
            for (int[] part : level) {
                if (part[0] < part[1]) {
                    int middle = (part[0] + part[1]) >>> 1;
                    order.add(middle);
                    next.add(new int[] {part[0], middle});
                    next.add(new int[] {middle + 1, part[1]});
                }
            }
            level = next;
        }
        return order;
    }

    private void splitAll(List<Integer> order, IntConsumer progress) throws InterruptedException {
        AtomicInteger next = new AtomicInteger();
        AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS_PER_NODE * gateways.size(); i++) {
            Bootstrap gateway = gateways.get(i % gateways.size());
            Thread thread = new Thread(
                    () -> {
                        try {
                            int at;
                            while (failure.get() == null && (at = next.getAndIncrement()) < order.size()) {
                                byte[] key = key(order.get(at)).getBytes(StandardCharsets.UTF_8);
                                gateway.untilItWorks(() -> gateway.admin().split(key));
                                if ((at + 1) % PROGRESS_EVERY == 0) {
                                    progress.accept(at + 1);
                                }
                            }
                        } catch (RuntimeException failed) {
                            failure.compareAndSet(null, failed);
                        } catch (InterruptedException stopped) {
                            Thread.currentThread().interrupt();
                        }
                    },
                    "bench-split-" + i);
            thread.setDaemon(true);
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        RuntimeException failed = failure.get();
        if (failed != null) {
            throw failed;
        }
    }
}
