package io.flotilla.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.client.FlotillaAdmin;
import io.flotilla.client.FlotillaAdmin.RangeStatus;
import io.flotilla.client.FlotillaAdmin.ReplicaStatus;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.key.Span;
import io.flotilla.node.mvcc.MvccKeys;
import io.flotilla.node.replica.StateAudit;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.RocksEngine;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What lies in the state engine of a node that was killed. */
final class StoppedStore {
    private StoppedStore() {}

    /** What each range adds up to, by range id; all of them as they should. */
    static Map<Long, Long> checksums(Path data) {
        Map<Long, Long> sums = new TreeMap<>();
        try (RocksEngine engine = RocksEngine.openReadOnly(data.resolve("state"))) {
            for (StateAudit.Finding finding : StateAudit.of(engine)) {
                assertThat(finding.isSound()).as(finding.toString()).isTrue();
                sums.put(finding.range().id().value(), finding.counted());
            }
        }
        return sums;
    }

    /**
     * Stops all nodes in good order, so that everything is flushed, and sees to it that all their stores have the same. Before that, all users' ranges must
     * sleep: as long as intents are resolved, whoever stops first has less.
     */
    static void stopAndAssertAlike(ProcessCluster cluster, FlotillaAdmin admin, int nodes, int userRanges)
            throws IOException, InterruptedException {
        cluster.await("all ranges to sleep", Duration.ofSeconds(60), () -> {
            List<RangeStatus> ranges = admin.ranges(false);
            return ranges.size() == userRanges
                    && ranges.stream()
                            .allMatch(range -> range.replicaStatus().stream().allMatch(ReplicaStatus::asleep));
        });
        for (int node = 1; node <= nodes; node++) {
            cluster.stop(node);
        }
        Map<Long, Long> first = checksums(cluster.data(1));
        assertThat(first).hasSize(userRanges + 1);
        for (int node = 2; node <= nodes; node++) {
            assertThat(checksums(cluster.data(node))).as("node " + node).isEqualTo(first);
        }
    }

    /** How many versions, intents and records of that range's keys are there. */
    static long entries(Path data, RangeStatus range) {
        Key start = range.startKey().length == 0 ? KeySpace.USERS.start() : KeySpace.user(range.startKey());
        Key end = range.endKey().length == 0 ? Key.MAX : KeySpace.user(range.endKey());
        Span span = new Span(start, end);
        try (RocksEngine engine = RocksEngine.openReadOnly(data.resolve("state"))) {
            return count(engine, Engine.Space.DATA, MvccKeys.dataBounds(span))
                    + count(engine, Engine.Space.INTENT, MvccKeys.intentBounds(span))
                    + count(engine, Engine.Space.RECORD, MvccKeys.recordBounds(span));
        }
    }

    private static long count(Engine engine, Engine.Space space, MvccKeys.Bounds bounds) {
        long found = 0;
        try (Engine.Cursor cursor = engine.cursor(space, bounds.from(), bounds.to())) {
            for (; cursor.isValid(); cursor.next()) {
                found++;
            }
        }
        return found;
    }

    /** Whether that text stands anywhere in its log or its state. */
    static boolean mentions(Path data, String text) throws IOException {
        byte[] wanted = text.getBytes(StandardCharsets.UTF_8);
        try (Stream<Path> files = Files.walk(data)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                if (mentions(file, wanted)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean mentions(Path file, byte[] wanted) throws IOException {
        byte[] window = new byte[1 << 20];
        int kept = 0;
        try (InputStream in = Files.newInputStream(file)) {
            for (int read; (read = in.read(window, kept, window.length - kept)) > 0; ) {
                int end = kept + read;
                // ISO-8859-1 maps each byte to one character, so a search in text is a search in bytes.
                String page = new String(window, 0, end, StandardCharsets.ISO_8859_1);
                if (page.contains(new String(wanted, StandardCharsets.ISO_8859_1))) {
                    return true;
                }
                kept = Math.min(end, wanted.length - 1);
                System.arraycopy(window, end - kept, window, 0, kept);
            }
        }
        return false;
    }
}
