package io.flotilla.node.replica;

import io.flotilla.config.id.NodeId;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * Where a replica's peers are. As its descriptor says; but one that was away is brought up to date by a leader that may have come after the descriptor as it
 * is applied here, and has to answer it: where such a one is, it says itself.
 *
 * <p>Threading: the replica's own turn only.
 */
final class Peers {
    private final Supplier<RangeDescriptor> descriptor;
    private final Map<Integer, NodeId> newcomers = new TreeMap<>();

    Peers(Supplier<RangeDescriptor> descriptor) {
        this.descriptor = descriptor;
    }

    /** That replica has spoken, from that node. */
    void heard(int replica, NodeId from) {
        if (isNewer(replica)) {
            newcomers.put(replica, from);
        }
    }

    /** Empty for one that was removed, or was never heard of. */
    Optional<NodeId> nodeOf(int replica) {
        return descriptor
                .get()
                .replica(replica)
                .map(ReplicaInfo::node)
                .or(() -> Optional.ofNullable(newcomers.get(replica)));
    }

    /** The descriptor is another one now: those that it knows, or has known, it speaks for. */
    void descriptorChanged() {
        newcomers.keySet().removeIf(replica -> !isNewer(replica));
    }

    private boolean isNewer(int replica) {
        return replica >= descriptor.get().nextReplicaId();
    }
}
