package io.flotilla.node.cluster;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
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

    private static final double TRANSFERS_PER_SECOND = 25;

    /** So that each fault hits a cluster at work. */
    private static final int TRANSFERS_BETWEEN = 30;

    @TempDir
    Path directory;

    @Test
    void nothingAcknowledgedIsLost() throws Exception {
        System.out.println("BankUnderKillIT rounds=" + ROUNDS + " seed=" + SEED);
        Random random = new Random(SEED);
        try (ProcessCluster cluster = ProcessCluster.founded(directory, 3, "");
                BackgroundLists lists = BackgroundLists.begin(cluster, 3);
                BackgroundBank bank = BackgroundBank.busy(cluster, RANGES, 8, TRANSFERS_PER_SECOND)) {
            for (int round = 1; round <= ROUNDS; round++) {
                bank.awaitTransfers(TRANSFERS_BETWEEN);
                boolean all = round % 3 == 0;
                int victim = 1 + random.nextInt(3);
                System.out.println("round " + round + ": SIGKILL of " + (all ? "all nodes" : "node " + victim)
                        + " after " + bank.transfers() + " transfers");
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
            bank.awaitTransfers(TRANSFERS_BETWEEN);
            bank.closeTheBooks();
            lists.endSerializable();
        }
    }
}
