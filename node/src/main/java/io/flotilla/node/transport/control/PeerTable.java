package io.flotilla.node.transport.control;

import io.flotilla.config.id.NodeId;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Who has introduced itself, and whom not to believe. Pure; single-threaded. */
final class PeerTable {
    /** @param peer set if something is new about a peer. @param refusal set if the stranger is refused */
    record Outcome(@Nullable Peer peer, @Nullable String refusal) {
        static final Outcome NOTHING = new Outcome(null, null);
    }

    private final NodeId self;
    private final String selfAddress;
    private final TreeMap<NodeId, Peer> peers = new TreeMap<>();
    private String clusterId;

    PeerTable(NodeId self, String selfAddress, String clusterId) {
        this.self = self;
        this.selfAddress = selfAddress;
        this.clusterId = clusterId;
    }

    String clusterId() {
        return clusterId;
    }

    void clusterId(String newClusterId) {
        clusterId = newClusterId;
    }

    List<Peer> peers() {
        return new ArrayList<>(peers.values());
    }

    @Nullable
    Peer peer(NodeId id) {
        return peers.get(id);
    }

    /** Whether another node has introduced itself from that peer's address. */
    boolean isTakenOver(Peer peer) {
        for (Peer other : peers.values()) {
            if (!other.nodeId().equals(peer.nodeId()) && other.akkaAddress().equals(peer.akkaAddress())) {
                return true;
            }
        }
        return false;
    }

    Outcome hello(ControlMessage.Hello hello) {
        NodeId id = new NodeId(hello.nodeId());
        if (hello.akkaAddress().equals(selfAddress)) {
            return Outcome.NOTHING;
        }
        if (id.equals(self)) {
            return refused("two nodes claim the id " + id + ": this one at " + selfAddress + " and one at "
                    + hello.akkaAddress() + "; refused the latter");
        }
        if (!clusterId.isEmpty() && !hello.clusterId().isEmpty() && !clusterId.equals(hello.clusterId())) {
            return refused(id + " at " + hello.akkaAddress() + " belongs to cluster " + hello.clusterId() + ", " + self
                    + " to cluster " + clusterId + "; refused");
        }
        Peer known = peers.get(id);
        if (known != null && known.live() && !known.akkaAddress().equals(hello.akkaAddress())) {
            return refused("two nodes claim the id " + id + ": one at " + known.akkaAddress() + " and one at "
                    + hello.akkaAddress() + "; refused the latter");
        }
        Peer peer =
                new Peer(id, hello.akkaAddress(), hello.grpcAddress(), hello.clusterId(), hello.incarnation(), true);
        if (peer.equals(known)) {
            return Outcome.NOTHING;
        }
        peers.put(id, peer);
        return new Outcome(peer, null);
    }

    /** The peer at that address cannot be reached, or is gone. */
    Outcome silent(String akkaAddress) {
        for (Peer peer : peers.values()) {
            if (peer.live() && peer.akkaAddress().equals(akkaAddress)) {
                Peer dead = peer.dead();
                peers.put(peer.nodeId(), dead);
                return new Outcome(dead, null);
            }
        }
        return Outcome.NOTHING;
    }

    void forget(NodeId id) {
        peers.remove(id);
    }

    private static Outcome refused(String reason) {
        return new Outcome(null, reason);
    }
}
