package io.flotilla.node.admin;

/**
 * A node as the registry knows it (JSON under {@code KeySpace.node}).
 *
 * @param transport host:port of the node's transport
 * @param grpc host:port for clients
 * @param store the id of the store this node id is bound to
 * @param leaving it is losing its replicas and gets no more
 * @param gone it has no replicas and never will; nobody may bear its id again
 */
public record NodeEntry(int node, String transport, String grpc, String store, boolean leaving, boolean gone) {
    public NodeEntry(int node, String transport, String grpc, String store) {
        this(node, transport, grpc, store, false, false);
    }

    /** The same node elsewhere: an address changes with a restart, the rest does not. */
    NodeEntry at(NodeEntry other) {
        return new NodeEntry(node, other.transport, other.grpc, store, leaving, gone);
    }

    /** What was said of it once, that it leaves or is gone, is for ever. */
    NodeEntry notBackFrom(NodeEntry before) {
        return new NodeEntry(node, transport, grpc, store, leaving || before.leaving, gone || before.gone);
    }

    NodeEntry leaving(boolean nowGone) {
        return new NodeEntry(node, transport, grpc, store, true, nowGone);
    }
}
