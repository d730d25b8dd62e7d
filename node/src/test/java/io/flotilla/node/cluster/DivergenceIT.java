package io.flotilla.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.client.FlotillaAdmin;
import io.flotilla.client.FlotillaAdmin.RangeStatus;
import io.flotilla.client.FlotillaAdmin.ReplicaKind;
import io.flotilla.client.FlotillaAdmin.ReplicaStatus;
import io.flotilla.client.FlotillaClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * Goal: a replica that applied something else than its peers is found within seconds, said by range and index, and made anew, while the range serves.
 * Method: real processes under the bank load, one of which loses a bit on its way to the engine.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class DivergenceIT {
    private static final int NODES = 3;
    private static final int RANGES = 4;
    private static final int WRONG = 3;
    private static final Duration FOUND_MAX = Duration.ofSeconds(60);
    private static final Duration REBUILT_MAX = Duration.ofSeconds(60);

    @TempDir
    static Path directory;

    private static Path fault;
    private static ProcessCluster cluster;
    private static FlotillaAdmin admin;
    private static BackgroundBank bank;

    @BeforeAll
    static void found() throws IOException {
        fault = directory.resolve("fault");
        // That all ranges sleep is waited for at the end.
        cluster = new ProcessCluster(directory, NODES, "idle.passivate-after = 3 s");
        cluster.javaOptions(WRONG, "-Dflotilla.fault.divergence-file=" + fault);
        cluster.startAll();
        admin = cluster.admin();
        admin.init(NODES, NODES);
        bank = BackgroundBank.open(cluster, RANGES, 2);
        bank.awaitTransfers(5);
    }

    @AfterAll
    static void stop() throws Exception {
        ProcessCluster.closeAll(bank, admin, cluster);
    }

    @Test
    @Order(1)
    void aFollowerThatDivergedIsFoundAndMadeAnew() throws IOException {
        RangeStatus range = admin.ranges(false).get(1);
        admin.transferLease(range.range(), 1);
        diverge(range.range());
    }

    /** What it served until it was found out was wrong; what its range has is right. */
    @Test
    @Order(2)
    void aLeaseholderThatDivergedStepsAsideAndIsMadeAnew() throws IOException {
        admin.split(bytes("x"));
        cluster.await(
                "the new range to be listed",
                FOUND_MAX,
                () -> admin.ranges(false).size() == RANGES + 1);
        RangeStatus range = admin.ranges(false).get(RANGES);
        admin.transferLease(range.range(), WRONG);
        cluster.await(
                "the wrong one to lead",
                FOUND_MAX,
                () -> admin.ranges(false).get(RANGES).leaseholder() == WRONG);
        try (FlotillaClient client = cluster.client()) {
            ProcessCluster.writeAtOnce(fault, Long.toString(range.range()));
            client.put(bytes("y"), bytes("right"));
            madeAnew(range.range(), replica(range.range()).replicaId());
            assertThat(client.get(bytes("y"))).contains(bytes("right"));
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static void diverge(long range) throws IOException {
        int before = replica(range).replicaId();
        ProcessCluster.writeAtOnce(fault, Long.toString(range));
        madeAnew(range, before);
    }

    private static void madeAnew(long range, int before) throws IOException {
        cluster.await("the fault to strike", FOUND_MAX, () -> !Files.exists(fault));
        long struck = System.nanoTime();
        cluster.await("range " + range + " to be found out", FOUND_MAX, () -> isSaid(range));
        System.out.println("range " + range + " was found after " + millisSince(struck) + " ms");
        cluster.await("range " + range + " to be made anew", REBUILT_MAX, () -> {
            ReplicaStatus now = replica(range);
            return now.replicaId() > before && now.kind() == ReplicaKind.VOTER;
        });
        System.out.println("range " + range + " was made anew after " + millisSince(struck) + " ms");
        cluster.await(
                "the alarm to end",
                REBUILT_MAX,
                () -> admin.nodes().stream()
                        .allMatch(node -> node.serving().orElseThrow().alarms().isEmpty()));
        bank.awaitTransfers(5);
    }

    /** By the one that is wrong, in its log. */
    private static boolean isSaid(long range) {
        try {
            return Files.readString(cluster.log(WRONG))
                    .lines()
                    .anyMatch(line -> line.contains("DIVERGED: r" + range + "@") && line.contains("at index "));
        } catch (IOException notYet) {
            return false;
        }
    }

    private static ReplicaStatus replica(long range) {
        return admin.ranges(false).stream()
                .filter(each -> each.range() == range)
                .flatMap(each -> each.replicaStatus().stream())
                .filter(replica -> replica.node() == WRONG)
                .findFirst()
                .orElseThrow();
    }

    private static long millisSince(long nanos) {
        return (System.nanoTime() - nanos) / 1_000_000;
    }

    @Test
    @Order(3)
    void theBooksAreRightAndAllStoresAreTheSame() throws Exception {
        bank.closeTheBooks();
        StoppedStore.stopAndAssertAlike(cluster, admin, NODES, RANGES + 1);
    }
}
