package io.flotilla.node.replica;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.settings.LivenessSettings;
import io.flotilla.config.time.HybridClock;
import io.flotilla.node.liveness.ClockMark;
import io.flotilla.node.liveness.Liveness;
import io.flotilla.node.liveness.LivenessConfig;
import io.flotilla.node.liveness.LivenessFact;
import io.flotilla.node.liveness.LivenessMessage;
import io.flotilla.node.liveness.LivenessReady;
import io.flotilla.node.liveness.LivenessState;
import io.flotilla.node.liveness.LivenessView;
import io.flotilla.node.liveness.StoreLiveness;
import io.flotilla.node.raft.Now;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** A store's liveness in a laboratory: its file is durable at once, and messages go where the laboratory sends them. */
final class LabLiveness implements Liveness {
    /** The laboratory's wire. */
    interface Wire {
        void send(NodeId from, NodeId to, LivenessMessage message);
    }

    private final NodeId node;
    private final HybridClock clock;
    private final LongSupplier micros;
    private final Wire wire;
    private final StoreLiveness core;

    /** Its file. */
    private LivenessState disk;

    /** Hears what has become true. */
    Consumer<LivenessFact> facts = fact -> {};

    LabLiveness(NodeId node, HybridClock clock, LongSupplier micros, Wire wire, LivenessState disk, long boot) {
        this.node = node;
        this.clock = clock;
        this.micros = micros;
        this.wire = wire;
        this.disk = disk;
        LivenessConfig config = new LivenessConfig(
                node.value(), LivenessSettings.DEFAULT, 800, clock.maxOffsetMicros(), boot, ClockMark.STEP_MICROS);
        this.core = new StoreLiveness(config, disk, now());
    }

    /** Of a store that is new. */
    LabLiveness(NodeId node, HybridClock clock, LongSupplier micros, Wire wire) {
        this(node, clock, micros, wire, LivenessState.INITIAL, ClockMark.NO_BOOT);
    }

    private Now now() {
        return new Now(micros.getAsLong(), clock.now());
    }

    LivenessState disk() {
        return disk;
    }

    void know(NodeId other) {
        carryOut(core.know(now(), other.value()));
    }

    void tick() {
        if (micros.getAsLong() >= core.nextTickMicros()) {
            carryOut(core.tick(now()));
        }
    }

    @Override
    public LivenessView view() {
        return core.view();
    }

    @Override
    public void received(NodeId from, LivenessMessage message) {
        carryOut(core.received(now(), from.value(), message));
    }

    private void carryOut(LivenessReady ready) {
        ready.send().forEach(each -> wire.send(node, new NodeId(each.to()), each.message()));
        LivenessReady.Persist persist = ready.persist();
        if (persist != null) {
            disk = persist.state();
            carryOut(core.persisted(now(), persist.number()));
        }
        ready.facts().forEach(facts);
    }
}
