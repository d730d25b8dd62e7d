package io.flotilla.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.client.FlotillaClient;
import io.flotilla.config.key.KeySpace;
import io.flotilla.node.mvcc.MvccKeys;
import io.flotilla.node.storage.Engine.Cursor;
import io.flotilla.node.storage.Engine.Space;
import io.flotilla.node.storage.RocksEngine;
import io.flotilla.node.storage.StorageException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is overwritten goes from the disks of all replicas, by itself, and the values that are left are the right ones. */
class SweepIT {
    private static final int NODES = 3;
    private static final int KEYS = 50;
    private static final int ROUNDS = 10;
    private static final Duration MOST = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private ProcessCluster cluster;

    /** Longer than a range stays awake: it sleeps when it is due. */
    @BeforeEach
    void keepOverwrittenVersionsForSeconds() throws IOException {
        cluster = ProcessCluster.founded(
                directory,
                NODES,
                "versions { retention = 3 s, any-retention = true }\nidle.passivate-after = 500 ms\nstate.flush-interval = 1 s\n");
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    @Test
    void whatIsOverwrittenOrDeletedIsSweptFromEveryStore() throws IOException {
        try (FlotillaClient client = cluster.client()) {
            for (int round = 1; round <= ROUNDS; round++) {
                for (int i = 0; i < KEYS; i++) {
                    client.put(key(i), key(i) + "@" + round);
                }
            }
            client.delete(key(0));
            for (int node = 1; node <= NODES; node++) {
                Path state = cluster.data(node).resolve("state");
                cluster.await("one version of each key on node " + node, MOST, () -> versions(state) == KEYS - 1);
            }
            assertThat(client.get(key(0))).isEmpty();
            for (int i = 1; i < KEYS; i++) {
                assertThat(client.getText(key(i))).contains(key(i) + "@" + ROUNDS);
            }
        }
    }

    private static String key(int i) {
        return String.format("sweep/%03d", i);
    }

    /** What is flushed, looked at from beside the running server; -1 if its files changed meanwhile. */
    private static int versions(Path state) {
        MvccKeys.Bounds users = MvccKeys.dataBounds(KeySpace.USERS);
        try (RocksEngine engine = RocksEngine.openReadOnly(state);
                Cursor cursor = engine.cursor(Space.DATA, users.from(), users.to())) {
            int count = 0;
            for (; cursor.isValid(); cursor.next()) {
                count++;
            }
            return count;
        } catch (StorageException changing) {
            return -1;
        }
    }
}
