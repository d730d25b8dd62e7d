package io.flotilla.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.client.FlotillaAdmin;
import io.flotilla.client.FlotillaAdmin.RangeRef;
import io.flotilla.client.FlotillaAdmin.RangeStatus;
import io.flotilla.client.FlotillaAdmin.ReplicaKind;
import io.flotilla.client.FlotillaAdmin.ReplicaStatus;
import io.flotilla.client.FlotillaClient;
import io.flotilla.client.InvalidRequestException;
import io.flotilla.client.TxnOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** Replicas come, move and go on four real nodes while money is transferred across the ranges: as one story. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ReplicaChangeIT {
    private static final int NODES = 4;
    private static final int RANGES = 4;
    private static final int CLIENTS = 2;
    private static final int KILLS_MAX = 3;

    @TempDir
    static Path directory;

    private static ProcessCluster cluster;
    private static FlotillaAdmin admin;
    private static BackgroundBank bank;

    @BeforeAll
    static void found() throws IOException {
        cluster = ProcessCluster.founded(directory, NODES, 3, "state.flush-interval = 1 s");
        admin = cluster.admin();
        bank = BackgroundBank.open(cluster, RANGES, CLIENTS);
    }

    @AfterAll
    static void stop() throws Exception {
        ProcessCluster.closeAll(bank, admin, cluster);
    }

    @Test
    @Order(1)
    void aReplicaIsAddedToAFourthNode() throws IOException {
        bank.awaitTransfers(5);
        for (RangeStatus range : admin.ranges(false)) {
            FlotillaAdmin.ReplicaChangeResult result = admin.addReplica(RangeRef.of(range.range()), 4, false);
            assertThat(result.replicas()).extracting(ReplicaStatus::node).containsExactlyInAnyOrder(1, 2, 3, 4);
            assertThat(result.replicas()).extracting(ReplicaStatus::kind).containsOnly(ReplicaKind.VOTER);
        }
        bank.awaitTransfers(5);
    }

    @Test
    @Order(2)
    void theNewReplicaLeadsAndServes() throws IOException {
        for (RangeStatus range : admin.ranges(false)) {
            assertThat(admin.transferLease(range.range(), 4).toNode()).isEqualTo(4);
        }
        bank.awaitTransfers(5);
    }

    /** The leaseholders among them: each hands over before it leaves. */
    @Test
    @Order(3)
    void replicasAreRemovedWithTheLeaseholderAmongThem() throws IOException {
        for (RangeStatus range : admin.ranges(false)) {
            FlotillaAdmin.ReplicaChangeResult result = admin.removeReplica(RangeRef.of(range.range()), 4);
            assertThat(result.replicas()).extracting(ReplicaStatus::node).containsExactlyInAnyOrder(1, 2, 3);
        }
        bank.awaitTransfers(5);
        await("node 4 to destroy its replicas", () -> replicasOn(4) == 0);
    }

    @Test
    @Order(4)
    void aReplicaMovesWhileATransactionSpansItsRange() throws IOException {
        RangeStatus moving = admin.ranges(false).get(RANGES - 1);
        String here = "here";
        try (FlotillaClient client = cluster.client()) {
            // On both sides of the bank's keys.
            String left = "a";
            String right = "z";
            int attempts = client.transact(TxnOptions.named("spans a move"), tx -> {
                        tx.getText(left);
                        tx.getText(right);
                        tx.put(left, here);
                        int from = moving.leaseholder() == 0 ? 1 : moving.leaseholder();
                        admin.moveReplica(RangeRef.of(moving.range()), from, 4);
                        tx.put(right, here);
                        return true;
                    })
                    .attempts();
            assertThat(attempts).isEqualTo(1);
            assertThat(client.getText(left)).contains(here);
            assertThat(client.getText(right)).contains(here);
        }
        bank.awaitTransfers(5);
    }

    /** The node learns of it only when it is back, from those that applied the change: until then it keeps everything. */
    @Test
    @Order(5)
    void aReplicaThatWasRemovedWhileItsNodeWasDownIsDestroyedWhenItsNodeHearsOfIt() throws IOException {
        RangeStatus range = with(4);
        await("a flush", () -> StoppedStore.entries(cluster.data(4), range) > 0);
        cluster.kill(4);
        admin.removeReplica(RangeRef.of(range.range()), 4);
        assertThat(StoppedStore.entries(cluster.data(4), range)).isPositive();
        cluster.start(4);
        cluster.awaitReady(4);
        await("node 4 to hear that it was removed", () -> replicasOn(4) == 0);
        bank.awaitTransfers(5);
        await(
                "the destruction to be flushed",
                () -> admin.ranges(false).stream().allMatch(each -> StoppedStore.entries(cluster.data(4), each) == 0));
        cluster.kill(4);
        for (RangeStatus each : admin.ranges(false)) {
            assertThat(StoppedStore.entries(cluster.data(4), each))
                    .as("entries of range " + each.range() + " on node 4")
                    .isZero();
        }
        cluster.start(4);
        cluster.awaitReady(4);
        await("node 4 to be in reach", () -> replicasOn(4) == 0);
        // It left two: that is what the next one starts from.
        assertThat(admin.addReplica(RangeRef.of(range.range()), 4, false).replicas())
                .hasSize(3);
    }

    /**
     * All nodes at once, so that nobody is left who knows what was going on: only the joint descriptor tells. Whether a kill strikes between joint and not
     * joint is chance, so a few are tried; that one found at a restart is left first is ReplicaChangeMachineTest's to show.
     */
    @Test
    @Order(6)
    void aChangeOfVotersInWhoseMiddleAllNodesAreKilledIsNotLeftHalfDone() throws IOException {
        boolean struck = false;
        for (int kill = 0; kill < KILLS_MAX && !struck; kill++) {
            struck = killedInTheMiddleOfAMove();
            bank.awaitTransfers(5);
            await(
                    "the change to be finished",
                    () -> admin.ranges(false).stream().noneMatch(ReplicaChangeIT::isJoint));
        }
    }

    /** Whether the change was found half done when the nodes were back. */
    private static boolean killedInTheMiddleOfAMove() throws IOException {
        RangeStatus range = admin.ranges(false).get(2);
        int to = range.replicas().contains(4) ? missing(range) : 4;
        int from = range.leaseholder();
        CompletableFuture<Void> move = CompletableFuture.runAsync(() -> {
            try (FlotillaAdmin mover = cluster.admin()) {
                mover.moveReplica(RangeRef.of(range.range()), from, to);
            }
        });
        boolean joint = false;
        while (!move.isDone() && !joint) {
            joint = isJoint(byId(range.range()));
        }
        cluster.killAll();
        cluster.startAll();
        boolean found = isJoint(byId(range.range()));
        System.out.println("killed while joint: " + joint + ", found joint: " + found);
        move.handle((done, failure) -> failure).join();
        return found;
    }

    @Test
    @Order(7)
    void whatCannotBeIsRefused() {
        RangeStatus range = admin.ranges(false).get(0);
        assertThatThrownBy(() -> admin.addReplica(RangeRef.of(range.range()), 9, false))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("there is no node 9");
        assertThatThrownBy(() -> admin.moveReplica(RangeRef.of(range.range()), missing(range), 9))
                .isInstanceOf(InvalidRequestException.class);
    }

    @Test
    @Order(8)
    void theTotalNeverChangedAndNothingAcknowledgedIsLost() throws IOException {
        bank.awaitTransfers(5);
        bank.closeTheBooks();
    }

    private static boolean isJoint(RangeStatus range) {
        return range.replicaStatus().stream()
                .anyMatch(replica -> replica.kind() == ReplicaKind.INCOMING || replica.kind() == ReplicaKind.OUTGOING);
    }

    private static int missing(RangeStatus range) {
        for (int node = 1; node <= NODES; node++) {
            if (!range.replicas().contains(node)) {
                return node;
            }
        }
        throw new AssertionError("a replica on every node: " + range);
    }

    private static RangeStatus byId(long id) {
        return find(range -> range.range() == id);
    }

    private static RangeStatus with(int node) {
        return find(range -> range.replicas().contains(node));
    }

    private static RangeStatus find(Predicate<RangeStatus> wanted) {
        return admin.ranges(false).stream().filter(wanted).findFirst().orElseThrow();
    }

    private static int replicasOn(int node) {
        return admin.nodes().stream()
                .filter(status -> status.node() == node && status.live())
                .mapToInt(FlotillaAdmin.NodeStatus::replicas)
                .findFirst()
                .orElse(-1);
    }

    private static void await(String what, BooleanSupplier reached) throws IOException {
        cluster.await(what, Duration.ofSeconds(60), reached);
    }
}
