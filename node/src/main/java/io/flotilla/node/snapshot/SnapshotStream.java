package io.flotilla.node.snapshot;

import io.flotilla.config.id.NodeId;
import io.flotilla.node.storage.StorageException;
import io.flotilla.node.transport.SnapshotChunk;
import io.flotilla.node.transport.SnapshotVerdict;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One snapshot on its way out: reads the range's state as it was when its cursors were made, and sends the next chunk when the last one was taken. A
 * chunk that is not answered is sent again, so a peer that was away for a moment goes on where it was.
 *
 * <p>Runs one step at a time on its executor.
 */
final class SnapshotStream {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotStream.class);

    /** How it ended. */
    enum End {
        /** It is installed there, or was not needed. */
        THROUGH,
        /** The receiver has no room now. */
        LATER,
        FAILED
    }

    private static final int RESENDS_MAX = 10;
    private static final long RESEND_MILLIS = 500;
    private static final long INSTALLING_POLL_MILLIS = 200;
    private static final long INSTALLING_MILLIS_MAX = 600_000;

    private final SnapshotHeader header;
    private final NodeId to;
    private final SnapshotSending.Tools tools;
    private final BytePace pace;
    private final Consumer<End> done;
    private final ArrayDeque<SnapshotSending.Part> parts;
    private final ChunkData.Writer writer;
    private int sequence;
    private int resends;
    private long installingMillis;
    private @Nullable SnapshotChunk underWay;
    private boolean finished;

    SnapshotStream(
            SnapshotHeader header,
            NodeId to,
            List<SnapshotSending.Part> parts,
            SnapshotSending.Tools tools,
            BytePace pace,
            Consumer<End> done) {
        this.header = header;
        this.to = to;
        this.parts = new ArrayDeque<>(parts);
        this.tools = tools;
        this.pace = pace;
        this.done = done;
        this.writer = new ChunkData.Writer(header);
    }

    void start() {
        run(this::nextChunk);
    }

    /** Nobody needs it any more; {@code done} is not told. */
    void cancel() {
        run(this::close);
    }

    /** A step that fails, for whatever reason, is the last one: neither the place nor what the engine keeps for the cursors is held for ever. */
    private void run(Runnable step) {
        tools.executor().execute(() -> {
            try {
                step.run();
            } catch (StorageException unusable) {
                LOG.warn("a snapshot of {} cannot be read: {}", header.descriptor(), unusable.toString());
                finish(End.FAILED);
                tools.unreadable().accept(unusable);
            } catch (RuntimeException | Error failure) {
                LOG.error("a snapshot of {} cannot be sent", header.descriptor(), failure);
                finish(End.FAILED);
            }
        });
    }

    private void nextChunk() {
        if (finished) {
            return;
        }
        fill();
        SnapshotChunk chunk = header.chunk(sequence++, parts.isEmpty(), writer.take());
        underWay = chunk;
        resends = 0;
        after(pace.takeNanos(chunk.data().length, tools.timer().nowNanos()) / 1_000_000, this::send);
    }

    private void fill() {
        while (!parts.isEmpty() && !writer.isFull()) {
            SnapshotSending.Part part = parts.element();
            if (part.cursor().isValid()) {
                writer.add(part.space(), part.cursor().key(), part.cursor().value());
                part.cursor().next();
            } else {
                part.cursor().close();
                parts.remove();
            }
        }
    }

    private void send() {
        SnapshotChunk chunk = underWay;
        if (!finished && chunk != null) {
            tools.transport().sendSnapshot(to, chunk, verdict -> run(() -> answered(verdict)));
        }
    }

    private void answered(SnapshotVerdict verdict) {
        SnapshotChunk chunk = underWay;
        if (finished || chunk == null) {
            return;
        }
        switch (verdict) {
            case TAKEN -> {
                if (chunk.last()) {
                    finish(End.THROUGH);
                } else {
                    nextChunk();
                }
            }
            case INSTALLING -> {
                resends = 0;
                installingMillis += INSTALLING_POLL_MILLIS;
                if (chunk.last() && installingMillis <= INSTALLING_MILLIS_MAX) {
                    after(INSTALLING_POLL_MILLIS, this::send);
                } else {
                    finish(End.FAILED);
                }
            }
            case UNANSWERED -> {
                if (++resends <= RESENDS_MAX) {
                    after(RESEND_MILLIS, this::send);
                } else {
                    finish(End.FAILED);
                }
            }
            case LATER -> finish(End.LATER);
            case REFUSED -> finish(End.FAILED);
        }
    }

    private void after(long millis, Runnable step) {
        if (millis <= 0) {
            step.run();
        } else {
            tools.timer().after(millis, () -> run(step));
        }
    }

    private void finish(End end) {
        if (!finished) {
            try {
                close();
            } finally {
                done.accept(end);
            }
        }
    }

    private void close() {
        finished = true;
        underWay = null;
        while (!parts.isEmpty()) {
            parts.remove().cursor().close();
        }
    }
}
