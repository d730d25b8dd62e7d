package io.flotilla.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.client.FlotillaAdmin;
import io.flotilla.client.FlotillaClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** Real processes that stand still (SIGSTOP) and go on as if nothing had happened. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class PauseIT {
    private static final int NODES = 3;
    private static final int ROUNDS = 2;
    private static final int READS = 40;
    private static final int WRITES = 420;
    private static final byte[] KEY = bytes("k");

    @TempDir
    static Path directory;

    private static ProcessCluster cluster;

    @AfterAll
    static void stop() throws Exception {
        ProcessCluster.closeAll(cluster);
    }

    private static void found(String mode) throws Exception {
        stop();
        cluster = ProcessCluster.founded(Files.createDirectory(directory.resolve(mode)), NODES, "read.mode = " + mode);
    }

    @Test
    @Order(1)
    void aLeaseholderThatWasPausedForLongerThanItsLeaseServesNoStaleReadByReadIndex() throws Exception {
        found("read-index");
        theLeaseholderIsPausedAndServesNoStaleRead();
    }

    @Test
    @Order(2)
    void aLeaseholderThatWasPausedForLongerThanItsLeaseServesNoStaleReadByItsLease() throws Exception {
        found("lease");
        theLeaseholderIsPausedAndServesNoStaleRead();
    }

    /** The reads reach the old leaseholder's queue after the new one has acknowledged a write; then the old one wakes up. */
    private static void theLeaseholderIsPausedAndServesNoStaleRead() throws Exception {
        try (FlotillaClient everybody = cluster.client();
                BackgroundLists lists = BackgroundLists.begin(cluster, 1)) {
            for (int round = 1; round <= ROUNDS; round++) {
                everybody.put(KEY, bytes("old " + round));
                int paused = leaseholder();
                try (FlotillaClient atPaused = clientOf(paused);
                        FlotillaClient others = clientOf(othersThan(paused))) {
                    assertThat(text(atPaused.get(KEY))).isEqualTo("old " + round);
                    cluster.pause(paused);
                    List<CompletableFuture<Optional<byte[]>>> reads = new ArrayList<>();
                    try {
                        others.put(KEY, bytes("new " + round));
                        for (int i = 0; i < READS; i++) {
                            reads.add(atPaused.getAsync(KEY));
                        }
                        LockSupport.parkNanos(Duration.ofMillis(300).toNanos());
                    } finally {
                        cluster.resume(paused);
                    }
                    int answered = 0;
                    for (CompletableFuture<Optional<byte[]>> read : reads) {
                        try {
                            assertThat(text(read.join())).isEqualTo("new " + round);
                            answered++;
                        } catch (CompletionException failed) {
                            // It may say that it does not know. It may not say what was.
                            System.out.println("a read failed: " + failed.getCause());
                        }
                    }
                    assertThat(answered).as("reads answered in round " + round).isPositive();
                }
            }
            lists.endSerializable();
        }
    }

    @Test
    @Order(3)
    void aFollowerThatReadsNothingNeitherStallsItsRangeNorFillsTheLeadersMemory() throws Exception {
        byte[] value = new byte[512 * 1024];
        try (FlotillaClient everybody = cluster.client()) {
            everybody.put(KEY, bytes("begin"));
            int leader = leaseholder();
            int slow = leader % NODES + 1;
            int third = slow % NODES + 1;
            try (FlotillaClient others = clientOf(leader, third)) {
                cluster.pause(slow);
                long longestNanos = 0;
                try {
                    // More than the leader's heap holds.
                    for (int i = 0; i < WRITES; i++) {
                        long before = System.nanoTime();
                        others.put(bytes("big/" + i % 50), value);
                        longestNanos = Math.max(longestNanos, System.nanoTime() - before);
                    }
                } finally {
                    cluster.resume(slow);
                }
                System.out.println("the longest of " + WRITES + " writes took " + longestNanos / 1_000_000 + " ms");
                assertThat(Duration.ofNanos(longestNanos)).isLessThan(Duration.ofSeconds(10));
                assertThat(cluster.isAlive(leader)).isTrue();
                // Only with the slow one's vote is there a quorum now, so it has caught up.
                cluster.kill(third);
                everybody.put(KEY, bytes("end"));
                assertThat(text(everybody.get(KEY))).isEqualTo("end");
            }
        }
    }

    private static int leaseholder() throws IOException {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        try (FlotillaAdmin admin = cluster.admin()) {
            while (System.nanoTime() < deadline) {
                int leaseholder = admin.ranges(false).get(0).leaseholder();
                if (leaseholder != 0) {
                    return leaseholder;
                }
                LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
            }
        }
        throw new AssertionError("no leaseholder; the nodes said " + cluster.logs());
    }

    private static int[] othersThan(int node) {
        return java.util.stream.IntStream.rangeClosed(1, NODES)
                .filter(other -> other != node)
                .toArray();
    }

    private static FlotillaClient clientOf(int... nodes) {
        List<String> endpoints = new ArrayList<>();
        for (int node : nodes) {
            endpoints.add(cluster.endpoint(node));
        }
        return FlotillaClient.builder()
                .endpoints(String.join(",", endpoints))
                .defaultDeadline(Duration.ofSeconds(30))
                .build();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(Optional<byte[]> value) {
        return new String(value.orElseThrow(), StandardCharsets.UTF_8);
    }
}
