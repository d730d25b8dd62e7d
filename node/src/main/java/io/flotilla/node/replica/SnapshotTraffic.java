package io.flotilla.node.replica;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.settings.FlowSettings;
import io.flotilla.node.log.SharedLog;
import io.flotilla.node.snapshot.SnapshotFiles;
import io.flotilla.node.snapshot.SnapshotHeader;
import io.flotilla.node.snapshot.SnapshotInbox;
import io.flotilla.node.snapshot.SnapshotSending;
import io.flotilla.node.snapshot.StagedSnapshot;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.transport.SnapshotChunk;
import io.flotilla.node.transport.SnapshotVerdict;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * All snapshots of a store that are on their way, in and out, and the threads that they run on: one reads and sends, one takes in, one installs. With
 * nothing to do there are none. To install one may take minutes, and its sender, like those of others, has to be answered meanwhile.
 *
 * <p>Thread-safe.
 */
final class SnapshotTraffic implements AutoCloseable {
    private static final long THREAD_IDLE_SECONDS = 10;

    private final Engine engine;
    private final SharedLog log;
    private final SnapshotFiles files;
    private final SnapshotInbox inbox;
    private final SnapshotInstall installer;
    private final SnapshotSending sending;
    private final ExecutorService reading;
    private final ExecutorService writing;
    private final ExecutorService installing;
    private final SnapshotSending.Timer timer;
    private final Consumer<Throwable> onDiskFailure;

    SnapshotTraffic(
            Engine engine,
            SharedLog log,
            FlowSettings flow,
            SnapshotFiles files,
            SnapshotSending.Carrier carrier,
            SnapshotSending.Timer timer,
            SnapshotInbox.Host host,
            Consumer<Throwable> onDiskFailure) {
        this(
                engine,
                log,
                flow,
                files,
                new Tools(
                        carrier,
                        timer,
                        oneThread("flotilla-snapshots-out"),
                        oneThread("flotilla-snapshots-in"),
                        oneThread("flotilla-snapshots-install")),
                host,
                onDiskFailure);
    }

    /** What it works with. The executors run one task at a time each, in order. */
    record Tools(
            SnapshotSending.Carrier carrier,
            SnapshotSending.Timer timer,
            ExecutorService reading,
            ExecutorService writing,
            ExecutorService installing) {}

    SnapshotTraffic(
            Engine engine,
            SharedLog log,
            FlowSettings flow,
            SnapshotFiles files,
            Tools tools,
            SnapshotInbox.Host host,
            Consumer<Throwable> onDiskFailure) {
        this.engine = engine;
        this.log = log;
        this.reading = tools.reading();
        this.writing = tools.writing();
        this.installing = tools.installing();
        this.timer = tools.timer();
        this.files = files;
        this.inbox = new SnapshotInbox(files, flow.snapshotsReceivingMax(), host, onDiskFailure);
        this.installer = new SnapshotInstall(engine, log, files.watch());
        this.sending = new SnapshotSending(
                flow, new SnapshotSending.Tools(tools.carrier(), reading, timer, onDiskFailure::accept));
        this.onDiskFailure = onDiskFailure;
    }

    private static ExecutorService oneThread(String name) {
        ThreadPoolExecutor executor = new ThreadPoolExecutor(
                1, 1, THREAD_IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), runnable -> {
                    Thread thread = new Thread(runnable, name);
                    thread.setDaemon(true);
                    return thread;
                });
        executor.allowCoreThreadTimeOut(true);
        // What comes after the end is nobody's concern.
        executor.setRejectedExecutionHandler(new ThreadPoolExecutor.DiscardPolicy());
        return executor;
    }

    /** Before any replica is opened. */
    void recover(LostReplicas lost) {
        SnapshotInstall.recover(engine, log, files, lost);
    }

    // ---- out -----------------------------------------------------------------------------------------------------

    SnapshotSending sending() {
        return sending;
    }

    /** Reads the range as it is now; call it in its replica's turn, which has been admitted. */
    void send(SnapshotHeader header, NodeId to, Consumer<Boolean> done) {
        List<SnapshotSending.Part> parts = new ArrayList<>();
        boolean witness = header.descriptor()
                .replica(header.toReplica())
                .map(ReplicaInfo::witness)
                .orElse(false);
        // A witness learns where the log stands, and who belongs to the range; it has no use for data.
        for (RangeSpaces part : witness
                ? List.<RangeSpaces>of()
                : RangeSpaces.of(header.descriptor().span())) {
            parts.add(new SnapshotSending.Part(
                    part.space(),
                    engine.cursor(
                            part.space(), part.bounds().from(), part.bounds().to())));
        }
        sending.send(header, to, parts, done);
    }

    // ---- in ------------------------------------------------------------------------------------------------------

    void receive(SnapshotChunk chunk, Consumer<SnapshotVerdict> answer) {
        try {
            writing.execute(() -> inbox.receive(chunk, timer.nowNanos(), answer));
        } catch (RejectedExecutionException stopping) {
            answer.accept(SnapshotVerdict.LATER);
        }
    }

    /**
     * Installs on a thread of its own, then runs {@code installed} there. Nothing is done if the snapshot was forgotten meanwhile.
     *
     * @param fits asked there, just before: whether it still has its place
     */
    void install(StagedSnapshot snapshot, BooleanSupplier fits, Runnable installed) {
        installing.execute(() -> {
            try {
                if (inbox.isWaiting(snapshot) && fits.getAsBoolean()) {
                    installer.install(snapshot);
                    installed.run();
                }
            } catch (RuntimeException | Error failure) {
                // What is half installed is finished at the next start, from the file.
                onDiskFailure.accept(failure);
                return;
            }
            inbox.settled(snapshot);
        });
    }

    /** Runs when all installs that are under way or waiting are through; none runs beside it. */
    void afterInstalls(Runnable task) {
        installing.execute(task);
    }

    /** It is of no use. */
    void settled(StagedSnapshot snapshot) {
        writing.execute(() -> inbox.settled(snapshot));
    }

    /** The range's replica takes nothing any more: what came for it until now will not be settled by it. */
    void forget(long range) {
        // Not beside an install, which needs the file to its end.
        inbox.waiting(range).ifPresent(left -> installing.execute(() -> inbox.settled(left)));
    }

    void tick(long nowNanos) {
        sending.tick(nowNanos);
        if (!inbox.isIdle()) {
            writing.execute(() -> inbox.tick(nowNanos));
        }
    }

    @Override
    public void close() {
        sending.close();
        reading.shutdown(); // what was begun is given up there
        writing.shutdownNow();
        installing.shutdownNow();
    }
}
