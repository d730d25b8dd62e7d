package io.flotilla.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.client.FlotillaAdmin;
import io.flotilla.client.FlotillaAdmin.RangeRef;
import io.flotilla.client.FlotillaAdmin.RangeState;
import io.flotilla.client.FlotillaAdmin.RangeStatus;
import io.flotilla.client.FlotillaClient;
import io.flotilla.client.InvalidRequestException;
import io.flotilla.client.RecoveryReport;
import io.flotilla.client.RecoveryReport.RangeLoss;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** Two of three nodes are lost for good: the third goes on alone, and new nodes take the place of the lost ones. As one story. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class RecoverIT {
    private static final int KEYS = 60;
    private static final List<Integer> LOST = List.of(2, 3);

    @TempDir
    static Path directory;

    private static ProcessCluster cluster;
    private static FlotillaAdmin admin;
    private static FlotillaClient client;

    @BeforeAll
    static void found() throws IOException {
        cluster = new ProcessCluster(directory, 5, "");
        cluster.startFirst(3);
        admin = cluster.admin();
        client = cluster.client();
        admin.init(3, 3);
        for (int i = 0; i < KEYS; i++) {
            client.put("kept/" + i, "before");
        }
        admin.split(bytes("kept/3"));
        admin.split(bytes("kept/5"));
        awaitListed(4);
    }

    private static void awaitListed(int ranges) throws IOException {
        await(ranges + " ranges to be listed and served", () -> {
            List<RangeStatus> listed = admin.ranges(true);
            return listed.size() == ranges && listed.stream().allMatch(range -> range.state() == RangeState.OK);
        });
    }

    @AfterAll
    static void stop() throws Exception {
        ProcessCluster.closeAll(client, admin, cluster);
    }

    @Test
    @Order(1)
    void aNodeThatAnswersIsNotLost() {
        assertThatThrownBy(() -> admin.recover(LOST, true))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("it is not lost");
        assertThatThrownBy(() -> admin.recover(List.of(9), true))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("there is no node 9");
    }

    @Test
    @Order(2)
    void aDryRunTellsWhatWouldBeDoneAndDoesNothing() throws IOException {
        // Whatever the survivor leads, it has.
        for (RangeStatus range : admin.ranges(true)) {
            admin.transferLease(range.range(), 1);
        }
        for (int i = 0; i < KEYS; i++) {
            client.put("kept/" + i, "acknowledged");
        }
        cluster.lose(2);
        cluster.kill(3);
        RecoveryReport report = dryRun();
        System.out.println(report);
        assertThat(report.problems()).isEmpty();
        assertThat(report.unrecoverable()).isEmpty();
        assertThat(report.untouched()).isZero();
        assertThat(report.ranges()).hasSize(4).allSatisfy(range -> {
            assertThat(range.source()).isEqualTo(1);
            assertThat(range.nodes()).containsExactly(1);
            assertThat(range.knownLost()).isZero();
        });
        assertThat(report.ranges().get(0).system()).isTrue();
        assertThat(report.ranges())
                .filteredOn(range -> !range.system())
                .allSatisfy(range -> assertThat(range.newestWrite()).isPresent());
        assertThat(report.ranges())
                .extracting(RangeLoss::lastIndex)
                .allSatisfy(last -> assertThat(last).isPositive());
        assertThat(dryRun().ranges()).hasSize(4);
    }

    @Test
    @Order(3)
    void whatTheSurvivorHasIsServedAgain() throws IOException {
        RecoveryReport report = admin.recover(LOST, false);
        System.out.println(report);
        assertThat(report.ranges()).hasSize(4);
        assertThat(report.problems()).isEmpty();
        for (int i = 0; i < KEYS; i++) {
            assertThat(client.getText("kept/" + i)).contains("acknowledged");
        }
        client.put("new", "written by one");
        assertThat(client.getText("new")).contains("written by one");
        assertThat(admin.split(bytes("kept/1")).alreadySplit()).isFalse();
        awaitListed(5);
    }

    @Test
    @Order(4)
    void thereIsNoHoleInTheKeySpace() {
        byte[] reached = new byte[0];
        List<RangeStatus> ranges = admin.ranges(true);
        assertThat(ranges.get(0).system()).isTrue();
        assertThat(ranges.get(0).end()).isEqualTo("/users");
        for (RangeStatus range : ranges.subList(1, ranges.size())) {
            assertThat(range.startKey()).isEqualTo(reached);
            assertThat(range.replicas()).containsExactly(1);
            assertThat(range.state()).isEqualTo(RangeState.OK);
            reached = range.endKey();
        }
        assertThat(reached).isEmpty();
    }

    @Test
    @Order(5)
    void toRecoverAgainChangesNothing() {
        RecoveryReport again = admin.recover(LOST, false);
        assertThat(again.ranges()).isEmpty();
        assertThat(again.untouched()).isEqualTo(5);
    }

    /** One comes with its old disk, and takes itself for a replica of everything; the other with an empty one. */
    @Test
    @Order(6)
    void aLostNodeThatComesBackIsTurnedAway() throws IOException {
        cluster.start(3);
        await("node 3 to stop", () -> !cluster.isAlive(3));
        cluster.start(2);
        await("node 2 to stop", () -> !cluster.isAlive(2));
        assertThat(cluster.logs()).contains("was taken out of the cluster");
        assertThat(client.getText("new")).contains("written by one");
        client.put("new", "still written by one");
    }

    @Test
    @Order(7)
    void newNodesTakeThePlaceOfTheLostOnes() throws IOException {
        for (int node = 4; node <= 5; node++) {
            cluster.start(node);
        }
        for (int node = 4; node <= 5; node++) {
            cluster.awaitReady(node);
        }
        await(
                "nodes 4 and 5 to join",
                () -> admin.nodes().stream()
                                .filter(FlotillaAdmin.NodeStatus::live)
                                .count()
                        == 3);
        for (RangeStatus range : admin.ranges(true)) {
            admin.addReplica(RangeRef.of(range.range()), 4, false);
            admin.addReplica(RangeRef.of(range.range()), 5, false);
        }
        cluster.kill(1);
        for (int i = 0; i < KEYS; i++) {
            assertThat(client.getText("kept/" + i)).contains("acknowledged");
        }
        assertThat(client.getText("new")).contains("still written by one");
        client.put("new", "written without the survivor");
    }

    /** That the others are lost is seen after some seconds. */
    private static RecoveryReport dryRun() throws IOException {
        RecoveryReport[] report = new RecoveryReport[1];
        await("nodes 2 and 3 to be seen as lost", () -> {
            report[0] = admin.recover(LOST, true);
            return true;
        });
        return report[0];
    }

    private static void await(String what, BooleanSupplier reached) throws IOException {
        cluster.await(what, Duration.ofSeconds(60), reached);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
