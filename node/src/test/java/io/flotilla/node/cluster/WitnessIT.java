package io.flotilla.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.client.FlotillaAdmin;
import io.flotilla.client.FlotillaAdmin.RangeRef;
import io.flotilla.client.FlotillaAdmin.RangeStatus;
import io.flotilla.client.FlotillaAdmin.ReplicaStatus;
import io.flotilla.client.FlotillaClient;
import io.flotilla.client.FlotillaException;
import io.flotilla.client.InvalidRequestException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** Every range on nodes 1 and 2, with a witness on node 3: one story of real processes. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class WitnessIT {
    private static final int KEYS = 50;
    private static final String MARK = "nobody-writes-this-by-chance";

    @TempDir
    static Path directory;

    private static ProcessCluster cluster;
    private static FlotillaAdmin admin;
    private static FlotillaClient client;

    @BeforeAll
    static void found() throws IOException {
        cluster = ProcessCluster.founded(directory, 3, 2, "state.flush-interval = 500 ms");
        admin = cluster.admin();
        client = cluster.client();
        write("first");
        admin.split("k2".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        // A list passes over what a transaction has just committed and not yet resolved.
        cluster.await(
                "both ranges to be listed",
                Duration.ofSeconds(30),
                () -> admin.ranges(false).size() == 2);
    }

    @AfterAll
    static void stop() throws Exception {
        ProcessCluster.closeAll(client, admin, cluster);
    }

    @Test
    @Order(1)
    void aWitnessIsAddedToEveryRange() {
        for (RangeStatus range : admin.ranges(true)) {
            assertThat(admin.addReplica(RangeRef.of(range.range()), 3, true).replicas())
                    .filteredOn(ReplicaStatus::witness)
                    .extracting(ReplicaStatus::node)
                    .containsExactly(3);
        }
        write("with three");
    }

    @Test
    @Order(2)
    void itNeverBecomesLeaseholder() {
        for (RangeStatus range : admin.ranges(true)) {
            assertThatThrownBy(() -> admin.transferLease(range.range(), 3))
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessageContaining("witness");
        }
    }

    /** Of two voters one would be a witness: the other alone would be the only one with data, which is allowed; a second witness is not. */
    @Test
    @Order(3)
    void witnessesNeverBecomeTheMajority() {
        long range = admin.ranges(false).get(0).range();
        admin.removeReplica(RangeRef.of(range), 2);
        assertThatThrownBy(() -> admin.addReplica(RangeRef.of(range), 2, true))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("majority without data");
        admin.addReplica(RangeRef.of(range), 2, false);
    }

    @Test
    @Order(4)
    void itsDiskHoldsNoneOfTheData() throws IOException {
        LockSupport.parkNanos(Duration.ofMillis(1_500).toNanos()); // a flush
        write(MARK);
        cluster.kill(3);
        write("by both full replicas, without the witness");
        for (RangeStatus range : admin.ranges(false)) {
            assertThat(StoppedStore.entries(cluster.data(3), range))
                    .as("entries of range " + range.range() + " on the witness's disk")
                    .isZero();
        }
        assertThat(StoppedStore.mentions(cluster.data(3), MARK)).isFalse();
        cluster.start(3);
        cluster.awaitReady(3);
    }

    @Test
    @Order(5)
    void aFullReplicaAndTheWitnessCommit() throws IOException {
        cluster.kill(2);
        assertThat(StoppedStore.mentions(cluster.data(2), MARK))
                .as("what is looked for can be found where it is")
                .isTrue();
        write("by node 1 and the witness");
        cluster.start(2);
        cluster.awaitReady(2);
        read("by node 1 and the witness");
    }

    /** Node 2 comes back without what node 1 and the witness have committed: it does not pass for the whole truth. */
    @Test
    @Order(6)
    void theOtherFullReplicaCannotLeadBeforeItHasWhatTheWitnessKnowsOf() throws IOException {
        cluster.kill(2);
        write("unknown to node 2");
        cluster.kill(1);
        cluster.start(2);
        cluster.awaitReady(2);
        try (FlotillaClient hasty = FlotillaClient.builder()
                .endpoints(cluster.endpoint(2))
                .defaultDeadline(Duration.ofSeconds(4))
                .build()) {
            assertThatThrownBy(() -> hasty.getText("k0")).isInstanceOf(FlotillaException.class);
        }
        cluster.start(1);
        cluster.awaitReady(1);
        read("unknown to node 2");
    }

    @Test
    @Order(7)
    void theOtherFullReplicaTakesOver() throws IOException {
        write("to both");
        for (RangeStatus range : admin.ranges(true)) {
            admin.transferLease(range.range(), 1);
        }
        cluster.kill(1);
        read("to both");
        write("by node 2 and the witness");
        read("by node 2 and the witness");
    }

    private static void write(String value) {
        for (int i = 0; i < KEYS; i++) {
            client.put("k" + i, value);
        }
    }

    private static void read(String value) {
        for (int i = 0; i < KEYS; i++) {
            assertThat(client.getText("k" + i)).contains(value);
        }
    }
}
