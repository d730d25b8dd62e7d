package io.flotilla.range.routing;

import io.flotilla.config.id.NodeId;
import java.util.function.Consumer;

/**
 * The door from the distribution layer down: sends a batch to one replica of one range, on this node or another.
 *
 * <p>Threading: callable from any thread, never blocks. The callback is called exactly once, on any thread, at the latest shortly after
 * the batch's timeout; it must not block.
 */
@FunctionalInterface
public interface ReplicaLink {
    void send(NodeId node, RangeRequest request, Consumer<RangeReply> callback);
}
