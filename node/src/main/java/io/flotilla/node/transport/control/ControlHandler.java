package io.flotilla.node.transport.control;

import io.flotilla.config.id.NodeId;
import java.util.function.Consumer;

/**
 * What the control plane tells its node. Called on the control actor's thread: must be quick. Replies may be given later, from any thread, once.
 */
public interface ControlHandler {
    /** A node introduced itself, or something about it changed. */
    void onPeer(Peer peer);

    /** Somebody founds a cluster and wants this node in it. */
    void onBootstrap(Bootstrap bootstrap, Consumer<BootstrapAck> reply);

    /** A small question from another node. */
    void onAdminCall(NodeId from, String kind, byte[] payload, Consumer<AdminReply> reply);

    /** Whether that node has left the cluster for good: nothing is expected of it. Asked often. */
    default boolean isGone(NodeId node) {
        return false;
    }

    /** A stranger was refused: another bearer of a node id, or a node of another cluster. Told once per stranger and reason. */
    default void onRefused(String reason) {}
}
