package io.flotilla.node.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.client.DiskFullException;
import io.flotilla.client.FlotillaAdmin;
import io.flotilla.client.FlotillaClient;
import io.flotilla.client.FlotillaException;
import java.io.IOException;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Real processes on disks that fail, stand still or have no room: one after the other in one cluster, which is well again after each. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class DiskFaultIT {
    private static final int NODES = 3;
    private static final int RANGES = 6;
    private static final int DISK_FAILED = 74;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final byte[] KEY = "k".getBytes(UTF_8);

    @TempDir
    static Path directory;

    private static ProcessCluster cluster;
    private static BackgroundBank bank;

    @BeforeAll
    static void found() throws IOException {
        cluster = ProcessCluster.founded(directory, NODES, "");
        bank = BackgroundBank.open(cluster, RANGES, 4);
    }

    @AfterAll
    static void stop() throws Exception {
        ProcessCluster.closeAll(bank, cluster);
    }

    @ParameterizedTest
    @CsvSource({"1, sync-error", "2, write-error"})
    @Order(1)
    void aNodeWhoseDiskFailsEndsAtOnceAndComesBackWithNothingLost(int node, String fault) throws Exception {
        bank.awaitTransfers(5);
        cluster.breakDisk(node, fault);
        assertThat(cluster.awaitEnd(node)).isEqualTo(DISK_FAILED);
        assertThat(Files.readString(cluster.log(node)))
                .containsPattern("error: node " + node
                        + " stops: its disk failed\n  why:   .*Input/output error.*\n  state: .*\n  try:   ");
        bank.awaitTransfers(5);
        cluster.mendDisk(node);
        cluster.start(node);
        cluster.awaitReady(node);
        bank.awaitTransfers(5);
    }

    @Test
    @Order(2)
    void aNodeWhoseDiskStandsStillLeadsNothingAndIsWaitedForByNobody() throws Exception {
        try (FlotillaAdmin admin = cluster.admin()) {
            for (String key : new String[] {"a", "k", "z"}) {
                admin.transferLease(key.getBytes(UTF_8), 1);
            }
            bank.awaitTransfers(5);
            assertThat(admin.ranges(true)).anyMatch(range -> range.leaseholder() == 1);
            cluster.breakDisk(1, "stall");
            bank.awaitTransfers(10);
            cluster.await(
                    "node 1 to lead nothing",
                    PATIENCE,
                    () -> admin.ranges(true).stream().noneMatch(range -> range.leaseholder() == 1));
            assertThat(cluster.isAlive(1)).isTrue();
            cluster.mendDisk(1);
            cluster.await("node 1 to lead again", PATIENCE, () -> {
                admin.transferLease(KEY, 1);
                return admin.ranges(true).stream().anyMatch(range -> range.leaseholder() == 1);
            });
            bank.awaitTransfers(5);
        }
    }

    @Test
    @Order(3)
    void theTotalNeverChangedAndNothingAcknowledgedIsLost() {
        bank.closeTheBooks();
    }

    @Test
    @Order(4)
    void aFullDiskIsSaidEarlyWhileReadsGoOnAndWritesWorkAgainWithRoom() throws Exception {
        try (FlotillaAdmin admin = cluster.admin();
                FlotillaClient client = cluster.client()) {
            client.put(KEY, "before".getBytes(UTF_8));
            for (int node = 1; node <= NODES; node++) {
                cluster.breakDisk(node, "full");
            }
            cluster.await("a refusal", PATIENCE, () -> isRefused(client, "before"));
            assertThatThrownBy(() -> client.put(KEY, "never".getBytes(UTF_8)))
                    .isInstanceOf(DiskFullException.class)
                    .satisfies(full -> assertThat(((FlotillaException) full).maybeExecuted())
                            .isFalse());
            Process put = new ProcessBuilder(
                            "../bin/flotilla", "kv", "put", "k", "never", "--endpoints", cluster.endpoints())
                    .redirectErrorStream(true)
                    .start();
            String words = new String(put.getInputStream().readAllBytes(), UTF_8);
            assertThat(put.waitFor()).as(words).isEqualTo(8);
            assertThat(words)
                    .contains("DISK_FULL", "are kept in reserve", "nothing was changed", "no restart is needed");
            assertThat(client.getText("k")).contains("before");
            // Operators' verbs are not users' data.
            admin.split("m".getBytes(UTF_8));
            admin.transferLease("m".getBytes(UTF_8), 2);
            for (int node = 1; node <= NODES; node++) {
                assertThat(cluster.isAlive(node)).isTrue();
                cluster.mendDisk(node);
            }
            cluster.await("room", PATIENCE, () -> !isRefused(client, "after"));
            assertThat(client.getText("k")).contains("after");
        }
    }

    /** Each node looks at its own disk: what one says is true of the key that it serves, not of another. */
    private static boolean isRefused(FlotillaClient client, String value) {
        try {
            client.put(KEY, value.getBytes(UTF_8));
            return false;
        } catch (DiskFullException full) {
            return true;
        }
    }
}
