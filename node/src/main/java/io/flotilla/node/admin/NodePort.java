package io.flotilla.node.admin;

import io.flotilla.config.id.NodeId;
import io.flotilla.node.transport.control.AdminReply;
import java.time.Duration;
import java.util.function.Consumer;

/** The nodes, as operations see them. Thread-safe. */
public interface NodePort {
    /** Asks any node, this one included, something of {@link AdminCalls}. */
    void call(NodeId node, String kind, byte[] payload, Duration timeout, Consumer<AdminReply> callback);

    boolean isLive(NodeId node);

    /** A node that will not come back leaves the membership view. */
    void forget(NodeId node);
}
