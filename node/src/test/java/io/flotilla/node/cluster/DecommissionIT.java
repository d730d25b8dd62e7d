package io.flotilla.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.client.FlotillaAdmin;
import io.flotilla.client.FlotillaAdmin.NodeStatus;
import io.flotilla.client.FlotillaAdmin.RangeRef;
import io.flotilla.client.FlotillaAdmin.RangeStatus;
import io.flotilla.client.InvalidRequestException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** Nodes are drained, replaced and taken out under the bank load, on real processes: as one story. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class DecommissionIT {
    private static final int RANGES = 4;

    @TempDir
    static Path directory;

    private static ProcessCluster cluster;
    private static FlotillaAdmin admin;
    private static BackgroundBank bank;

    @BeforeAll
    static void found() throws IOException {
        cluster = new ProcessCluster(directory, 5, "");
        cluster.startFirst(3);
        admin = cluster.admin();
        admin.init(3, 3);
        for (int node = 1; node <= 3; node++) {
            int joining = node;
            await(
                    "node " + node + " to be listed",
                    () -> admin.nodes().stream().anyMatch(listed -> listed.node() == joining && listed.live()));
        }
        bank = BackgroundBank.open(cluster, RANGES, 2);
    }

    @AfterAll
    static void stop() throws Exception {
        ProcessCluster.closeAll(bank, admin, cluster);
    }

    @Test
    @Order(1)
    void aNodeWhoseReplicasHaveNowhereToGoStays() throws IOException {
        bank.awaitTransfers(5);
        assertThatThrownBy(() -> admin.decommission(3, left -> {}))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("have nowhere to go");
        assertThatThrownBy(() -> admin.decommission(9, left -> {}))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("there is no node 9");
        assertThat(node(3).replicas()).isEqualTo(RANGES + 1);
    }

    @Test
    @Order(2)
    void aDrainedNodeLeadsNothingAndStaysAVoter() throws IOException {
        for (RangeStatus range : admin.ranges(true)) {
            admin.transferLease(range.range(), 2);
        }
        assertThat(admin.drain(2).leasesLeft()).isZero();
        bank.awaitTransfers(5);
        assertThat(node(2).leaseholders()).isZero();
        assertThat(admin.ranges(true))
                .allSatisfy(range -> assertThat(range.replicas()).contains(2));
        // Its vote counts: without it there would be no quorum now.
        cluster.kill(3);
        bank.awaitTransfers(5);
        cluster.start(3);
        cluster.awaitReady(3);
    }

    /** B85: a node that is lost with its disk is replaced by another one under load, and its id is not used again. */
    @Test
    @Order(3)
    void aNodeLostWithItsDiskIsReplacedUnderLoad() throws IOException {
        cluster.lose(3);
        start(4);
        await("node 3 to be seen as dead", () -> !node(3).live());
        List<Integer> progress = new ArrayList<>();
        int moved = admin.decommission(3, progress::add).replicasMoved();
        System.out.println("moved " + moved + ", left " + progress);
        // One whose answer was lost is asked for again, and no longer counts as moved.
        assertThat(moved).isBetween(1, RANGES + 1);
        assertThat(admin.ranges(true))
                .allSatisfy(range -> assertThat(range.replicas()).containsExactlyInAnyOrder(1, 2, 4));
        assertThat(admin.nodes()).extracting(NodeStatus::node).containsExactly(1, 2, 4);
        bank.awaitTransfers(5);
        cluster.start(3);
        await("node 3 to be refused", () -> !cluster.isAlive(3));
        assertThat(java.nio.file.Files.readString(cluster.log(3))).contains("node id 3 was taken out of the cluster");
        bank.awaitTransfers(5);
    }

    @Test
    @Order(4)
    void aLiveNodeIsEmptiedAndThenOut() throws IOException {
        start(5);
        RangeStatus first = admin.ranges(false).get(0);
        admin.transferLease(first.range(), 4);
        assertThat(admin.decommission(4, left -> {}).replicasMoved()).isBetween(1, RANGES + 1);
        assertThat(admin.ranges(true))
                .allSatisfy(range -> assertThat(range.replicas()).containsExactlyInAnyOrder(1, 2, 5));
        assertThatThrownBy(() -> admin.addReplica(RangeRef.of(first.range()), 4, false))
                .isInstanceOf(InvalidRequestException.class);
        await("node 4 to hear of it", () -> !cluster.isAlive(4));
        bank.awaitTransfers(5);
    }

    @Test
    @Order(5)
    void theTotalNeverChangedAndNothingAcknowledgedIsLost() {
        bank.closeTheBooks();
    }

    private static void start(int node) throws IOException {
        cluster.start(node);
        cluster.awaitReady(node);
        await("node " + node + " to join", () -> node(node).live());
    }

    private static NodeStatus node(int id) {
        return admin.nodes().stream()
                .filter(node -> node.node() == id)
                .findFirst()
                .orElseThrow();
    }

    private static void await(String what, BooleanSupplier reached) throws IOException {
        cluster.await(what, Duration.ofSeconds(60), reached);
    }
}
