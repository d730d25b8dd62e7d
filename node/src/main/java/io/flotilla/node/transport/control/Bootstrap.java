package io.flotilla.node.transport.control;

import io.flotilla.config.id.NodeId;

/** A cluster is being founded. @param plan opaque here; must not be modified */
public record Bootstrap(String clusterId, NodeId initiator, byte[] plan) {}
