package io.flotilla.node.transport.control;

import io.flotilla.config.id.NodeId;

/**
 * Another node that has introduced itself.
 *
 * @param akkaAddress {@code akka://flotilla@host:port}
 * @param grpcAddress {@code host:port} of its public interface
 * @param clusterId empty before bootstrap
 * @param incarnation changes with each start of its process
 * @param live false once the membership view says it cannot be reached or is gone
 */
public record Peer(
        NodeId nodeId, String akkaAddress, String grpcAddress, String clusterId, long incarnation, boolean live) {
    Peer dead() {
        return new Peer(nodeId, akkaAddress, grpcAddress, clusterId, incarnation, false);
    }
}
