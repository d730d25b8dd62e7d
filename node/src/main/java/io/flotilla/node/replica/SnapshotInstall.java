package io.flotilla.node.replica;

import io.flotilla.node.log.SharedLog;
import io.flotilla.node.snapshot.SnapshotFiles;
import io.flotilla.node.snapshot.SnapshotHeader;
import io.flotilla.node.snapshot.SnapshotStep;
import io.flotilla.node.snapshot.StagedSnapshot;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.StorageException;
import io.flotilla.range.routing.RangeDescriptor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts a snapshot in the place of a range's state. Too much for one batch, so it is made atomic by a mark (B30): the first batch clears the old state and
 * sets the mark, the last sets the applied index and takes the mark away. The engine keeps batches in order, so a store that finds the mark when it starts
 * has half of a snapshot, and the whole of it in a file: it installs it again from there, before anybody looks.
 *
 * <p>Runs beside the replica, whose core applies nothing meanwhile. May take long.
 */
final class SnapshotInstall {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotInstall.class);

    private final Engine engine;
    private final SharedLog log;
    private final SnapshotStep.Watch watch;

    SnapshotInstall(Engine engine, SharedLog log, SnapshotStep.Watch watch) {
        this.engine = engine;
        this.log = log;
        this.watch = watch;
    }

    /** Durable when it returns. Throws {@link StorageException}, with the old state untouched, if the snapshot is damaged. */
    void install(StagedSnapshot snapshot) {
        snapshot.verify();
        SnapshotHeader header = snapshot.header();
        RangeDescriptor descriptor = header.descriptor();
        RangeDescriptor before = LocalState.descriptor(engine, descriptor.id());
        if (before == null) {
            LogOpening.begin(log, descriptor.id(), header.term());
        }
        try (Engine.Batch batch = engine.newBatch()) {
            LocalState.putInstalling(batch, descriptor.id(), header.index(), header.indexTerm());
            batch.delete(Engine.Space.LOCAL, LocalState.appliedKey(descriptor.id()));
            RangeSpaces.clear(batch, descriptor.span());
            if (before != null) {
                // What was split off since: no other replica here holds any of it while this one is as wide as it was.
                RangeSpaces.clear(batch, before.span());
            }
            engine.write(batch);
        }
        watch.done(SnapshotStep.MARKED);
        snapshot.writeTo(engine, batch -> {
            engine.write(batch);
            watch.done(SnapshotStep.CHUNK_INSTALLED);
        });
        try (Engine.Batch batch = engine.newBatch()) {
            LocalState.putDescriptor(batch, descriptor);
            LocalState.putApplied(batch, LocalState.appliedKey(descriptor.id()), LocalState.Applied.of(header));
            batch.delete(Engine.Space.LOCAL, LocalState.installingKey(descriptor.id()));
            engine.write(batch);
        }
        watch.done(SnapshotStep.INSTALLED);
        engine.flush();
        watch.done(SnapshotStep.FLUSHED);
    }

    /**
     * At the start of a store, before any replica is opened: finishes what a crash interrupted, and removes what nobody will ask for.
     *
     * @param lost is told of replicas whose state is half of a snapshot that is not there any more
     */
    static void recover(Engine engine, SharedLog log, SnapshotFiles files, LostReplicas lost) {
        for (LocalState.Installing half : LocalState.installing(engine)) {
            Optional<StagedSnapshot> whole =
                    files.whole(half.range().value()).filter(staged -> fits(half, staged.header()) && isWhole(staged));
            if (whole.isPresent()) {
                LOG.info("installing the snapshot of {} again: a crash came between", half.range());
                new SnapshotInstall(engine, log, files.watch()).install(whole.get());
            } else {
                LOG.error(
                        "the state of {} is half of a snapshot at index {}, and the file that held all of it is damaged or gone",
                        half.range(),
                        half.index());
                giveUp(engine, half, lost);
            }
        }
        try {
            files.removeAll();
        } catch (IOException unusable) {
            throw new UncheckedIOException("cannot remove what is left of old snapshots", unusable);
        }
    }

    private static boolean isWhole(StagedSnapshot staged) {
        try {
            staged.verify();
            return true;
        } catch (StorageException damaged) {
            return false;
        }
    }

    /** What is there of the state nobody will look at: a replica that comes in its place clears it first. */
    private static void giveUp(Engine engine, LocalState.Installing half, LostReplicas lost) {
        RangeDescriptor descriptor = LocalState.descriptor(engine, half.range());
        // Without a descriptor there was no replica yet: it has promised nothing, and its leader sends it again.
        if (descriptor != null) {
            lost.halfInstalled(descriptor, half.index());
        }
        try (Engine.Batch batch = engine.newBatch()) {
            batch.delete(Engine.Space.LOCAL, LocalState.installingKey(half.range()));
            engine.write(batch);
        }
    }

    private static boolean fits(LocalState.Installing half, SnapshotHeader header) {
        return header.descriptor().id().equals(half.range())
                && header.index() == half.index()
                && header.indexTerm() == half.term();
    }
}
