package io.flotilla.node.grpc;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.kv.KvError;
import io.flotilla.range.lifecycle.ReplicaChange;
import io.flotilla.range.lifecycle.ReplicaChangeResult;
import io.flotilla.range.recovery.RecoveryPlan;
import io.flotilla.range.routing.RangeDescriptor;
import java.util.List;
import java.util.Optional;
import java.util.Set;
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

    /** What all ranges are, in key order, the system's own included; nobody is asked how they are, which may take seconds. */
    void descriptors(Consumer<Answer<List<RangeDescriptor>>> callback);

    /** Moves a range's lease to {@code to}, which has a replica. If it is there already nothing is done, and it is from where it is to. */
    void transferLease(RangeDescriptor range, NodeId to, long timeoutMicros, Consumer<Answer<Moved>> callback);

    /** Changes which nodes have replicas of a range. */
    void changeReplicas(
            RangeDescriptor range, ReplicaChange wish, long timeoutMicros, Consumer<ReplicaChangeResult> callback);

    /** Makes a node hand all its leases over. */
    void drain(NodeId node, long timeoutMicros, Consumer<Answer<Drained>> callback);

    /** Moves all replicas of a node elsewhere, and then takes it out of the cluster. Asked again, it goes on from where it is. */
    void decommission(NodeId node, long timeoutMicros, Consumer<Answer<Decommissioned>> callback);

    /**
     * Nodes are lost for good: makes the ranges that have no quorum without them go on from what is left. Asked again, it goes on from where it is.
     *
     * @param dryRun only say what would be done
     */
    void recover(Set<NodeId> lost, boolean dryRun, long timeoutMicros, Consumer<Answer<Recovered>> callback);

    /** Either a value or the reason why there is none. */
    sealed interface Answer<T> {}

    record Ok<T>(T value) implements Answer<T> {}

    record Failed<T>(KvError error) implements Answer<T> {}

    /** What was named does not exist. */
    record Absent<T>(String what) implements Answer<T> {}

    /** @param moved leases handed over. @param left leases that nobody could take in time */
    record Drained(int moved, int left) {}

    /**
     * @param moved replicas, by this call
     * @param left replicas still there; 0 if it is done
     * @param waitsFor for people, unless done
     */
    record Decommissioned(int moved, int left, boolean done, String waitsFor) {}

    /**
     * What was, or would be, done after the loss of nodes.
     *
     * @param plan the first one; a split whose end nobody had heard of may have made another one necessary
     * @param problems one line each, for people
     * @param done false if the time was up
     * @param waitsFor for people, unless done
     */
    record Recovered(RecoveryPlan plan, List<String> problems, boolean done, String waitsFor) {}

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
            int asleep,
            NodeState state,
            Optional<Serving> serving) {}

    /** How a node served since it started; see the protocol. */
    record Serving(
            List<LeaseMargin> leaseMargins,
            long answersTooLate,
            long writesRefused,
            long unappliedBytes,
            List<String> alarms,
            long woken,
            boolean drained) {}

    /** @param belowMillis upper end of the bucket, exclusive; 0 for the last, which is open */
    record LeaseMargin(long belowMillis, long answers) {}

    enum NodeState {
        ACTIVE,
        /** It was told to hand over what it leads, and leads nothing any more. */
        DRAINING,
        /** It is losing its replicas, and gets no more. */
        DECOMMISSIONING
    }

    enum RangeState {
        /** A leaseholder serves. */
        OK,
        NO_LEASEHOLDER,
        NO_QUORUM,
        /** A leaseholder serves, but its writes wait for their quorum longer than they should. */
        SLOW;

        public boolean isServed() {
            return this == OK || this == SLOW;
        }
    }

    /**
     * @param leaseholder {@link NodeId#NONE} if unknown
     * @param asleep the nodes where its replica sleeps
     */
    record Range(
            RangeDescriptor descriptor, NodeId leaseholder, RangeState state, long appliedIndex, Set<NodeId> asleep) {}

    /** The lease is where it was wanted. */
    record Moved(NodeId from, NodeId to) {}
}
