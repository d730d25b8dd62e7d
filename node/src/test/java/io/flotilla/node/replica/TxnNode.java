package io.flotilla.node.replica;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.time.Timestamp;
import io.flotilla.node.liveness.LivenessState;
import io.flotilla.node.log.MemoryLog;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.MemoryEngine;
import io.flotilla.range.routing.RangeDescriptor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One machine of a {@link TxnWorld}: what its disk has, how its wall clock stands, and the process that runs on it, if one does. */
final class TxnNode {
    /** The machines run all the time. */
    static final long BOOT = 1;

    final NodeId id;
    final TxnWorld world;
    MemoryEngine engine = new MemoryEngine();
    MemoryLog log = MemoryLog.held();
    LivenessState promised = LivenessState.INITIAL;

    /** How far its wall clock is ahead of the world's time. */
    long skewMicros;

    /** Until then its process takes no turns, and what arrives waits. */
    long pausedUntil;

    @Nullable
    TxnProcess process;

    private int lives;

    TxnNode(TxnWorld world, int number, List<RangeDescriptor> first) {
        this.world = world;
        this.id = new NodeId(number);
        try (Engine.Batch batch = engine.newBatch()) {
            for (RangeDescriptor descriptor : first) {
                if (descriptor.replicaOn(id).isPresent()) {
                    LocalState.putDescriptor(batch, descriptor);
                }
            }
            engine.write(batch);
        }
        engine.flush();
    }

    long wallMicros() {
        return world.wallMicros() + skewMicros;
    }

    /** Goes on from one process to the next. */
    long monotonicMicros() {
        return world.time.nowMicros() + 1_000_000 + 1_234_567L * id.value();
    }

    /** Begins when the wall clock is above what was served from here up to now, as a server does. */
    void start() {
        Timestamp served = promised.clock().at(BOOT, monotonicMicros());
        long below = served.isSet() ? served.microsSince(Timestamp.ofMicros(wallMicros())) + 1 : 0;
        if (below > 0) {
            world.time.after(below, 0, this::begin);
        } else {
            begin();
        }
    }

    private void begin() {
        if (process == null) {
            TxnProcess begun = new TxnProcess(this, ++lives);
            process = begun;
            begun.start();
        }
    }

    void startUnlessRunning() {
        if (process == null) {
            start();
        }
    }

    /** As {@link #crash}, by itself, and begins again soon. */
    void fail() {
        crash(world.happens(0.5), false);
        world.time.after(world.exponential(300_000), 0, this::startUnlessRunning);
    }

    /** All that its replicas had is gone. What it promised as a store is not. */
    void loseStore() {
        crash(false, false);
        engine = new MemoryEngine();
        try (Engine.Batch batch = engine.newBatch()) {
            StoreMarks.putRebuilt(batch);
            engine.write(batch);
        }
        engine.flush();
        log = MemoryLog.held();
        try {
            world.disk.lose(id.value());
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    /**
     * The process is gone; the state is as it was last flushed, the log as it was last synced.
     *
     * @param written what was written to the log and not synced is there all the same, as when the machine goes on
     * @param flushed all of the state was written just before, unknown to the process
     */
    void crash(boolean written, boolean flushed) {
        TxnProcess ended = process;
        if (ended != null) {
            process = null;
            pausedUntil = 0;
            promised = ended.liveness.disk();
            if (flushed) {
                engine.flush();
            }
            engine = engine.crash();
            if (written) {
                log.sync();
            }
            log = log.crash();
            ended.gone();
        }
    }

    /** Of the world. */
    void end() {
        TxnProcess last = process;
        if (last != null) {
            process = null;
            last.gone();
        }
    }

    /** A turn of that process, now or when it is not paused any more; never if it is gone. */
    void run(TxnProcess of, Runnable turn) {
        if (of != process) {
            return;
        }
        long now = world.time.nowMicros();
        if (now < pausedUntil) {
            world.time.after(pausedUntil - now, 0, () -> run(of, turn));
            return;
        }
        turn.run();
        pausedUntil = Math.max(pausedUntil, now + of.takeStall());
    }
}
