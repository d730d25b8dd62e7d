package io.flotilla.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.client.FlotillaAdmin;
import io.flotilla.client.FlotillaClient;
import io.flotilla.client.KeyValue;
import io.flotilla.client.TxnOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** A real three-node cluster from its founding to the loss of its quorum, as one story. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ClusterIT {
    /** A log that forgets quickly, so that a node that was away must be caught up by a snapshot. */
    private static final String FORGETFUL = "raft.log-entries-kept = 50\nstate.flush-interval = 1 s";

    @TempDir
    static Path directory;

    private static ProcessCluster cluster;
    private static FlotillaClient client;

    @BeforeAll
    static void found() throws IOException {
        cluster = ProcessCluster.founded(directory, 3, FORGETFUL);
        client = cluster.client();
    }

    @AfterAll
    static void stop() {
        if (client != null) {
            client.close();
        }
        if (cluster != null) {
            cluster.close();
        }
    }

    @Test
    @Order(1)
    void initMakesNoSecondCluster() {
        try (FlotillaAdmin admin = cluster.admin()) {
            FlotillaAdmin.InitResult again = admin.init(3, 3);
            assertThat(again.alreadyInitialized()).isTrue();
            assertThat(again.clusterId()).isEqualTo(admin.status().clusterId());
        }
    }

    @Test
    @Order(2)
    void whatIsPutIsRead() {
        client.put("fruit/apple", "green");
        client.put("fruit/banana", "yellow");
        client.delete("fruit/banana");
        client.put("fruit/cherry", "red");
        assertThat(client.getText("fruit/apple")).contains("green");
        assertThat(client.getText("fruit/banana")).isEmpty();
        assertThat(client.scan("fruit/", "fruit0", 10))
                .extracting(KeyValue::keyText)
                .containsExactly("fruit/apple", "fruit/cherry");
    }

    @Test
    @Order(3)
    void compareAndSetSeesTheCurrentValue() {
        client.put("cas", "1");
        assertThat(client.compareAndSet(bytes("cas"), Optional.of(bytes("2")), Optional.of(bytes("3"))))
                .isFalse();
        assertThat(client.compareAndSet(bytes("cas"), Optional.of(bytes("1")), Optional.of(bytes("3"))))
                .isTrue();
        assertThat(client.getText("cas")).contains("3");
    }

    @Test
    @Order(4)
    void aSplitCopiesNothingAndLosesNothing() {
        for (int i = 0; i < 100; i++) {
            client.put(String.format("split/%03d", i), "v" + i);
        }
        try (FlotillaAdmin admin = cluster.admin()) {
            int before = admin.ranges(false).size();
            assertThat(admin.split(bytes("split/050")).alreadySplit()).isFalse();
            assertThat(admin.split(bytes("split/050")).alreadySplit()).isTrue();
            assertThat(admin.ranges(false)).hasSize(before + 1);
            // Whoever asks sees it at once, although what the split left behind is still being cleaned up.
            for (int i = 1; i <= 20; i++) {
                admin.split(bytes(String.format("split/%03d", i)));
                assertThat(admin.ranges(false)).hasSize(before + 1 + i);
            }
        }
        List<KeyValue> rows = client.scan("split/", "split0", 1000);
        assertThat(rows).hasSize(100);
        assertThat(client.getText("split/049")).contains("v49");
        assertThat(client.getText("split/050")).contains("v50");
    }

    @Test
    @Order(5)
    void aTransactionAcrossRangesIsAtomic() {
        client.transact(TxnOptions.named("both"), tx -> {
            tx.put("split/000", "left");
            tx.put("split/099", "right");
            assertThat(tx.getText("split/000")).contains("left");
            return true;
        });
        assertThatThrownBy(() -> client.transact(TxnOptions.named("neither"), tx -> {
                    tx.put("split/000", "wrong");
                    tx.put("split/099", "wrong");
                    throw new IllegalStateException("the application changed its mind");
                }))
                .isInstanceOf(IllegalStateException.class);
        assertThat(client.getText("split/000")).contains("left");
        assertThat(client.getText("split/099")).contains("right");
    }

    @Test
    @Order(6)
    void aLeaseMovesToTheNodeThatIsNamed() {
        try (FlotillaAdmin admin = cluster.admin()) {
            FlotillaAdmin.RangeStatus range = admin.ranges(false).get(0);
            int to = range.leaseholder() % 3 + 1;
            FlotillaAdmin.TransferResult moved = admin.transferLease(range.range(), to);
            assertThat(moved.toNode()).isEqualTo(to);
        }
        assertThat(client.getText("fruit/apple")).contains("green");
    }

    @Test
    @Order(7)
    void aNodeThatWasAwayCatchesUpBySnapshotAndIsWorthAVote() throws IOException {
        cluster.kill(3);
        for (int i = 0; i < 150; i++) {
            client.put("away/" + i, "written while node 3 was away");
        }
        try (FlotillaAdmin admin = cluster.admin()) {
            // The right side of this split is a range that node 3 has never heard of.
            admin.split(bytes("away/5"));
        }
        for (int i = 0; i < 150; i++) {
            client.put("away/" + i, "written again");
        }
        awaitFlush();
        cluster.start(3);
        cluster.awaitReady(3);
        awaitSnapshots();
        cluster.kill(1);
        for (int i = 0; i < 150; i += 50) {
            assertThat(client.getText("away/" + i)).contains("written again");
        }
        client.put("away/done", "by nodes 2 and 3");
        assertThat(client.scan("split/", "split0", 1000)).hasSize(100);
    }

    private static void awaitFlush() {
        java.util.concurrent.locks.LockSupport.parkNanos(
                Duration.ofMillis(2_500).toNanos());
    }

    /** Until node 3 has as many replicas as the others. */
    private static void awaitSnapshots() {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        try (FlotillaAdmin admin = cluster.admin()) {
            while (System.nanoTime() < deadline) {
                List<FlotillaAdmin.NodeStatus> nodes = admin.nodes();
                int expected = admin.ranges(true).size();
                if (nodes.size() == 3 && nodes.get(2).replicas() == expected) {
                    return;
                }
                java.util.concurrent.locks.LockSupport.parkNanos(
                        Duration.ofMillis(200).toNanos());
            }
        }
        throw new AssertionError("node 3 was not given all its replicas");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
