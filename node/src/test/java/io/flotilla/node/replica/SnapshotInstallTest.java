package io.flotilla.node.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.config.id.NodeId;
import io.flotilla.node.disk.RealDisk;
import io.flotilla.node.log.MemoryLog;
import io.flotilla.node.raft.HardState;
import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.Ready;
import io.flotilla.node.snapshot.SnapshotFiles;
import io.flotilla.node.snapshot.SnapshotInbox;
import io.flotilla.node.snapshot.SnapshotStep;
import io.flotilla.node.snapshot.StagedSnapshot;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.MemoryEngine;
import io.flotilla.node.storage.StorageException;
import io.flotilla.range.routing.RangeDescriptor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A snapshot takes the place of a range's state as a whole or not at all, wherever a crash comes (B29, B30). */
class SnapshotInstallTest {
    /** The world stops. */
    private static final class Crash extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    @TempDir
    Path directory;

    private MemoryEngine engine = new MemoryEngine();
    private MemoryLog log = new MemoryLog();

    @Test
    void theNewStateReplacesAllOfTheOld() {
        SnapshotSample.OLD.fill(engine);
        StagedSnapshot staged = receive(SnapshotStep.Watch.NONE);
        new SnapshotInstall(engine, new MemoryLog(), SnapshotStep.Watch.NONE).install(staged);
        assertThat(SnapshotSample.stateOf(engine)).isEqualTo("new");
        assertThat(SnapshotSample.stateOf(engine.crash())).as("durable").isEqualTo("new");
        assertThat(LocalState.installing(engine)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(SnapshotStep.class)
    void afterACrashAtAnyStepTheStateIsTheOldOrTheNewOneAndNothingIsLeftOver(SnapshotStep step) throws IOException {
        for (int nth = 1; nth <= 3; nth++) {
            engine = new MemoryEngine();
            SnapshotSample.OLD.fill(engine);
            engine.flush();
            boolean crashed = runUntil(step, nth);
            boolean several = step == SnapshotStep.CHUNK_WRITTEN || step == SnapshotStep.CHUNK_INSTALLED;
            assertThat(crashed).isEqualTo(several || nth == 1);
            // The engine may have written its memory to disk at any moment, or not since the last flush.
            for (boolean flushed : new boolean[] {false, true}) {
                MemoryEngine survivor = survivor(flushed);
                Path files = copyOfFiles(flushed + "" + nth);
                SnapshotInstall.recover(survivor, log, new SnapshotFiles(new RealDisk(), files), lost(survivor));
                assertThat(SnapshotSample.stateOf(survivor)).isIn("old", "new");
                if (flushed && step.ordinal() >= SnapshotStep.MARKED.ordinal()) {
                    assertThat(SnapshotSample.stateOf(survivor)).isEqualTo("new");
                }
                assertThat(LocalState.installing(survivor)).isEmpty();
                assertThat(files(files)).isEmpty();
            }
        }
    }

    /** A log with nothing in it beside a state is refused as one that was lost. */
    @ParameterizedTest
    @EnumSource(SnapshotStep.class)
    void aStoreThatDiesWhileItsFirstReplicaComesStartsAgain(SnapshotStep step) throws IOException {
        for (boolean flushed : new boolean[] {false, true}) {
            engine = new MemoryEngine();
            log = new MemoryLog();
            assertThat(runUntil(step, 1)).isTrue();
            MemoryEngine survivor = survivor(flushed);
            SnapshotInstall.recover(survivor, log, new SnapshotFiles(new RealDisk(), directory), lost(survivor));
            List<RangeDescriptor> found = LocalState.descriptors(survivor);
            LogOpening.checkLogBelongsToState(log, survivor, found);
            for (RangeDescriptor each : found) {
                assertThat(LogOpening.of(log, survivor, each).view().lastIndex())
                        .isEqualTo(SnapshotSample.NEW.index());
            }
        }
    }

    @Test
    void aCrashDuringTheSecondAttemptIsNoWorseThanDuringTheFirst() throws IOException {
        SnapshotSample.OLD.fill(engine);
        runUntil(SnapshotStep.CHUNK_INSTALLED, 1);
        engine.flush();
        for (SnapshotStep step : List.of(SnapshotStep.MARKED, SnapshotStep.CHUNK_INSTALLED, SnapshotStep.INSTALLED)) {
            MemoryEngine again = engine.crash();
            assertThatThrownBy(() -> SnapshotInstall.recover(
                            again, log, new SnapshotFiles(new RealDisk(), directory, crashAt(step, 1)), lost(again)))
                    .isInstanceOf(Crash.class);
            again.flush();
            engine = again;
        }
        MemoryEngine last = engine.crash();
        SnapshotInstall.recover(last, log, new SnapshotFiles(new RealDisk(), directory), lost(last));
        assertThat(SnapshotSample.stateOf(last)).isEqualTo("new");
    }

    /** Its log may be all right, but what its state should be only its peers know. */
    @Test
    void aReplicaWhoseHalfSnapshotLostItsFileIsMadeAnew() throws IOException {
        SnapshotSample.OLD.fill(engine);
        runUntil(SnapshotStep.MARKED, 1);
        engine.flush();
        MemoryEngine survivor = engine.crash();
        LostReplicas lost = lost(survivor);
        SnapshotInstall.recover(survivor, log, new SnapshotFiles(new RealDisk(), directory.resolve("elsewhere")), lost);
        assertThat(lost.isLost(SnapshotSample.RANGE, 2)).isTrue();
        assertThat(lost.alarms()).singleElement().asString().contains("half of the snapshot at index 900");
        LostReplicas found = lost(survivor.crash());
        found.load();
        assertThat(found.all()).as("durable").isEqualTo(lost.all());
        assertThat(LocalState.installing(survivor)).isEmpty();
    }

    @Test
    void aHalfInstalledSnapshotWhoseFileIsDamagedIsNotInstalledAgain() throws IOException {
        SnapshotSample.OLD.fill(engine);
        runUntil(SnapshotStep.CHUNK_INSTALLED, 1);
        engine.flush();
        MemoryEngine survivor = engine.crash();
        Path file = files(directory).stream()
                .filter(each -> each.toString().endsWith(".snapshot"))
                .findFirst()
                .orElseThrow();
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 3] ^= 4;
        Files.write(file, bytes);
        LostReplicas lost = lost(survivor);
        SnapshotInstall.recover(survivor, log, new SnapshotFiles(new RealDisk(), directory), lost);
        assertThat(lost.isLost(SnapshotSample.RANGE, 2)).isTrue();
        assertThat(files(directory)).isEmpty();
    }

    private static LostReplicas lost(MemoryEngine of) {
        return new LostReplicas(of, new NodeId(2));
    }

    @Test
    void aDamagedSnapshotLeavesTheOldStateUntouched() throws IOException {
        SnapshotSample.OLD.fill(engine);
        StagedSnapshot staged = receive(SnapshotStep.Watch.NONE);
        byte[] bytes = Files.readAllBytes(staged.file());
        bytes[bytes.length / 2] ^= 1;
        Files.write(staged.file(), bytes);
        assertThatThrownBy(() -> new SnapshotInstall(engine, new MemoryLog(), SnapshotStep.Watch.NONE).install(staged))
                .isInstanceOf(StorageException.class);
        assertThat(SnapshotSample.stateOf(engine)).isEqualTo("old");
    }

    /** B29: the state is new, the log still begins where it did. */
    @Test
    void aLogThatDoesNotReachTheNewStateIsResetWhenTheReplicaIsOpened() {
        SnapshotSample.OLD.fill(engine);
        MemoryLog log = new MemoryLog();
        long range = SnapshotSample.RANGE.value();
        List<LogEntry> entries = new ArrayList<>();
        for (long index = 1; index <= SnapshotSample.OLD.index(); index++) {
            entries.add(new LogEntry(index, 2, LogEntry.Kind.NORMAL, new byte[3]));
        }
        log.submit(range, new Ready.Persist(new HardState(7, 3, 4), entries, null), SnapshotSample.IGNORE);
        new SnapshotInstall(engine, new MemoryLog(), SnapshotStep.Watch.NONE).install(receive(SnapshotStep.Watch.NONE));

        MemoryEngine survivor = engine.crash();
        LogOpening opened = LogOpening.of(log, survivor, SnapshotSample.DESCRIPTOR);
        assertThat(opened.view().firstIndex()).isEqualTo(SnapshotSample.NEW.index() + 1);
        assertThat(opened.view().lastIndex()).isEqualTo(SnapshotSample.NEW.index());
        assertThat(opened.hardState().term()).as("promises are kept").isEqualTo(7);
        assertThat(opened.hardState().vote()).isEqualTo(3);
        assertThat(opened.hardState().commit()).isEqualTo(SnapshotSample.NEW.index());
    }

    /** Its store supports the leader's still, and so the leader's lease may lean on this replica: nobody else may have its vote. */
    @Test
    void aLeaderThatWasFortifiedIsSoWhenTheLogIsResetToTheNewState() {
        SnapshotSample.OLD.fill(engine);
        MemoryLog log = new MemoryLog();
        HardState fortified = new HardState(7, 1, 0, 1, 12);
        log.submit(
                SnapshotSample.RANGE.value(),
                new Ready.Persist(fortified, List.of(), new Ready.LogReset(SnapshotSample.OLD.index(), 2)),
                SnapshotSample.IGNORE);
        new SnapshotInstall(engine, log, SnapshotStep.Watch.NONE).install(receive(SnapshotStep.Watch.NONE));

        LogOpening opened = LogOpening.of(log, engine.crash(), SnapshotSample.DESCRIPTOR);
        assertThat(opened.view().lastIndex()).isEqualTo(SnapshotSample.NEW.index());
        assertThat(opened.hardState()).isEqualTo(new HardState(7, 1, SnapshotSample.NEW.index(), 1, 12));
    }

    /** B32: the log goes on beyond the snapshot, in a term that lost, and ends with a configuration that nobody else knows. */
    @Test
    void aConfigurationInALogThatTheSnapshotContradictsIsGone() {
        SnapshotSample.OLD.fill(engine);
        MemoryLog log = new MemoryLog();
        long range = SnapshotSample.RANGE.value();
        long stale = SnapshotSample.NEW.index() + 3;
        List<LogEntry> entries = new ArrayList<>();
        for (long index = 1; index < stale; index++) {
            entries.add(new LogEntry(index, 2, LogEntry.Kind.NORMAL, new byte[3]));
        }
        entries.add(new LogEntry(stale, 2, LogEntry.Kind.CONFIG, new byte[3]));
        log.submit(range, new Ready.Persist(new HardState(2, 3, 4), entries, null), SnapshotSample.IGNORE);
        new SnapshotInstall(engine, new MemoryLog(), SnapshotStep.Watch.NONE).install(receive(SnapshotStep.Watch.NONE));

        LogOpening opened = LogOpening.of(log, engine.crash(), SnapshotSample.DESCRIPTOR);
        assertThat(opened.view().lastIndex()).isEqualTo(SnapshotSample.NEW.index());
        assertThat(opened.view().termAt(SnapshotSample.NEW.index())).isNotEqualTo(2);
    }

    // ---- stopping the world --------------------------------------------------------------------------------------

    /** Takes a snapshot in and installs it, up to that step's nth time. False if it came through. */
    private boolean runUntil(SnapshotStep step, int nth) {
        SnapshotStep.Watch watch = crashAt(step, nth);
        try {
            StagedSnapshot staged = receive(watch);
            new SnapshotInstall(engine, log, watch).install(staged);
            new SnapshotFiles(new RealDisk(), directory, watch).remove(staged);
            return false;
        } catch (Crash crash) {
            return true;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static SnapshotStep.Watch crashAt(SnapshotStep step, int nth) {
        int[] left = {nth};
        return done -> {
            if (done == step && --left[0] == 0) {
                throw new Crash();
            }
        };
    }

    private StagedSnapshot receive(SnapshotStep.Watch watch) {
        List<StagedSnapshot> arrived = new ArrayList<>();
        SnapshotInbox inbox = new SnapshotInbox(
                new SnapshotFiles(new RealDisk(), directory, watch),
                1,
                SnapshotSample.hostOf(arrived::add),
                SnapshotSample::noFailure);
        SnapshotSample.NEW.chunks().forEach(chunk -> inbox.receive(chunk, 1));
        return arrived.get(0);
    }

    private MemoryEngine survivor(boolean flushed) {
        if (flushed) {
            MemoryEngine copy = new MemoryEngine();
            try (Engine.Batch batch = copy.newBatch()) {
                SnapshotSample.copyAll(engine, batch);
                copy.write(batch);
            }
            copy.flush();
            return copy.crash();
        }
        return engine.crash();
    }

    private Path copyOfFiles(String name) throws IOException {
        Path copy = Files.createDirectories(directory.resolve("copy-" + name));
        for (Path file : files(copy)) {
            Files.delete(file);
        }
        for (Path file : files(directory)) {
            Files.copy(file, copy.resolve(file.getFileName()));
        }
        return copy;
    }

    private static List<Path> files(Path in) throws IOException {
        try (Stream<Path> found = Files.list(in)) {
            return found.filter(Files::isRegularFile).toList();
        }
    }
}
