package io.flotilla.node.liveness;

import io.flotilla.config.id.NodeId;

/**
 * Store liveness as the other rooms of a node see it.
 *
 * <p>Threading: any thread; nothing blocks.
 */
public interface Liveness {
    /** The latest view. Whoever decides on it takes it anew for each decision, and once more as an answer leaves. */
    LivenessView view();

    /** Another store said something. */
    void received(NodeId from, LivenessMessage message);
}
