package io.flotilla.node.replica;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.settings.IdleSettings;
import io.flotilla.node.liveness.service.LivenessService;
import io.flotilla.range.routing.RangeId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that a store's idle ranges cost nothing: gives ticks to the replicas that are awake and to no others, puts those to sleep that have rested
 * long enough, and wakes those that waited for a store that is gone, a few at a time. Runs no timer while there is nothing to do.
 *
 * <p>Thread-safe; what it tells replicas it tells on the wire's thread.
 */
final class SleepWatch {
    private static final Logger LOG = LoggerFactory.getLogger(SleepWatch.class);

    /** Runs something on the wire's thread, later. */
    interface Timers {
        void after(long millis, Runnable task);

        /** A monotonic clock. */
        default long nowMicros() {
            return LivenessService.nowMicros();
        }
    }

    /** Falling asleep is work too. */
    private static final int FALL_ASLEEP_AT_ONCE_MAX = 250;

    private static final long LOOK_MILLIS_MAX = 1_000;

    /** Replicas woken with each tick when the store starts: about what a core can have apply what they missed meanwhile. */
    private static final int AT_START_MIN = 16;

    /** However many there are, all are awake after so many ticks. */
    private static final int AT_START_TICKS = 200;

    private final Wakefulness<Slot> wakefulness;
    private final ReplicaDirectory replicas;
    private final Timers timers;
    private final Consumer<RangeId> asleep;
    private final long tickMillis;
    private final long lookMillis;
    private final NodeId node;
    private final AtomicBoolean ticking = new AtomicBoolean();
    private final AtomicBoolean looking = new AtomicBoolean();
    private final AtomicLong woken = new AtomicLong();
    private volatile boolean closed;

    /** How many are woken with each tick as long as not all are awake that are to be when the store starts; 0 when they are. */
    private volatile int atStart;

    /** @param asleep told of each range whose replica has fallen asleep */
    SleepWatch(
            NodeId node,
            IdleSettings settings,
            long tickMillis,
            ReplicaDirectory replicas,
            Timers timers,
            Consumer<RangeId> asleep) {
        this.asleep = asleep;
        this.node = node;
        this.wakefulness = new Wakefulness<>(settings.passivateAfterMillis() * 1_000, settings.wakingMax());
        this.tickMillis = tickMillis;
        this.lookMillis = Math.min(LOOK_MILLIS_MAX, Math.max(tickMillis, settings.passivateAfterMillis() / 4));
        this.replicas = replicas;
        this.timers = timers;
    }

    /** The door as the replica that is built behind it, just now, knows it. */
    ReplicaActor.Door door(Slot slot, Consumer<Throwable> onFailure) {
        woken.incrementAndGet();
        return new ReplicaActor.Door() {
            @Override
            public void awake() {
                slot.rests(null);
                wakefulness.awake(slot);
                keepTicking();
            }

            @Override
            public void rests(Slot.Rest waitsFor) {
                slot.rests(waitsFor);
                wakefulness.rests(slot, timers.nowMicros());
                keepLooking();
            }

            @Override
            public boolean fallAsleep(long heard, Dormant kept) {
                // What it waits for may have happened since it looked. Forgotten first: whoever wakes it makes it known
                // again.
                boolean gone = wakefulness.sleeps(slot) && slot.fallAsleep(heard, kept);
                if (gone) {
                    asleep.accept(slot.range());
                } else {
                    wakefulness.rests(slot, timers.nowMicros());
                }
                return gone;
            }

            @Override
            public void failed(Throwable failure) {
                wakefulness.forget(slot);
                onFailure.accept(failure);
            }
        };
    }

    /** How often a replica was built because somebody told it something. */
    long woken() {
        return woken.get();
    }

    /** It is not in the directory any more. */
    void forget(Slot slot) {
        wakefulness.forget(slot);
    }

    /**
     * As {@link #wake}, when the store starts: each of them has to apply what its log holds beyond the state, and the ranges that somebody asks for are to
     * come first. Those are woken by being asked.
     */
    void wakeAtStart(List<Slot> sleepers) {
        atStart = Math.max(AT_START_MIN, sleepers.size() / AT_START_TICKS);
        wake(sleepers);
    }

    /** They rest, and should not. Whoever of them is told something meanwhile is awake at once. */
    void wake(List<Slot> sleepers) {
        if (sleepers.isEmpty()) {
            return;
        }
        // The other stores wake replicas of the same ranges; were the order the same, two would campaign in each.
        List<Slot> mixed = new ArrayList<>(sleepers);
        Collections.shuffle(mixed, new Random(node.value()));
        wakefulness.wakeInTurn(mixed);
        timers.after(0, this::wakeSome);
        keepTicking();
    }

    /** That node's store is supported no longer: who was led from there looks for another leader. */
    void withdrawn(NodeId from) {
        wake(all(slot -> slot.isLedFrom(from)));
    }

    /** That node's store is back: who has something for it tells it. */
    void supportedBy(NodeId by) {
        wake(all(slot -> slot.misses(by)));
    }

    private List<Slot> all(Predicate<Slot> wanted) {
        List<Slot> found = new ArrayList<>();
        for (Slot slot : replicas.all()) {
            if (wanted.test(slot)) {
                found.add(slot);
            }
        }
        return found;
    }

    void close() {
        closed = true;
    }

    // ---- timers --------------------------------------------------------------------------------------------------

    private void keepTicking() {
        if (!closed && wakefulness.isTickNeeded() && ticking.compareAndSet(false, true)) {
            timers.after(tickMillis, this::tick);
        }
    }

    private void tick() {
        if (closed) {
            return;
        }
        try {
            wakeSome();
            for (Slot slot : wakefulness.awake()) {
                slot.tellIfAwake(ReplicaActor.Tick.INSTANCE);
            }
        } finally {
            // Whatever happened to one: the others go on.
            ticking.set(false);
            keepTicking();
        }
    }

    private void wakeSome() {
        int few = atStart;
        List<Slot> due = few > 0 ? wakefulness.takeTurns(few) : wakefulness.takeTurns();
        if (wakefulness.toWakeCount() == 0) {
            atStart = 0;
        }
        for (Slot slot : due) {
            if (!closed) {
                wake(slot);
            }
        }
    }

    /** Those that are woken with it are not named again. */
    private static void wake(Slot slot) {
        try {
            slot.tell(ReplicaActor.Tick.INSTANCE);
        } catch (RuntimeException failure) {
            LOG.error("the replica of {} cannot be woken", slot.descriptor(), failure);
        }
    }

    private void keepLooking() {
        if (!closed && wakefulness.hasResting() && looking.compareAndSet(false, true)) {
            timers.after(lookMillis, this::look);
        }
    }

    private void look() {
        try {
            for (Slot slot : wakefulness.drowsy(timers.nowMicros(), FALL_ASLEEP_AT_ONCE_MAX)) {
                if (!closed) {
                    slot.tellIfAwake(ReplicaActor.FallAsleep.INSTANCE);
                }
            }
        } finally {
            looking.set(false);
            keepLooking();
        }
    }
}
