package io.flotilla.node.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.id.NodeId;
import io.flotilla.node.disk.RealDisk;
import io.flotilla.node.log.MemoryLog;
import io.flotilla.node.snapshot.SnapshotFiles;
import io.flotilla.node.snapshot.SnapshotStep;
import io.flotilla.node.storage.RocksEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Goal: a process that dies in the middle of a snapshot comes back with the old state or the new. Method: a child with a real engine halts at a step. */
class SnapshotKillTest {
    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource({"CHUNK_WRITTEN,2", "COMPLETE,1", "MARKED,1", "CHUNK_INSTALLED,3", "INSTALLED,1", "FLUSHED,1"})
    void aProcessKilledInTheMiddleComesBackWithTheOldStateOrTheNewOne(SnapshotStep step, int nth) throws Exception {
        Path errors = directory.resolve("errors");
        Process child = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        SnapshotKillChild.class.getName(),
                        directory.toString(),
                        step.name(),
                        Integer.toString(nth)))
                .redirectErrorStream(true)
                .redirectOutput(errors.toFile())
                .start();
        assertThat(child.waitFor()).as(Files.readString(errors)).isEqualTo(SnapshotKillChild.KILLED);

        Path files = directory.resolve("snapshots");
        try (RocksEngine engine = new RocksEngine(directory.resolve("state"))) {
            SnapshotInstall.recover(
                    engine,
                    new MemoryLog(),
                    new SnapshotFiles(new RealDisk(), files),
                    new LostReplicas(engine, new NodeId(2)));
            assertThat(SnapshotSample.stateOf(engine))
                    .isIn("old", step == SnapshotStep.CHUNK_WRITTEN || step == SnapshotStep.COMPLETE ? "old" : "new");
            if (step == SnapshotStep.FLUSHED) {
                assertThat(SnapshotSample.stateOf(engine)).isEqualTo("new");
            }
        }
        assertThat(left(files)).isEmpty();
    }

    private static List<Path> left(Path files) throws IOException {
        try (Stream<Path> found = Files.list(files)) {
            return found.toList();
        }
    }
}
