package io.flotilla.node.grpc;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.kv.KvError;
import io.flotilla.range.routing.RangeDescriptor;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What operators can ask of a cluster, apart from splits. Whoever wires the rooms implements it.
 *
 * <p>Threading: callable from any thread, never blocks; callbacks run on any thread, exactly once.
 */
public interface ClusterAdmin {
    /**
     * Turns started nodes into a cluster, once.
     *
     * @param replicationFactor 0 for 3, or as many as there are nodes if fewer
     * @param nodesExpected fail unless this many nodes have joined; 0 for {@code replicationFactor}
     */
    void init(int replicationFactor, int nodesExpected, Consumer<Answer<Initialized>> callback);

    void status(Consumer<Answer<Status>> callback);

    void nodes(Consumer<Answer<List<Node>>> callback);

    /** All ranges in key order, the system's own included. */
    void ranges(Consumer<Answer<List<Range>>> callback);

    /** Moves a range's lease to {@code to}, which has a replica and does not hold the lease. */
    void transferLease(RangeDescriptor range, NodeId to, long timeoutMicros, Consumer<Answer<Moved>> callback);

    /** Either a value or the reason why there is none. */
    sealed interface Answer<T> {}

    record Ok<T>(T value) implements Answer<T> {}

    record Failed<T>(KvError error) implements Answer<T> {}

    /** @param alreadyInitialized nothing was changed */
    record Initialized(String clusterId, List<NodeId> nodes, boolean alreadyInitialized) {}

    /**
     * @param clusterId empty before init
     * @param serving whether this node could just now read through the meta range
     */
    record Status(
            NodeId node,
            String clusterId,
            boolean initialized,
            boolean serving,
            int nodesLive,
            int nodesTotal,
            int ranges,
            int rangesUnavailable,
            String version,
            long uptimeMillis) {}

    /** Addresses are host:port. */
    record Node(
            NodeId id,
            String address,
            String grpcAddress,
            boolean live,
            int replicas,
            int leaseholders,
            Optional<Serving> serving) {}

    /** How a node served since it started; see the protocol. */
    record Serving(List<LeaseMargin> leaseMargins, long answersTooLate, long writesRefused, long unappliedBytes) {}

    /** @param belowMillis upper end of the bucket, exclusive; 0 for the last, which is open */
    record LeaseMargin(long belowMillis, long answers) {}

    enum RangeState {
        /** A leaseholder serves. */
        OK,
        NO_LEASEHOLDER,
        NO_QUORUM
    }

    /** @param leaseholder {@link NodeId#NONE} if unknown */
    record Range(RangeDescriptor descriptor, NodeId leaseholder, RangeState state, long appliedIndex) {}

    /** The lease is where it was wanted. */
    record Moved(NodeId from, NodeId to) {}
}
