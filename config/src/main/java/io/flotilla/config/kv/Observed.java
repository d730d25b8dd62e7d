package io.flotilla.config.kv;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.time.Timestamp;

/**
 * A leaseholder node's clock when the transaction first touched it: whatever that node wrote above it was written after the
 * transaction began, so it is not uncertain.
 */
public record Observed(NodeId node, Timestamp at) {}
