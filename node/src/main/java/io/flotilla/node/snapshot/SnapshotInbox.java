package io.flotilla.node.snapshot;

import io.flotilla.node.disk.NoSpaceException;
import io.flotilla.node.storage.StorageException;
import io.flotilla.node.transport.SnapshotChunk;
import io.flotilla.node.transport.SnapshotVerdict;
import java.io.IOException;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes snapshots in, chunk by chunk, onto disk. What is not whole is visible to nobody; a chunk that is sent twice is taken once; one that does not fit
 * or is damaged drops the snapshot it belongs to.
 *
 * <p>Threading: one thread at a time, which may wait for the disk; {@link #settled} from any, and {@link #waiting}, which waits for nothing.
 */
public final class SnapshotInbox {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotInbox.class);

    /** A sender that has not been heard for so long has given up; it tries longer than this only if it was told to wait. */
    private static final long SILENCE_NANOS_MAX = 60_000_000_000L;

    /** A sender asks within a second or so. */
    private static final int SETTLED_MAX = 256;

    /** Whom the snapshots are for. */
    public interface Host {
        /** Whether that snapshot could be of use here; asked before anything of it is written down. */
        boolean wants(SnapshotHeader header);

        /** It is whole and durable. The host installs it, or not, and then calls {@link SnapshotInbox#settled}. */
        void arrived(StagedSnapshot snapshot);
    }

    private static final class Incoming {
        final SnapshotFiles.Part part;
        long heardNanos;

        Incoming(SnapshotFiles.Part part) {
            this.part = part;
        }
    }

    private final SnapshotFiles files;
    private final int receivingMax;
    private final Host host;
    private final Consumer<Throwable> onDiskFailure;

    /** By range. */
    private final Map<Long, Incoming> incoming = new HashMap<>();

    /** By range: whole, and not settled yet. Changed under this object's lock. */
    private final Map<Long, StagedSnapshot> installing = new ConcurrentHashMap<>();

    /** The last one that was settled here, so that a sender that asks again is told. */
    private final Map<Long, SnapshotHeader> settled = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, SnapshotHeader> eldest) {
            return size() > SETTLED_MAX;
        }
    };

    private volatile boolean idle = true;

    /** @param onDiskFailure told of a write or sync that failed, but not for want of room: then the sender tries again later */
    public SnapshotInbox(SnapshotFiles files, int receivingMax, Host host, Consumer<Throwable> onDiskFailure) {
        this.files = files;
        this.receivingMax = receivingMax;
        this.host = host;
        this.onDiskFailure = onDiskFailure;
    }

    /** Takes a chunk; says what became of it. */
    public SnapshotVerdict receive(SnapshotChunk chunk, long nowNanos) {
        SnapshotHeader header = SnapshotHeader.of(chunk);
        StagedSnapshot arrived;
        synchronized (this) {
            StagedSnapshot busyWith = installing.get(header.range());
            if (busyWith != null) {
                return busyWith.header().equals(header) ? SnapshotVerdict.INSTALLING : SnapshotVerdict.LATER;
            }
            if (chunk.last() && header.equals(settled.get(header.range()))) {
                return SnapshotVerdict.TAKEN;
            }
            if (chunk.sequence() == 0) {
                SnapshotVerdict refusal = begin(header);
                if (refusal != SnapshotVerdict.TAKEN) {
                    return refusal;
                }
            }
            Incoming current = incoming.get(header.range());
            if (current == null || !current.part.header().equals(header)) {
                return SnapshotVerdict.REFUSED;
            }
            current.heardNanos = nowNanos;
            if (chunk.sequence() == current.part.next() - 1) {
                return SnapshotVerdict.TAKEN; // sent again because the answer was lost
            }
            arrived = append(current, chunk);
            if (!incoming.containsKey(header.range()) && arrived == null) {
                return SnapshotVerdict.REFUSED;
            }
        }
        if (arrived == null) {
            return SnapshotVerdict.TAKEN;
        }
        host.arrived(arrived);
        return SnapshotVerdict.INSTALLING;
    }

    private SnapshotVerdict begin(SnapshotHeader header) {
        drop(header.range());
        if (!host.wants(header)) {
            return SnapshotVerdict.REFUSED;
        }
        if (incoming.size() + installing.size() >= receivingMax) {
            return SnapshotVerdict.LATER;
        }
        settled.remove(header.range());
        try {
            incoming.put(header.range(), new Incoming(files.create(header)));
            idle = false;
            return SnapshotVerdict.TAKEN;
        } catch (IOException unusable) {
            LOG.warn("a snapshot of {} cannot be taken in: {}", header.descriptor(), unusable.toString());
            unlessFull(unusable);
            return SnapshotVerdict.LATER;
        }
    }

    /** @return the snapshot, if that was its last chunk; null if more is to come, or if it was dropped */
    private @Nullable StagedSnapshot append(Incoming current, SnapshotChunk chunk) {
        SnapshotFiles.Part part = current.part;
        long range = part.header().range();
        try {
            if (chunk.sequence() != part.next() || !part.append(chunk.data())) {
                LOG.warn(
                        "a snapshot of {} is dropped: chunk {} is damaged or out of place",
                        part.header().descriptor(),
                        chunk.sequence());
                drop(range);
                return null;
            }
            if (!chunk.last()) {
                return null;
            }
            StagedSnapshot whole = part.complete();
            incoming.remove(range);
            // Read back: what is damaged is fetched again, as long as nothing has made room for it yet.
            if (!isWhole(whole)) {
                return null;
            }
            installing.put(range, whole);
            return whole;
        } catch (IOException unusable) {
            LOG.warn("a snapshot of {} is dropped: {}", part.header().descriptor(), unusable.toString());
            drop(range);
            unlessFull(unusable);
            return null;
        }
    }

    private void unlessFull(IOException failure) {
        if (!(failure instanceof NoSpaceException)) {
            onDiskFailure.accept(failure);
        }
    }

    private boolean isWhole(StagedSnapshot snapshot) throws IOException {
        try {
            snapshot.verify();
            return true;
        } catch (StorageException damaged) {
            LOG.warn("a snapshot of {} is dropped: {}", snapshot.header().descriptor(), damaged.toString());
            files.remove(snapshot);
            return false;
        }
    }

    private void drop(long range) {
        Incoming dropped = incoming.remove(range);
        if (dropped != null) {
            dropped.part.drop();
        }
    }

    /** The snapshot was installed, or is of no use: its file goes, and its sender hears that it is done. */
    public void settled(StagedSnapshot snapshot) {
        synchronized (this) {
            if (!isWaiting(snapshot)) {
                return;
            }
            long range = snapshot.header().range();
            installing.remove(range);
            settled.put(range, snapshot.header());
            try {
                // Before the next one of that range can be whole: it has the same name.
                files.remove(snapshot);
            } catch (IOException leftForTheNextStart) {
                LOG.debug("{} was not removed", snapshot.file(), leftForTheNextStart);
            }
        }
    }

    /** Whether it is whole and was not settled yet. */
    public boolean isWaiting(StagedSnapshot snapshot) {
        return snapshot.equals(installing.get(snapshot.header().range()));
    }

    /** The snapshot of that range that is whole and was not settled yet. */
    public Optional<StagedSnapshot> waiting(long range) {
        return Optional.ofNullable(installing.get(range));
    }

    /** Whether nothing is coming in: then {@link #tick} has nothing to do. */
    public boolean isIdle() {
        return idle;
    }

    /** Drops what was begun and not gone on with. */
    public synchronized void tick(long nowNanos) {
        for (Iterator<Incoming> each = incoming.values().iterator(); each.hasNext(); ) {
            Incoming old = each.next();
            if (nowNanos - old.heardNanos > SILENCE_NANOS_MAX) {
                each.remove();
                old.part.drop();
            }
        }
        idle = incoming.isEmpty();
    }

    /** Runs {@code answer} with the verdict, whatever happens. */
    public void receive(SnapshotChunk chunk, long nowNanos, Consumer<SnapshotVerdict> answer) {
        SnapshotVerdict verdict = SnapshotVerdict.REFUSED;
        try {
            verdict = receive(chunk, nowNanos);
        } finally {
            answer.accept(verdict);
        }
    }
}
