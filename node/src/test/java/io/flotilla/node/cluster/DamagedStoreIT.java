package io.flotilla.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.client.FlotillaAdmin;
import io.flotilla.client.FlotillaAdmin.RangeStatus;
import io.flotilla.client.FlotillaAdmin.ReplicaKind;
import io.flotilla.client.FlotillaAdmin.ReplicaStatus;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * Goal: a store with a damaged file does not start, says what is damaged and what to do, and comes back whole by one command, ranges included that its
 * own state never knew of; nothing that was acknowledged is lost. Method: real processes under the bank load; bits are flipped in files of a killed one.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class DamagedStoreIT {
    private static final int NODES = 3;
    private static final int RANGES = 4;
    private static final int EXIT_DAMAGED = 65;
    private static final Duration REBUILT_MAX = Duration.ofSeconds(90);

    @TempDir
    static Path directory;

    private static ProcessCluster cluster;
    private static FlotillaAdmin admin;
    private static BackgroundBank bank;

    @BeforeAll
    static void found() throws IOException {
        // So seldom flushed that a split is known to the log alone. Falling asleep flushes nothing; it is waited for at
        // the end.
        cluster = ProcessCluster.founded(directory, NODES, "state.flush-interval = 600 s, idle.passivate-after = 3 s");
        admin = cluster.admin();
        bank = BackgroundBank.open(cluster, RANGES, 2);
        bank.awaitTransfers(5);
    }

    @AfterAll
    static void stop() throws Exception {
        ProcessCluster.closeAll(bank, admin, cluster);
    }

    @Test
    @Order(1)
    void damageInTheMiddleOfTheLogIsRefusedAndMadeGood() throws Exception {
        cluster.kill(3);
        Path file = newestWithAccounts();
        flipInRecord(file);
        assertRefused(3, file.getFileName().toString());
        rebuild(3);
    }

    @Test
    @Order(2)
    void damageInTheStateIsRefusedAndMadeGood() throws Exception {
        cluster.stop(3); // flushed
        // All of them: some may be on their way out.
        for (Path table : files("state", ".sst")) {
            flip(table, Files.size(table) / 3);
            flip(table, Files.size(table) - 30);
        }
        assertRefused(3, ".sst");
        rebuild(3);
    }

    @Test
    @Order(3)
    void theBooksAreRightAndAllStoresAreTheSame() throws Exception {
        bank.closeTheBooks();
        StoppedStore.stopAndAssertAlike(cluster, admin, NODES, RANGES);
    }

    /** It ends by itself, and says so in a way that a script and an operator understand. */
    private static void assertRefused(int node, String file) throws Exception {
        long before = Files.size(cluster.log(node));
        cluster.start(node);
        assertThat(cluster.awaitEnd(node)).as("exit code").isEqualTo(EXIT_DAMAGED);
        String said = Files.readString(cluster.log(node)).substring((int) before);
        assertThat(said)
                .contains("is damaged")
                .contains(file)
                .contains("debug rebuild")
                .contains("replicas of this store");
        bank.awaitTransfers(5);
    }

    private static void rebuild(int node) throws Exception {
        Process command = new ProcessBuilder(
                        "../bin/flotilla",
                        "debug",
                        "rebuild",
                        cluster.data(node).toString())
                .inheritIO()
                .start();
        assertThat(command.waitFor()).isZero();
        List<RangeStatus> before = admin.ranges(true);
        cluster.start(node);
        cluster.awaitReady(node);
        for (RangeStatus range : before) {
            int old = replica(range, node).replicaId();
            cluster.await("a new replica of range " + range.range(), REBUILT_MAX, () -> {
                RangeStatus now = admin.ranges(true).stream()
                        .filter(each -> each.range() == range.range())
                        .findFirst()
                        .orElseThrow();
                ReplicaStatus replica = replica(now, node);
                return replica.replicaId() > old && replica.kind() == ReplicaKind.VOTER;
            });
        }
        cluster.await(
                "the alarms to end",
                REBUILT_MAX,
                () -> admin.nodes().stream()
                        .allMatch(each -> each.serving().orElseThrow().alarms().isEmpty()));
        bank.awaitTransfers(5);
    }

    private static ReplicaStatus replica(RangeStatus range, int node) {
        return range.replicaStatus().stream()
                .filter(replica -> replica.node() == node)
                .findFirst()
                .orElseThrow();
    }

    /** The newest file may be one that was only allocated ahead. */
    private static Path newestWithAccounts() throws IOException {
        List<Path> newestFirst = new ArrayList<>(files("log", ".cq4"));
        newestFirst.sort(Comparator.comparingLong((Path file) -> file.toFile().lastModified())
                .reversed());
        for (Path file : newestFirst) {
            if (text(file).contains("bank/")) {
                return file;
            }
        }
        throw new AssertionError("no accounts in " + newestFirst);
    }

    private static String text(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    }

    private static List<Path> files(String folder, String ending) throws IOException {
        try (Stream<Path> files = Files.list(cluster.data(3).resolve(folder))) {
            return files.filter(file -> file.toString().endsWith(ending)).toList();
        }
    }

    /** In a value that was written early on, so that many whole records follow. */
    private static void flipInRecord(Path file) throws IOException {
        int at = text(file).indexOf("bank/");
        assertThat(at).isPositive();
        flip(file, at);
    }

    private static void flip(Path file, long at) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            channel.read(one, at);
            one.put(0, (byte) (one.get(0) ^ 0x10)).rewind();
            channel.write(one, at);
        }
    }
}
