package io.flotilla.node.snapshot;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.settings.FlowSettings;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.StorageException;
import io.flotilla.node.transport.SnapshotChunk;
import io.flotilla.node.transport.SnapshotVerdict;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All snapshots that leave a store: so many at a time, so many bytes a second together, and each that failed is tried again after a pause that grows.
 *
 * <p>A replica first asks for its turn ({@link #admit}); the state is read as it is when the turn has come, and until then nothing is held.
 *
 * <p>Thread-safe.
 */
public final class SnapshotSending {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotSending.class);

    private static final long RETRY_MILLIS_MIN = 500;
    private static final long RETRY_MILLIS_MAX = 5_000;

    /** Who has not tried again for so long after a failure needs it no more, or begins anew. */
    private static final long FAILURE_NANOS_MAX = 60_000_000_000L;

    /** Who was given a turn and has not begun: its replica is gone, or leads no more. */
    private static final long TURN_NANOS_MAX = 5_000_000_000L;

    /** Where chunks go. */
    @FunctionalInterface
    public interface Carrier {
        void sendSnapshot(NodeId to, SnapshotChunk chunk, Consumer<SnapshotVerdict> answered);
    }

    /** Runs something later, on a thread of its own choice. */
    @FunctionalInterface
    public interface Timer {
        void after(long millis, Runnable task);

        /** A monotonic clock. */
        default long nowNanos() {
            return System.nanoTime();
        }
    }

    /**
     * @param executor runs the steps of all streams, one at a time; it may wait for the disk
     * @param unreadable told if the state cannot be read
     */
    public record Tools(Carrier transport, Executor executor, Timer timer, Consumer<StorageException> unreadable) {}

    /** A piece of the state. */
    public record Part(Engine.Space space, Engine.Cursor cursor) {}

    private record Lane(long range, int toReplica) {}

    /** A place among those that send. Its stream is null until it has begun. */
    private static final class Turn {
        final long sinceNanos;

        @Nullable
        SnapshotStream stream;

        Turn(long sinceNanos) {
            this.sinceNanos = sinceNanos;
        }
    }

    /** How often in a row it did not get through. */
    private record Failures(int count, long lastNanos) {}

    private final FlowSettings settings;
    private final Tools tools;
    private final BytePace pace;
    private final Map<Lane, Turn> turns = new HashMap<>();
    private final Map<Lane, Runnable> waiting = new LinkedHashMap<>();
    private final Map<Lane, Failures> failures = new HashMap<>();
    private boolean closed;

    public SnapshotSending(FlowSettings settings, Tools tools) {
        this.settings = settings;
        this.tools = tools;
        this.pace =
                new BytePace(settings.snapshotBytesPerSecond(), tools.timer().nowNanos());
    }

    /**
     * Asks for a turn.
     *
     * @param itsTurn run later if it is not the turn of this one now: ask again then
     * @return whether {@link #send} may be called now
     */
    public synchronized boolean admit(long range, int toReplica, Runnable itsTurn) {
        Lane lane = new Lane(range, toReplica);
        if (turns.containsKey(lane)) {
            return true;
        }
        if (turns.size() < settings.snapshotsSendingMax()) {
            waiting.remove(lane);
            turns.put(lane, new Turn(tools.timer().nowNanos()));
            return true;
        }
        waiting.put(lane, itsTurn);
        return false;
    }

    /** Gives a turn, or the place in the queue, back: the snapshot is not needed any more. */
    public void decline(long range, int toReplica) {
        Lane lane = new Lane(range, toReplica);
        SnapshotStream unwanted = null;
        synchronized (this) {
            waiting.remove(lane);
            Turn turn = turns.remove(lane);
            if (turn != null) {
                unwanted = turn.stream;
            }
        }
        if (unwanted != null) {
            unwanted.cancel();
        }
        next();
    }

    /**
     * Begins to send; call it in the replica's own turn, so that the cursors agree with the applied index. An earlier snapshot for the same replica is
     * given up.
     *
     * @param done told once, after a pause if it failed, whether it is through; never for one that was given up
     */
    public void send(SnapshotHeader header, NodeId to, List<Part> parts, Consumer<Boolean> done) {
        Lane lane = new Lane(header.range(), header.toReplica());
        Turn turn = new Turn(tools.timer().nowNanos());
        SnapshotStream stream =
                new SnapshotStream(header, to, parts, tools, pace, end -> ended(lane, turn, header, end, done));
        turn.stream = stream;
        Turn before;
        synchronized (this) {
            if (closed) {
                parts.forEach(part -> part.cursor().close());
                return;
            }
            before = turns.put(lane, turn);
        }
        if (before != null && before.stream != null) {
            before.stream.cancel();
        }
        LOG.info("sending a snapshot of {} at index {} to {}", header.descriptor(), header.index(), to);
        stream.start();
    }

    private void ended(Lane lane, Turn turn, SnapshotHeader header, SnapshotStream.End end, Consumer<Boolean> done) {
        long pauseMillis = 0;
        synchronized (this) {
            turns.remove(lane, turn);
            if (end == SnapshotStream.End.THROUGH) {
                failures.remove(lane);
            } else {
                Failures last = failures.get(lane);
                int before = last == null ? 0 : last.count();
                failures.put(lane, new Failures(before + 1, tools.timer().nowNanos()));
                pauseMillis = Math.min(RETRY_MILLIS_MAX, RETRY_MILLIS_MIN << Math.min(before, 10));
            }
        }
        if (end != SnapshotStream.End.THROUGH) {
            LOG.info("a snapshot of {} did not get through ({})", header.descriptor(), end);
        }
        if (pauseMillis == 0) {
            done.accept(true);
        } else {
            tools.timer().after(pauseMillis, () -> done.accept(false));
        }
        next();
    }

    /** Takes back turns that nobody used, and gives them to who waits. Forgets failures that nobody tries to make good any more. */
    public void tick(long nowNanos) {
        synchronized (this) {
            turns.values().removeIf(turn -> turn.stream == null && nowNanos - turn.sinceNanos > TURN_NANOS_MAX);
            failures.entrySet()
                    .removeIf(failed -> nowNanos - failed.getValue().lastNanos() > FAILURE_NANOS_MAX
                            && !turns.containsKey(failed.getKey())
                            && !waiting.containsKey(failed.getKey()));
        }
        next();
    }

    private void next() {
        List<Runnable> called = new ArrayList<>();
        synchronized (this) {
            while (!waiting.isEmpty() && turns.size() < settings.snapshotsSendingMax()) {
                Lane first = waiting.keySet().iterator().next();
                Runnable itsTurn = waiting.remove(first);
                turns.put(first, new Turn(tools.timer().nowNanos()));
                if (itsTurn != null) {
                    called.add(itsTurn);
                }
            }
        }
        called.forEach(Runnable::run);
    }

    /** Ends all that are under way, so that nothing of the engine is held; nobody is told. */
    public void close() {
        List<SnapshotStream> unfinished = new ArrayList<>();
        synchronized (this) {
            closed = true;
            for (Turn turn : turns.values()) {
                if (turn.stream != null) {
                    unfinished.add(turn.stream);
                }
            }
            turns.clear();
            waiting.clear();
        }
        unfinished.forEach(SnapshotStream::cancel);
    }

    /** How many failures are remembered. */
    synchronized int remembered() {
        return failures.size();
    }

    /** How many are under way or have their turn. */
    synchronized int sending() {
        return turns.size();
    }
}
