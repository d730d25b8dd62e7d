package io.flotilla.node.admin;

/**
 * A node as the registry knows it (JSON under {@code KeySpace.node}).
 *
 * @param transport host:port of the node's transport
 * @param grpc host:port for clients
 * @param store the id of the store this node id is bound to
 */
public record NodeEntry(int node, String transport, String grpc, String store) {}
