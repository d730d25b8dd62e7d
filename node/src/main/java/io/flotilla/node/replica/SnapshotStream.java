package io.flotilla.node.replica;

import io.flotilla.config.id.NodeId;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.StorageException;
import io.flotilla.node.transport.SnapshotChunk;
import io.flotilla.node.transport.Transport;
import io.flotilla.range.routing.RangeDescriptor;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * One snapshot on its way out: reads the range's state as it was when this was made, and sends the next chunk when the last one was handed over.
 *
 * <p>Made in the replica's own turn (so that the cursors agree with the applied index); everything else runs on {@code executor}, one step at a time.
 */
final class SnapshotStream {
    /** What the stream is about; see {@link SnapshotChunk}. */
    record Header(
            RangeDescriptor descriptor,
            int fromReplica,
            int toReplica,
            NodeId to,
            long term,
            long index,
            long indexTerm) {}

    private record Part(Engine.Space space, Engine.Cursor cursor) {}

    private final Header header;
    private final Transport transport;
    private final Executor executor;
    private final Consumer<Boolean> done;
    private final ArrayDeque<Part> parts = new ArrayDeque<>();
    private final SnapshotAssembler.ChunkWriter writer = new SnapshotAssembler.ChunkWriter();
    private int sequence;
    private volatile boolean finished;
    private volatile long lastStepNanos = System.nanoTime();

    SnapshotStream(Header header, Engine engine, Transport transport, Executor executor, Consumer<Boolean> done) {
        this.header = header;
        this.transport = transport;
        this.executor = executor;
        this.done = done;
        for (RangeSpaces part : RangeSpaces.of(header.descriptor().span())) {
            parts.add(new Part(
                    part.space(),
                    engine.cursor(
                            part.space(), part.bounds().from(), part.bounds().to())));
        }
    }

    void start() {
        executor.execute(this::sendNext);
    }

    /** Nothing moved for that long. */
    boolean isStalled(long nowNanos, long nanosMax) {
        return nowNanos - lastStepNanos > nanosMax;
    }

    boolean isFinished() {
        return finished;
    }

    /** Gives up; {@code done} is told. */
    void cancel() {
        executor.execute(() -> finish(false));
    }

    private void sendNext() {
        if (finished) {
            return;
        }
        lastStepNanos = System.nanoTime();
        try {
            while (!parts.isEmpty() && !writer.isFull()) {
                Part part = parts.peek();
                if (part.cursor().isValid()) {
                    writer.add(part.space(), part.cursor().key(), part.cursor().value());
                    part.cursor().next();
                } else {
                    part.cursor().close();
                    parts.poll();
                }
            }
        } catch (StorageException unusable) {
            finish(false);
            return;
        }
        boolean last = parts.isEmpty();
        SnapshotChunk chunk = new SnapshotChunk(
                header.descriptor(),
                header.fromReplica(),
                header.toReplica(),
                header.term(),
                header.index(),
                header.indexTerm(),
                sequence++,
                last,
                writer.take());
        transport.sendSnapshot(header.to(), chunk, () -> executor.execute(last ? () -> finish(true) : this::sendNext));
    }

    private void finish(boolean success) {
        if (finished) {
            return;
        }
        finished = true;
        while (!parts.isEmpty()) {
            parts.poll().cursor().close();
        }
        done.accept(success);
    }
}
