package io.flotilla.node.sim;

import io.flotilla.config.settings.LivenessSettings;
import io.flotilla.config.time.Timestamp;
import io.flotilla.node.liveness.LivenessConfig;
import io.flotilla.node.liveness.LivenessFact;
import io.flotilla.node.liveness.LivenessMessage;
import io.flotilla.node.liveness.LivenessReady;
import io.flotilla.node.liveness.LivenessState;
import io.flotilla.node.liveness.LivenessView;
import io.flotilla.node.liveness.StoreLiveness;
import io.flotilla.node.raft.Now;
import io.flotilla.node.raft.Support;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** The shell around one node's store liveness: its small file, its thread, its timer. Dies and stands still together with its node's replica. */
final class SimStore implements Support {
    private static final long CLOCK_STEP_MICROS = 4_000_000;

    final int node;
    private final World world;
    private final SimClock clock;
    private final Consumer<LivenessFact> facts;

    /** Durable. */
    private LivenessState file = LivenessState.INITIAL;

    private long boot = 1;

    /** When this life began. */
    private Now since;

    private StoreLiveness core;
    private LivenessView view;
    private List<LivenessReady.Persist> writes = new ArrayList<>();
    private List<Supplier<LivenessReady>> inbox = new ArrayList<>();
    private boolean alive;
    private boolean paused;
    private int incarnation;
    private long tickAtMicros = Long.MAX_VALUE;

    SimStore(World world, int node, SimClock clock, Consumer<LivenessFact> facts) {
        this.world = world;
        this.node = node;
        this.clock = clock;
        this.facts = facts;
        this.since = clock.now();
        this.core = newCore();
        this.view = core.view();
    }

    private StoreLiveness newCore() {
        long leaseMillis = world.weather.settings().leaseMillis();
        LivenessConfig config = new LivenessConfig(
                node, LivenessSettings.DEFAULT, leaseMillis, world.weather.maxOffsetMicros(), boot, CLOCK_STEP_MICROS);
        return new StoreLiveness(config, file, since);
    }

    Now since() {
        return since;
    }

    /** Makes the acquaintance of all other stores. */
    void start() {
        handle(() -> core.tick(clock.now()));
        for (SimReplica other : world.replicas) {
            if (other.id != node) {
                handle(() -> core.know(clock.now(), other.id));
            }
        }
    }

    // What happens

    void receive(int from, LivenessMessage message, Timestamp reading) {
        if (alive) {
            clock.advanceTo(world.queue.nowMicros());
            if (clock.receive(reading)) {
                handle(() -> core.received(clock.now(), from, message));
            }
        }
    }

    void diskStalled(boolean standsStill) {
        handle(() -> core.diskStalled(clock.now(), standsStill));
        handle(() -> core.tick(clock.now()));
    }

    void resign() {
        handle(() -> core.resign(clock.now()));
        handle(() -> core.tick(clock.now()));
    }

    private void handle(Supplier<LivenessReady> event) {
        if (!alive) {
            return;
        }
        if (paused) {
            inbox.add(event);
            return;
        }
        clock.advanceTo(world.queue.nowMicros());
        LivenessReady ready = event.get();
        view = core.view();
        world.liveness.published(this);
        LivenessReady.Persist persist = ready.persist();
        if (persist != null) {
            write(persist);
        }
        for (LivenessReady.Outgoing each : ready.send()) {
            Timestamp reading = clock.reading();
            world.liveness.leaves(this, each.message());
            if (each.message() instanceof LivenessMessage.Resign resign) {
                world.leases.resigned(node, resign.servedUpTo());
            }
            world.network.send(
                    node, each.to(), () -> world.replica(each.to()).store.receive(node, each.message(), reading));
        }
        ready.facts().forEach(facts);
        tickLater();
    }

    private void tickLater() {
        long at = world.queue.nowMicros() + clock.microsUntil(core.nextTickMicros());
        if (at >= tickAtMicros) {
            return;
        }
        tickAtMicros = at;
        int life = incarnation;
        // A timer may be late.
        world.queue.after(at - world.queue.nowMicros() + world.random.nextLong(2_000), 9, () -> {
            if (life == incarnation && tickAtMicros == at) {
                tickAtMicros = Long.MAX_VALUE;
                handle(() -> core.tick(clock.now()));
            }
        });
    }

    private void write(LivenessReady.Persist persist) {
        writes.add(persist);
        int life = incarnation;
        world.queue.after(world.drawSync(node), 10, () -> {
            if (life == incarnation && writes.contains(persist)) {
                writes = new ArrayList<>(writes.subList(writes.indexOf(persist) + 1, writes.size()));
                file = persist.state();
                handle(() -> core.persisted(clock.now(), persist.number()));
            }
        });
    }

    // Life and death

    void pause() {
        paused = true;
    }

    void resume() {
        paused = false;
        List<Supplier<LivenessReady>> waited = inbox;
        inbox = new ArrayList<>();
        waited.forEach(this::handle);
    }

    void crash() {
        alive = false;
        paused = false;
        incarnation++;
        tickAtMicros = Long.MAX_VALUE;
        inbox = new ArrayList<>();
        if (!writes.isEmpty() && world.random.nextBoolean()) {
            file = writes.get(world.random.nextInt(writes.size())).state();
        }
        writes = new ArrayList<>();
    }

    /** The machine has lost its power: nothing is known of how its monotonic clock went on. */
    void loseBoot() {
        boot++;
    }

    /** Nothing above was served by earlier lives: the next begins when its wall clock is there. */
    Timestamp servedUpTo() {
        clock.advanceTo(world.queue.nowMicros());
        return file.clock().at(boot, clock.monotonic());
    }

    void restart() {
        alive = true;
        clock.advanceTo(world.queue.nowMicros());
        since = clock.now();
        core = newCore();
        view = core.view();
        world.liveness.published(this);
        start();
    }

    boolean isAlive() {
        return alive;
    }

    LivenessView view() {
        return view;
    }

    private long monotonic() {
        return clock.monotonicAt(world.queue.nowMicros());
    }

    /** Whether, after whatever pause, an answer could leave now that leans on {@code other} at {@code epoch}. */
    boolean leansOn(int other, long epoch) {
        return alive && view.receivedUntilMicros(other, epoch) > monotonic();
    }

    // Support, by replica

    @Override
    public long givenTo(int replica) {
        return view.givenTo(world.nodeOf(replica));
    }

    @Override
    public Timestamp boundOf(int replica, long epoch) {
        return view.boundOf(world.nodeOf(replica), epoch);
    }

    @Override
    public long receivedUntilMicros(int replica, long epoch) {
        return view.receivedUntilMicros(world.nodeOf(replica), epoch);
    }

    @Override
    public Timestamp boundAcknowledged(int replica, long epoch) {
        return view.boundAcknowledged(world.nodeOf(replica), epoch);
    }

    @Override
    public long receivedEpoch(int replica) {
        return view.receivedEpoch(world.nodeOf(replica), monotonic());
    }

    @Override
    public Timestamp clockBound() {
        return view.clockBound(monotonic());
    }
}
