package io.flotilla.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.client.FlotillaAdmin;
import io.flotilla.client.FlotillaClient;
import io.flotilla.client.check.BankVerdict;
import io.flotilla.client.load.BankLoad;
import io.flotilla.client.load.BankOptions;
import io.flotilla.client.load.LoadOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * SIGKILL of a random node, or of all at once, again and again under the bank load: nothing acknowledged is lost, the total never changes. Beside it lists
 * are read and appended to, and what those transactions saw is serializable.
 *
 * <p>Rounds with {@code -Dflotilla.kill.rounds=20}, seed with {@code -Dflotilla.kill.seed=S}.
 */
class BankUnderKillIT {
    private static final int ROUNDS = Integer.getInteger("flotilla.kill.rounds", 3);
    private static final long SEED = Long.getLong("flotilla.kill.seed", System.nanoTime());
    private static final int RANGES = 8;

    @TempDir
    Path directory;

    @Test
    void nothingAcknowledgedIsLost() throws Exception {
        System.out.println("BankUnderKillIT rounds=" + ROUNDS + " seed=" + SEED);
        Random random = new Random(SEED);
        try (ProcessCluster cluster = ProcessCluster.founded(directory, 3, "");
                FlotillaClient client = cluster.client();
                BackgroundLists lists = BackgroundLists.begin(cluster, 3)) {
            BankOptions options = BankOptions.DEFAULT.accounts(200);
            try (FlotillaAdmin admin = cluster.admin()) {
                for (String key : options.layout().splitKeys(RANGES)) {
                    admin.split(key.getBytes(StandardCharsets.UTF_8));
                }
            }
            BankLoad bank =
                    new BankLoad(client, options, LoadOptions.DEFAULT.clients(8).duration(Duration.ofMinutes(60)));
            bank.init();
            AtomicLong acknowledged = new AtomicLong();
            CompletableFuture<BankLoad.BankSummary> load =
                    CompletableFuture.supplyAsync(() -> bank.run(sample -> acknowledged.addAndGet(sample.ops())));
            for (int round = 1; round <= ROUNDS; round++) {
                awaitProgress(acknowledged, load, cluster);
                boolean all = round % 3 == 0;
                int victim = 1 + random.nextInt(3);
                System.out.println("round " + round + ": SIGKILL of " + (all ? "all nodes" : "node " + victim)
                        + " after " + acknowledged.get() + " transfers");
                for (int node = 1; node <= 3; node++) {
                    if (all || node == victim) {
                        cluster.kill(node);
                    }
                }
                LockSupport.parkNanos(Duration.ofMillis(random.nextInt(2_000)).toNanos());
                for (int node = 1; node <= 3; node++) {
                    if (!cluster.isAlive(node)) {
                        cluster.start(node);
                    }
                }
                for (int node = 1; node <= 3; node++) {
                    cluster.awaitReady(node);
                }
            }
            awaitProgress(acknowledged, load, cluster);
            bank.stop();
            BankLoad.BankSummary summary = load.join();
            BankVerdict verdict = bank.check();
            System.out.println(summary + "\n" + verdict);
            assertThat(verdict.findings()).as("seed " + SEED).isEmpty();
            assertThat(summary.totalViolations()).as(summary.firstViolation()).isZero();
            assertThat(summary.totalChecks())
                    .as("a total that was never read proves nothing")
                    .isPositive();
            assertThat(verdict.transfersAcknowledged()).isGreaterThan(20L * ROUNDS);
            lists.endSerializable();
        }
    }

    /** Until the load has moved on by some transfers: each fault hits a cluster at work. */
    private static void awaitProgress(
            AtomicLong acknowledged, CompletableFuture<BankLoad.BankSummary> load, ProcessCluster cluster)
            throws IOException {
        long target = acknowledged.get() + 50;
        long deadline = System.nanoTime() + Duration.ofSeconds(90).toNanos();
        while (acknowledged.get() < target) {
            assertThat(load.isCompletedExceptionally()).as("the load failed").isFalse();
            assertThat(System.nanoTime())
                    .as("no progress; the nodes said\n" + cluster.logs())
                    .isLessThan(deadline);
            LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
        }
    }
}
