package io.flotilla.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real power cuts of the nodes' file systems, of one node or of all at once, again and again under the bank load: nothing acknowledged is lost. Needs root and
 * loop devices; skipped where they are not.
 *
 * <p>Rounds with {@code -Dflotilla.powercut.rounds=30}, seed with {@code -Dflotilla.powercut.seed=S}.
 */
class PowerCutIT {
    private static final int ROUNDS = Integer.getInteger("flotilla.powercut.rounds", 3);
    private static final long SEED = Long.getLong("flotilla.powercut.seed", System.nanoTime());
    private static final int NODES = 3;
    private static final int RANGES = 8;
    private static final long DISK_BYTES = 2L << 30;
    private static final String SETTINGS = "disk.reserve = 64 MiB, state.flush-interval = 2 s";

    @TempDir
    Path directory;

    private final List<LoopMount> disks = new ArrayList<>();

    @Test
    void nothingAcknowledgedIsLostWhenThePowerIsCut() throws Exception {
        Optional<String> missing = LoopMount.missing(directory);
        assumeTrue(missing.isEmpty(), () -> "no power cuts here: " + missing.orElse(""));
        for (int node = 1; node <= NODES; node++) {
            disks.add(LoopMount.at(directory.resolve("node" + node), directory.resolve(node + ".img"), DISK_BYTES));
        }
        System.out.println("PowerCutIT rounds=" + ROUNDS + " seed=" + SEED);
        Random random = new Random(SEED);
        try (ProcessCluster cluster = ProcessCluster.founded(directory, NODES, SETTINGS);
                BackgroundBank bank = BackgroundBank.busy(cluster, RANGES, 8, 0)) {
            for (int round = 1; round <= ROUNDS; round++) {
                bank.awaitTransfers(50 + random.nextInt(200));
                List<Integer> victims = round % 3 == 0 ? List.of(1, 2, 3) : List.of(1 + random.nextInt(NODES));
                System.out.println(
                        "round " + round + ": no power for " + victims + " after " + bank.transfers() + " transfers");
                cut(cluster, victims, random.nextBoolean());
                LockSupport.parkNanos(Duration.ofMillis(random.nextInt(1_000)).toNanos());
                for (int node : victims) {
                    disks.get(node - 1).powerOn();
                    cluster.start(node);
                }
                for (int node : victims) {
                    cluster.awaitReady(node);
                }
            }
            bank.awaitTransfers(50);
            assertThat(bank.transfers()).isGreaterThan(50L * ROUNDS);
            bank.closeTheBooks();
        }
    }

    /** @param paused the machine stops as a whole; else its disk is gone a moment before */
    private void cut(ProcessCluster cluster, List<Integer> victims, boolean paused) throws Exception {
        for (int node : victims) {
            if (paused) {
                cluster.pause(node);
            }
        }
        for (int node : victims) {
            disks.get(node - 1).cutPower();
        }
        for (int node : victims) {
            cluster.kill(node);
        }
    }

    @AfterEach
    void unmount() throws Exception {
        for (LoopMount disk : disks) {
            disk.close();
        }
    }
}
