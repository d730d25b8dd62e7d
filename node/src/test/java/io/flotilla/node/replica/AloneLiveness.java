package io.flotilla.node.replica;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.settings.LivenessSettings;
import io.flotilla.config.time.HybridClock;
import io.flotilla.node.liveness.Liveness;
import io.flotilla.node.liveness.LivenessConfig;
import io.flotilla.node.liveness.LivenessMessage;
import io.flotilla.node.liveness.LivenessState;
import io.flotilla.node.liveness.LivenessView;
import io.flotilla.node.liveness.StoreLiveness;
import io.flotilla.node.raft.Now;

/** A store that hears of no other. */
final class AloneLiveness implements Liveness {
    private final LivenessView view;

    AloneLiveness(int node, HybridClock clock) {
        LivenessConfig config = new LivenessConfig(node, LivenessSettings.DEFAULT, 800, clock.maxOffsetMicros());
        view = new StoreLiveness(config, LivenessState.INITIAL, new Now(0, clock.now())).view();
    }

    @Override
    public LivenessView view() {
        return view;
    }

    @Override
    public void received(NodeId from, LivenessMessage message) {}
}
