package io.flotilla.node.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.settings.FlowSettings;
import io.flotilla.node.disk.RealDisk;
import io.flotilla.node.log.MemoryLog;
import io.flotilla.node.snapshot.SnapshotFiles;
import io.flotilla.node.snapshot.SnapshotStep;
import io.flotilla.node.snapshot.StagedSnapshot;
import io.flotilla.node.storage.MemoryEngine;
import io.flotilla.node.storage.StorageException;
import io.flotilla.node.transport.SnapshotChunk;
import io.flotilla.node.transport.SnapshotVerdict;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Snapshots that come in and are installed, each on its thread. */
class SnapshotTrafficTest {
    private static final long SECONDS_MAX = 20;
    private static final List<SnapshotChunk> CHUNKS = SnapshotSample.NEW.chunks();
    private static final SnapshotChunk LAST = CHUNKS.get(CHUNKS.size() - 1);

    @TempDir
    Path directory;

    private final MemoryEngine engine = new MemoryEngine();
    private final BlockingQueue<SnapshotVerdict> answers = new LinkedBlockingQueue<>();
    private final BlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();
    private final CountDownLatch begun = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);
    private Consumer<StagedSnapshot> arrived = snapshot -> {};
    private SnapshotStep.Watch watch = SnapshotStep.Watch.NONE;
    private SnapshotTraffic traffic;

    @BeforeEach
    void open() {
        traffic = new SnapshotTraffic(
                engine,
                new MemoryLog(),
                FlowSettings.DEFAULT,
                new SnapshotFiles(new RealDisk(), directory, step -> watch.done(step)),
                (to, chunk, answered) -> {},
                (millis, task) -> {},
                SnapshotSample.hostOf(snapshot -> arrived.accept(snapshot)),
                failures::add);
    }

    @AfterEach
    void close() {
        goOn.countDown();
        traffic.close();
    }

    private void receiveAll() throws InterruptedException {
        for (SnapshotChunk chunk : CHUNKS) {
            assertThat(answerTo(chunk)).isEqualTo(chunk.last() ? SnapshotVerdict.INSTALLING : SnapshotVerdict.TAKEN);
        }
    }

    private SnapshotVerdict answerTo(SnapshotChunk chunk) throws InterruptedException {
        traffic.receive(chunk, answers::add);
        return answers.poll(SECONDS_MAX, TimeUnit.SECONDS);
    }

    private void waitOnceMarked(SnapshotStep step) {
        if (step != SnapshotStep.MARKED) {
            return;
        }
        begun.countDown();
        try {
            assertThat(goOn.await(SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void afterInstalls() throws InterruptedException {
        CountDownLatch through = new CountDownLatch(1);
        traffic.afterInstalls(through::countDown);
        assertThat(through.await(SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
    }

    /** Else it gives up after a minute, and sends all of it again, for ever if each install takes as long. */
    @Test
    void aSenderIsAnsweredWhileItsSnapshotIsInstalled() throws InterruptedException {
        watch = this::waitOnceMarked;
        arrived = snapshot -> traffic.install(snapshot, () -> true, () -> {});
        receiveAll();
        assertThat(begun.await(SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
        assertThat(answerTo(LAST)).isEqualTo(SnapshotVerdict.INSTALLING);
        goOn.countDown();
        afterInstalls();
        assertThat(answerTo(LAST)).isEqualTo(SnapshotVerdict.TAKEN);
        assertThat(SnapshotSample.stateOf(engine)).isEqualTo("new");
        assertThat(failures).isEmpty();
    }

    /** Its replica has stopped just when it had arrived. */
    @Test
    void aSnapshotThatWasForgottenBeforeItsTurnIsNotInstalledAndNoFailure() throws InterruptedException {
        arrived = snapshot -> {
            traffic.forget(SnapshotSample.RANGE.value());
            traffic.install(snapshot, () -> true, () -> {});
        };
        receiveAll();
        afterInstalls();
        assertThat(failures).isEmpty();
        assertThat(LocalState.applied(engine, SnapshotSample.RANGE)).isNull();
        assertThat(answerTo(LAST)).as("its place is free").isEqualTo(SnapshotVerdict.TAKEN);
    }

    /** Its file is what a crash goes on from. */
    @Test
    void aSnapshotThatIsForgottenWhileItIsInstalledIsInstalledAllTheSame() throws InterruptedException {
        watch = this::waitOnceMarked;
        arrived = snapshot -> traffic.install(snapshot, () -> true, () -> {});
        receiveAll();
        assertThat(begun.await(SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
        traffic.forget(SnapshotSample.RANGE.value());
        goOn.countDown();
        afterInstalls();
        assertThat(failures).isEmpty();
        assertThat(SnapshotSample.stateOf(engine)).isEqualTo("new");
    }

    /** What was installed would have no replica, and its place among those that come in would be taken for ever. */
    @Test
    void whatCannotBeOpenedAfterwardsIsTheStoresEndAndNotPassedOverInSilence() throws InterruptedException {
        StorageException unusable = new StorageException("the log failed", new IOException());
        arrived = snapshot -> traffic.install(snapshot, () -> true, () -> {
            throw unusable;
        });
        receiveAll();
        assertThat(failures.poll(SECONDS_MAX, TimeUnit.SECONDS)).isSameAs(unusable);
    }

    @Test
    void whatCannotBeAskedBeforehandIsTheStoresEnd() throws InterruptedException {
        StorageException unusable = new StorageException("the state is unreadable", new IOException());
        arrived = snapshot -> traffic.install(
                snapshot,
                () -> {
                    throw unusable;
                },
                () -> {});
        receiveAll();
        assertThat(failures.poll(SECONDS_MAX, TimeUnit.SECONDS)).isSameAs(unusable);
        assertThat(LocalState.applied(engine, SnapshotSample.RANGE)).isNull();
    }
}
