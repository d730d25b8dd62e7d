package io.flotilla.node.replica;

import io.flotilla.config.time.HybridClock;
import io.flotilla.config.time.Timestamp;
import io.flotilla.node.liveness.service.LivenessService;
import io.flotilla.node.mvcc.Mutation;
import io.flotilla.node.mvcc.VersionSweep;
import io.flotilla.node.raft.RaftStatus;
import io.flotilla.node.storage.Engine;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Has old versions taken away from the ranges that are led from here: looks for them beside the replicas, a stretch at a time, and has each stretch's
 * leaseholder bring what was found into the log, so that every replica takes away the same. The next stretch is looked at when that is applied.
 *
 * <p>Thread-safe; looks at the engine on its executor.
 */
final class VersionSweeps {
    /** Ranges that are swept at once: each waits for its log most of the time. */
    private static final int AT_ONCE_MAX = 8;

    /** A transaction that was left alone is found within half of the time its versions are kept. */
    private static final int OLD_INTENTS_PER_RETENTION = 4;

    /** One range on its way. */
    private record Sweep(Slot slot, RangeDescriptor range, Timestamp threshold, VersionSweep look, long beganMicros) {}

    private final Engine engine;
    private final HybridClock clock;
    private final ReplicaDirectory replicas;
    private final ExecutorService executor;
    private final OldIntents oldIntents;
    private final Consumer<Throwable> onDiskFailure;
    private final long retentionMicros;
    private final SweepSchedule schedule;

    /** Due; guarded by itself, as is {@link #underWay}. */
    private final ArrayDeque<Long> waiting = new ArrayDeque<>();

    private int underWay;

    /** Of whoever calls {@link #tick}. */
    private volatile long lookedMicros = LivenessService.nowMicros();

    private volatile boolean closed;

    VersionSweeps(
            Replica.Setting setting, ReplicaDirectory replicas, Duration retention, Consumer<Throwable> onDiskFailure) {
        this.engine = setting.engine();
        this.clock = setting.clock();
        this.replicas = replicas;
        this.executor = Executors.newSingleThreadExecutor(runnable -> {
            Thread thread = new Thread(runnable, "flotilla-store-sweeper");
            thread.setDaemon(true);
            return thread;
        });
        this.oldIntents = new OldIntents(engine, replicas);
        this.onDiskFailure = onDiskFailure;
        this.retentionMicros = TimeUnit.NANOSECONDS.toMicros(retention.toNanos());
        this.schedule = new SweepSchedule(retentionMicros);
    }

    /** The range has applied so much. */
    void wrote(RangeId range, long bytes) {
        if (bytes > 0) {
            schedule.wrote(range.value(), bytes, LivenessService.nowMicros());
        }
    }

    /** To be called every now and then. */
    void tick() {
        long nowMicros = LivenessService.nowMicros();
        if (nowMicros - lookedMicros >= retentionMicros / OLD_INTENTS_PER_RETENTION) {
            lookedMicros = nowMicros;
            Timestamp old = clock.now().plusMicros(-retentionMicros / OLD_INTENTS_PER_RETENTION);
            execute(() -> oldIntents.look(old));
        }
        List<Long> due = schedule.takeDue(nowMicros);
        if (!due.isEmpty()) {
            synchronized (waiting) {
                waiting.addAll(due);
            }
            beginSome();
        }
    }

    void close() {
        closed = true;
        executor.shutdownNow();
    }

    private void beginSome() {
        while (!closed) {
            long range;
            synchronized (waiting) {
                if (underWay >= AT_ONCE_MAX || waiting.isEmpty()) {
                    return;
                }
                range = waiting.remove();
                underWay++;
            }
            begin(range);
        }
    }

    private void begin(long range) {
        Slot slot = replicas.find(new RangeId(range));
        if (slot == null || slot.isShut()) {
            schedule.forget(range);
            ended();
            return;
        }
        Dormant dormant = slot.dormant();
        if (dormant != null && dormant.status().role() != RaftStatus.Role.LEADER) {
            putOff(range);
            return;
        }
        slot.tell(new ReplicaActor.Look(look -> {
            if (look.isPresent()) {
                execute(() -> step(start(slot)));
            } else {
                putOff(range);
            }
        }));
    }

    private Sweep start(Slot slot) {
        RangeDescriptor range = slot.descriptor();
        Timestamp threshold = clock.now().plusMicros(-retentionMicros);
        VersionSweep look = new VersionSweep(engine, range.span(), threshold);
        return new Sweep(slot, range, threshold, look, LivenessService.nowMicros());
    }

    /** Looks at stretches until something is found. */
    private void step(Sweep sweep) {
        List<Mutation.Garbage> found = List.of();
        while (found.isEmpty() && !sweep.look().isDone()) {
            if (closed) {
                return;
            }
            found = sweep.look().step();
        }
        if (found.isEmpty()) {
            schedule.swept(sweep.range().id().value(), sweep.look().keptBytes(), sweep.beganMicros());
            ended();
            return;
        }
        Mutation.Sweep entry =
                new Mutation.Sweep(sweep.threshold(), sweep.range().generation(), found);
        sweep.slot().tell(new ReplicaActor.TakeAway(new Sweeping.Wish(entry, done -> {
            if (done) {
                execute(() -> step(sweep));
            } else {
                putOff(sweep.range().id().value());
            }
        })));
    }

    private void putOff(long range) {
        schedule.putOff(range, LivenessService.nowMicros());
        ended();
    }

    private void ended() {
        synchronized (waiting) {
            underWay--;
        }
        if (!closed) {
            execute(this::beginSome);
        }
    }

    private void execute(Runnable work) {
        if (closed) {
            return;
        }
        Runnable guarded = () -> {
            try {
                if (!closed) {
                    work.run();
                }
            } catch (RuntimeException failure) {
                if (!closed) {
                    onDiskFailure.accept(failure);
                }
            }
        };
        try {
            executor.execute(guarded);
        } catch (RejectedExecutionException stopping) {
            // Closed meanwhile.
        }
    }
}
