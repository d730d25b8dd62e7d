package io.flotilla.node.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.client.FlotillaAdmin;
import io.flotilla.client.FlotillaAdmin.RangeState;
import io.flotilla.client.FlotillaClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every node of a real cluster is stopped in good order and started again while clients write: none of them notices more than a pause. */
class RollingRestartIT {
    private static final int RANGES = 6;
    private static final long PERIOD_NANOS = 40_000_000;
    private static final Duration WELL_AFTER_MAX = Duration.ofSeconds(60);

    /** A write waits for a hand-over, which takes milliseconds, and for three processes that end and start on a machine that may be slow. */
    private static final Duration PAUSE_MAX = Duration.ofSeconds(15);

    @TempDir
    static Path directory;

    private final Map<String, String> acknowledged = new ConcurrentHashMap<>();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final AtomicInteger underWay = new AtomicInteger();
    private volatile long slowestNanos;
    private volatile boolean enough;

    @Test
    void noRequestIsLostWhileAllNodesAreRestartedInTurn() throws Exception {
        try (ProcessCluster cluster = ProcessCluster.founded(directory, 3, "");
                FlotillaAdmin admin = cluster.admin();
                FlotillaClient client = cluster.client()) {
            for (int range = 0; range < RANGES; range++) {
                admin.split(key(range, "").getBytes(UTF_8));
            }
            Thread writer = new Thread(() -> write(client), "writer");
            writer.start();
            for (int node = 1; node <= 3; node++) {
                awaitWell(admin);
                for (int range = 0; range < RANGES; range += 2) {
                    admin.transferLease(key(range, "").getBytes(UTF_8), node);
                }
                assertThat(cluster.stop(node)).as("how node %s ends", node).isIn(0, 143);
                assertThat(Files.readString(cluster.log(node))).doesNotContain("were not handed over");
                cluster.start(node);
                cluster.awaitReady(node);
            }
            awaitWell(admin);
            enough = true;
            writer.join();
            while (underWay.get() > 0) {
                LockSupport.parkNanos(PERIOD_NANOS);
            }

            assertThat(failures).isEmpty();
            assertThat(Duration.ofNanos(slowestNanos)).isLessThan(PAUSE_MAX);
            assertThat(acknowledged).hasSizeGreaterThan(RANGES);
            acknowledged.forEach((key, value) -> {
                String found = client.getText(key).orElse("");
                // A later write of the same key may have been acknowledged after this one was noted.
                assertThat(Integer.parseInt(found)).as(key).isGreaterThanOrEqualTo(Integer.parseInt(value));
            });
        }
    }

    private static String key(int range, String rest) {
        return "roll" + range + "/" + rest;
    }

    /** Each key is written by one write at a time, with growing numbers. */
    private void write(FlotillaClient client) {
        Map<String, Boolean> busy = new ConcurrentHashMap<>();
        for (int number = 1; !enough; number++) {
            String key = key(number % RANGES, Integer.toString(number % 97));
            String value = Integer.toString(number);
            if (busy.putIfAbsent(key, true) == null) {
                underWay.incrementAndGet();
                long began = System.nanoTime();
                client.putAsync(key.getBytes(UTF_8), value.getBytes(UTF_8)).whenComplete((done, failure) -> {
                    if (failure == null) {
                        acknowledged.put(key, value);
                    } else {
                        failures.add(key + ": " + failure);
                    }
                    slowestNanos = Math.max(slowestNanos, System.nanoTime() - began);
                    busy.remove(key);
                    underWay.decrementAndGet();
                });
            }
            LockSupport.parkNanos(PERIOD_NANOS);
        }
    }

    private static void awaitWell(FlotillaAdmin admin) {
        long deadline = System.nanoTime() + WELL_AFTER_MAX.toNanos();
        while (true) {
            boolean well = admin.nodes().stream().allMatch(node -> node.live() && node.replicas() > 0)
                    && admin.ranges(true).stream().allMatch(range -> range.state() == RangeState.OK);
            if (well) {
                return;
            }
            assertThat(System.nanoTime()).as("the cluster gets well").isLessThan(deadline);
            LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
        }
    }
}
