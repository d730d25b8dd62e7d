package io.flotilla.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.client.ErrorCode;
import io.flotilla.client.FlotillaAdmin;
import io.flotilla.client.FlotillaAdmin.RangeState;
import io.flotilla.client.FlotillaAdmin.RangeStatus;
import io.flotilla.client.FlotillaClient;
import io.flotilla.client.FlotillaException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two of three real processes are killed: who is left says so, soon and then at once, and serves again when one is back. */
class QuorumLossIT {
    /** Detection, the old leader's time to step down, and the time in which elections may fail; with room for a busy machine. */
    private static final Duration KNOWN_AFTER_MAX = Duration.ofSeconds(30);

    private static final Duration BACK_AFTER_MAX = Duration.ofSeconds(60);
    private static final int ASKED = 21;

    /** In the median; a few on a machine that is idle. Who waited for a quorum would take as long as its deadline, which is twenty times this. */
    private static final double ANSWER_MILLIS_MAX = 1_000;

    @TempDir
    static Path directory;

    @Test
    void whoIsLeftSaysNoQuorumAtOnceAndServesAgainWithOneOfThemBack() throws Exception {
        try (ProcessCluster cluster = ProcessCluster.founded(directory, 3, "")) {
            try (FlotillaClient client = cluster.client()) {
                client.put("before", "the loss");
            }
            cluster.kill(1);
            cluster.kill(2);
            try (FlotillaClient left = hasty(cluster, Duration.ofSeconds(20));
                    FlotillaClient brief = hasty(cluster, Duration.ofSeconds(1));
                    FlotillaClient patient = FlotillaClient.builder()
                            .endpoints(cluster.endpoint(3))
                            .defaultDeadline(Duration.ofSeconds(2))
                            .build();
                    FlotillaAdmin admin = FlotillaAdmin.connect(cluster.endpoint(3), Duration.ofSeconds(10))) {
                awaitNoQuorum(brief);
                List<Double> millis = new ArrayList<>();
                for (int i = 0; i < ASKED; i++) {
                    long before = System.nanoTime();
                    assertThat(codeOf(() -> left.put("during", "the loss"))).isEqualTo(ErrorCode.NO_QUORUM);
                    assertThat(codeOf(() -> left.getText("before"))).isEqualTo(ErrorCode.NO_QUORUM);
                    millis.add((System.nanoTime() - before) / 2e6);
                }
                Collections.sort(millis);
                // Who waits for a quorum waits no longer than it may.
                long asked = System.nanoTime();
                assertThat(codeOf(() -> patient.put("during", "the loss"))).isNotNull();
                assertThat(Duration.ofNanos(System.nanoTime() - asked)).isLessThan(Duration.ofSeconds(10));
                assertThat(millis.get(ASKED / 2)).isLessThan(ANSWER_MILLIS_MAX);
                assertThat(admin.ranges(true)).isNotEmpty().allMatch(range -> range.state() == RangeState.NO_QUORUM);
                assertThat(admin.status().serving()).isFalse();
                theCommandLineSaysSoToo(cluster);

                cluster.start(1);
                cluster.awaitReady(1);
                awaitServed(left);
                assertThat(left.getText("before")).contains("the loss");
                awaitLed(admin);
            }
        }
    }

    private static FlotillaClient hasty(ProcessCluster cluster, Duration deadline) {
        return FlotillaClient.builder()
                .endpoints(cluster.endpoint(3))
                .defaultDeadline(deadline)
                .waitForQuorum(false)
                .build();
    }

    private static void awaitNoQuorum(FlotillaClient client) {
        long began = System.nanoTime();
        ErrorCode code = null;
        // The first ones may be in a log when the others die: of those nobody can know, so they take as long as they
        // may.
        while (code != ErrorCode.NO_QUORUM) {
            code = codeOf(() -> client.put("during", "the loss"));
            assertThat(Duration.ofNanos(System.nanoTime() - began))
                    .as("last told: %s", code)
                    .isLessThan(KNOWN_AFTER_MAX);
        }
    }

    private static void awaitServed(FlotillaClient client) {
        long began = System.nanoTime();
        ErrorCode code = codeOf(() -> client.put("after", "the loss"));
        while (code != null) {
            assertThat(Duration.ofNanos(System.nanoTime() - began))
                    .as("last told: %s", code)
                    .isLessThan(BACK_AFTER_MAX);
            LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
            code = codeOf(() -> client.put("after", "the loss"));
        }
    }

    /** Each range elects for itself: that one is served says nothing about the others. */
    private static void awaitLed(FlotillaAdmin admin) {
        long began = System.nanoTime();
        List<RangeState> states = states(admin);
        while (states.contains(RangeState.NO_QUORUM) || states.contains(RangeState.NO_LEASEHOLDER)) {
            assertThat(Duration.ofNanos(System.nanoTime() - began))
                    .as("the ranges are %s", states)
                    .isLessThan(BACK_AFTER_MAX);
            LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
            states = states(admin);
        }
    }

    private static List<RangeState> states(FlotillaAdmin admin) {
        return admin.ranges(true).stream().map(RangeStatus::state).toList();
    }

    /** Null if it was done. */
    private static ErrorCode codeOf(Runnable what) {
        try {
            what.run();
            return null;
        } catch (FlotillaException refused) {
            return refused.code();
        }
    }

    private static void theCommandLineSaysSoToo(ProcessCluster cluster) throws IOException, InterruptedException {
        ProcessBuilder put = new ProcessBuilder(
                        "../bin/flotilla", "kv", "put", "during", "loss", "--endpoints", cluster.endpoint(3))
                .redirectErrorStream(true);
        put.environment().put("FLOTILLA_NO_BUILD", "1");
        Process process = put.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isEqualTo(4);
        assertThat(said.lines().map(line -> line.replaceAll(":.*", "")))
                .containsExactly("error", "why", "state", "try");
        assertThat(said).contains("NO_QUORUM");
    }
}
