package io.flotilla.node.admin;

import io.flotilla.config.id.NodeId;
import io.flotilla.node.transport.control.AdminReply;
import java.time.Duration;
import java.util.Collection;
import java.util.function.Consumer;

/** The nodes, as operations see them. Thread-safe. */
public interface NodePort {
    /** Asks any node, this one included, something of {@link AdminCalls}. */
    void call(NodeId node, String kind, byte[] payload, Duration timeout, Consumer<AdminReply> callback);

    boolean isLive(NodeId node);

    /** Everybody who has introduced himself and answers, this node not among them; whatever the registry knows, which may be some seconds old. */
    Collection<NodeId> live();

    /** A node that will not come back leaves the membership view. */
    void forget(NodeId node);
}
