package io.flotilla.client.cli.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.client.cli.CliFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real processes, but of a script that only says that it is ready. */
class LocalClusterTest {
    private static final List<Ports.Pair> PORTS = List.of(new Ports.Pair(1, 2), new Ports.Pair(3, 4));

    @TempDir
    private Path directory;

    private ServerCommand script(String body) throws IOException {
        Path script = directory.resolve("launcher");
        Files.writeString(script, "#!/bin/sh\n" + body + "\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        return new ServerCommand(script);
    }

    private LocalCluster cluster(String body) throws IOException {
        return new LocalCluster(LocalCluster.specs(directory, PORTS), script(body), () -> {});
    }

    private static final String SERVER = "echo \"args: $*\"; echo \"flotilla node $3 ready grpc=x\"; exec sleep 60";

    @Test
    void serversAreReadyWhenTheySaySoAndGoneWhenTheClusterIsClosed() throws Exception {
        List<Long> pids;
        AtomicInteger after = new AtomicInteger();
        try (LocalCluster cluster =
                new LocalCluster(LocalCluster.specs(directory, PORTS), script(SERVER), after::incrementAndGet)) {
            cluster.start();
            pids = cluster.pids();
            assertThat(pids).allMatch(LocalClusterTest::lives);
            assertThat(Files.readString(directory.resolve("node2/log")))
                    .contains("args: start --node-id 2 --listen 127.0.0.1:4")
                    .contains("--join 127.0.0.1:2,127.0.0.1:4");
        }
        assertThat(pids).noneMatch(LocalClusterTest::lives);
        assertThat(after).hasValue(1);
    }

    @Test
    void aKilledServerStartsAgainOnItsOwnDirectory() throws Exception {
        try (LocalCluster cluster = cluster(SERVER)) {
            cluster.start();
            long before = cluster.server(1).pid();
            cluster.kill(1);
            assertThat(lives(before)).isFalse();
            assertThat(cluster.server(2).isAlive()).isTrue();

            cluster.restart(1);
            cluster.server(1).awaitReady(10_000);

            assertThat(cluster.server(1).pid()).isNotEqualTo(before);
            assertThat(Files.readAllLines(directory.resolve("node1/log")))
                    .filteredOn(l -> l.contains("ready"))
                    .hasSize(2);
        }
    }

    @Test
    void aServerThatEndsAtOnceIsReportedWithItsLastWords() throws Exception {
        try (LocalCluster cluster = cluster("echo 'the disk is full'; exit 3")) {
            assertThatThrownBy(cluster::start).isInstanceOfSatisfying(CliFailure.class, failure -> {
                assertThat(failure.why()).contains("the disk is full");
                assertThat(failure.remedy()).contains("node1/log");
            });
        }
    }

    @Test
    void aServerThatDoesNotEndWhenAskedIsKilled() throws Exception {
        try (LocalCluster cluster =
                cluster("trap '' TERM; echo \"flotilla node $3 ready\"; while :; do sleep 1; done")) {
            cluster.start();
            long pid = cluster.server(1).pid();
            cluster.server(1).askToStop();
            cluster.server(1).awaitStopped(System.nanoTime());
            assertThat(lives(pid)).isFalse();
            cluster.kill(2);
        }
    }

    private static boolean lives(long pid) {
        Optional<ProcessHandle> handle = ProcessHandle.of(pid);
        return handle.isPresent() && handle.get().isAlive();
    }

    @Test
    void cpuTimeIsReadPastAnyProcessName() {
        String stat = "42 (a) b (c) S 1 42 42 0 -1 4194304 100 0 0 0 150 50 0 0 20 0 1 0 5 0 0";

        assertThat(ProcessCpu.parse(stat)).isEqualTo(2.0);
        assertThat(ProcessCpu.seconds(List.of(ProcessHandle.current().pid()))).isPositive();
        assertThat(ProcessCpu.seconds(List.of(-1L))).isNaN();
        assertThat(ProcessCpu.compilerSeconds(List.of(ProcessHandle.current().pid())))
                .as("this JVM has compiled something by now, and done more than that")
                .isPositive()
                .isLessThan(ProcessCpu.seconds(List.of(ProcessHandle.current().pid())));
        assertThat(ProcessCpu.compilerSeconds(List.of(-1L))).isNaN();
    }

    @Test
    void aDirectoryIsDeletedWithAllBelowIt() throws Exception {
        Path root = Files.createDirectories(directory.resolve("x/y"));
        Files.writeString(root.resolve("z"), "z");

        Directories.delete(directory.resolve("x"));

        assertThat(directory.resolve("x")).doesNotExist();
        Directories.delete(directory.resolve("x"));
    }
}
