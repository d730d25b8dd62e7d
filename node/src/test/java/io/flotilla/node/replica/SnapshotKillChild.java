package io.flotilla.node.replica;

import io.flotilla.node.disk.RealDisk;
import io.flotilla.node.log.MemoryLog;
import io.flotilla.node.snapshot.SnapshotFiles;
import io.flotilla.node.snapshot.SnapshotInbox;
import io.flotilla.node.snapshot.SnapshotStep;
import io.flotilla.node.snapshot.StagedSnapshot;
import io.flotilla.node.storage.RocksEngine;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A process that takes a snapshot in and dies on the spot after the nth time of a step: directory, step, n. */
final class SnapshotKillChild {
    static final int KILLED = 137;

    private SnapshotKillChild() {}

    public static void main(String[] args) throws Exception {
        Path directory = Path.of(args[0]);
        SnapshotStep fatal = SnapshotStep.valueOf(args[1]);
        int[] left = {Integer.parseInt(args[2])};
        SnapshotStep.Watch watch = done -> {
            if (done == fatal && --left[0] == 0) {
                Runtime.getRuntime().halt(KILLED);
            }
        };
        SnapshotFiles files = new SnapshotFiles(new RealDisk(), directory.resolve("snapshots"), watch);
        try (RocksEngine engine = new RocksEngine(directory.resolve("state"))) {
            SnapshotSample.OLD.fill(engine);
            engine.flush();
            List<StagedSnapshot> arrived = new ArrayList<>();
            SnapshotInbox inbox =
                    new SnapshotInbox(files, 1, SnapshotSample.hostOf(arrived::add), SnapshotSample::noFailure);
            SnapshotSample.NEW.chunks().forEach(chunk -> inbox.receive(chunk, 1));
            new SnapshotInstall(engine, new MemoryLog(), watch).install(arrived.get(0));
            inbox.settled(arrived.get(0));
        }
    }
}
