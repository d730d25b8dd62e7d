package io.flotilla.node.transport.control;

import io.flotilla.config.id.NodeId;

/** @param clusterIdFound what the node belonged to already; empty for nothing. @param error empty if ok */
public record BootstrapAck(NodeId nodeId, boolean ok, String clusterIdFound, String error) {}
