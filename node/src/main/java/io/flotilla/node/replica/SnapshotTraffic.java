package io.flotilla.node.replica;

import io.flotilla.node.storage.Engine;
import io.flotilla.node.transport.SnapshotChunk;
import io.flotilla.node.transport.Transport;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All snapshots of a store that are on their way, in and out: one stream for each receiving replica, one snapshot being put together for each range.
 *
 * <p>Thread-safe. Streams are made in their replica's turn, see {@link SnapshotStream}.
 */
final class SnapshotTraffic {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotTraffic.class);
    private static final long STALL_NANOS_MAX = 15_000_000_000L;

    private record Lane(long range, int toReplica) {}

    private final Engine engine;
    private final Executor executor;
    private final Map<Lane, SnapshotStream> streams = new ConcurrentHashMap<>();
    private final SnapshotAssembler assembler = new SnapshotAssembler();

    /** @param executor runs the steps of streams, one at a time */
    SnapshotTraffic(Engine engine, Executor executor) {
        this.engine = engine;
        this.executor = executor;
    }

    /** Begins to send; an earlier snapshot for the same replica is given up. {@code done} is told of success or failure. */
    void send(SnapshotStream.Header header, Transport transport, Consumer<Boolean> done) {
        SnapshotStream stream = new SnapshotStream(header, engine, transport, executor, success -> {
            streams.values().removeIf(SnapshotStream::isFinished);
            done.accept(success);
        });
        LOG.info(
                "sending a snapshot of {} at index {} to {}",
                header.descriptor(),
                header.index(),
                header.descriptor().replica(header.toReplica()));
        SnapshotStream before = streams.put(new Lane(header.descriptor().id().value(), header.toReplica()), stream);
        if (before != null) {
            before.cancel();
        }
        stream.start();
    }

    /** Gives up whatever has not moved for long. */
    void cancelStalled(long nowNanos) {
        for (SnapshotStream stream : streams.values()) {
            if (stream.isStalled(nowNanos, STALL_NANOS_MAX)) {
                stream.cancel();
            }
        }
    }

    /** Takes a chunk; the snapshot if this was its last one. */
    Optional<SnapshotAssembler.Complete> receive(SnapshotChunk chunk) {
        synchronized (assembler) {
            return assembler.add(chunk);
        }
    }
}
