package io.flotilla.node.replica;

import io.flotilla.config.time.HybridClock;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.node.liveness.service.LivenessService;
import io.flotilla.node.mvcc.Mutation;
import io.flotilla.node.mvcc.VersionSweep;
import io.flotilla.node.raft.RaftStatus;
import io.flotilla.node.storage.Engine;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.txn.coordinator.ConflictResolver;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Has old versions taken away from the ranges that are led from here: looks for them beside the replicas, a stretch at a time, and has each stretch's
 * leaseholder bring what was found into the log, so that every replica takes away the same. The next stretch is looked at when that is applied.
 *
 * <p>Thread-safe; looks at the engine on its executor.
 */
final class VersionSweeps {
    /** Ranges that are swept at once: each waits for its log most of the time. */
    private static final int AT_ONCE_MAX = 8;

    /** What waits for the log without a quorum waits for long; its turn is better taken by another. */
    private static final long PATIENCE_MICROS = 60_000_000;

    /** Looked at before the others have their turn; some tens of milliseconds. */
    private static final int STRETCHES_MAX = 8;

    /** A transaction that was left alone is found within half of the time its versions are kept. */
    private static final int OLD_INTENTS_PER_RETENTION = 4;

    /** One range on its way. */
    private record Sweep(
            SweepPlaces.Place place,
            Slot slot,
            RangeDescriptor range,
            Timestamp threshold,
            VersionSweep look,
            long beganMicros) {}

    private final Engine engine;
    private final HybridClock clock;
    private final ReplicaDirectory replicas;
    private final ExecutorService executor;
    private final OldIntents oldIntents;
    private final OldRecords oldRecords;
    private final Consumer<Throwable> onDiskFailure;
    private final long retentionMicros;
    private final SweepSchedule schedule;

    private final SweepPlaces places = new SweepPlaces(AT_ONCE_MAX, PATIENCE_MICROS);

    /** Of whoever calls {@link #tick}. */
    private volatile long lookedMicros = LivenessService.nowMicros();

    private volatile boolean closed;

    VersionSweeps(
            Replica.Setting setting,
            ReplicaDirectory replicas,
            Duration retention,
            Consumer<Throwable> onDiskFailure,
            Supplier<ConflictResolver> resolver) {
        this.engine = setting.engine();
        this.clock = setting.clock();
        this.replicas = replicas;
        this.executor = Executors.newSingleThreadExecutor(runnable -> {
            Thread thread = new Thread(runnable, "flotilla-store-sweeper");
            thread.setDaemon(true);
            return thread;
        });
        this.oldIntents = new OldIntents(engine, replicas);
        this.oldRecords = new OldRecords(
                engine,
                anchor -> OldIntents.leaseholderOf(replicas, anchor) != null,
                record -> resolver.get().finish(record),
                // Whatever comes of it: what is left is found again.
                txn -> resolver.get().resolve(TxnMeta.NONE, txn, ignored -> {}));
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
            Timestamp forgotten = clock.now().plusMicros(-retentionMicros);
            execute(() -> oldRecords.look(forgotten));
        }
        List<Long> lost = places.giveUp(nowMicros);
        lost.forEach(range -> schedule.putOff(range, nowMicros));
        List<Long> due = schedule.takeDue(nowMicros);
        places.await(due);
        if (!due.isEmpty() || !lost.isEmpty()) {
            beginSome();
        }
    }

    void close() {
        closed = true;
        executor.shutdownNow();
    }

    private void beginSome() {
        while (!closed) {
            SweepPlaces.Place place = places.take(LivenessService.nowMicros());
            if (place == null) {
                return;
            }
            begin(place);
        }
    }

    private void begin(SweepPlaces.Place place) {
        long range = place.range();
        Slot slot = replicas.find(new RangeId(range));
        if (slot == null || slot.isShut()) {
            schedule.forget(range);
            ended(place);
            return;
        }
        Dormant dormant = slot.dormant();
        if (dormant != null && dormant.status().role() != RaftStatus.Role.LEADER) {
            putOff(place);
            return;
        }
        slot.tell(new ReplicaActor.Look(look -> {
            if (look.isPresent()) {
                execute(() -> step(start(place, slot)));
            } else {
                putOff(place);
            }
        }));
    }

    private Sweep start(SweepPlaces.Place place, Slot slot) {
        RangeDescriptor range = slot.descriptor();
        Timestamp threshold = clock.now().plusMicros(-retentionMicros);
        VersionSweep look = new VersionSweep(engine, range.span(), threshold);
        return new Sweep(place, slot, range, threshold, look, LivenessService.nowMicros());
    }

    /** Looks at some stretches, until something is found. */
    private void step(Sweep sweep) {
        if (!places.heard(sweep.place(), LivenessService.nowMicros())) {
            return;
        }
        List<Mutation.Garbage> found = List.of();
        for (int i = 0; i < STRETCHES_MAX && found.isEmpty() && !sweep.look().isDone() && !closed; i++) {
            found = sweep.look().step();
        }
        if (!found.isEmpty()) {
            takeAway(sweep, found);
        } else if (!sweep.look().isDone()) {
            execute(() -> step(sweep));
        } else {
            schedule.swept(sweep.range().id().value(), sweep.look().keptBytes(), sweep.beganMicros());
            ended(sweep.place());
        }
    }

    private void takeAway(Sweep sweep, List<Mutation.Garbage> found) {
        places.heard(sweep.place(), LivenessService.nowMicros());
        Mutation.Sweep entry =
                new Mutation.Sweep(sweep.threshold(), sweep.range().generation(), found);
        sweep.slot().tell(new ReplicaActor.TakeAway(new Sweeping.Wish(entry, done -> {
            if (done) {
                execute(() -> step(sweep));
            } else {
                putOff(sweep.place());
            }
        })));
    }

    private void putOff(SweepPlaces.Place place) {
        if (ended(place)) {
            schedule.putOff(place.range(), LivenessService.nowMicros());
        }
    }

    /** @return false if that sweep had been given up before */
    private boolean ended(SweepPlaces.Place place) {
        if (!places.leave(place)) {
            return false;
        }
        if (!closed) {
            execute(this::beginSome);
        }
        return true;
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
