package io.flotilla.client;

import java.time.Duration;
import java.util.List;

/**
 * What operators do. Each call is blocking, goes to the first endpoint that answers, and throws {@link FlotillaException}. Safe
 * for several threads.
 */
public final class FlotillaAdmin implements AutoCloseable {
    private FlotillaAdmin() {}

    /** @param endpoints {@code host:port}, several separated by commas */
    public static FlotillaAdmin connect(String endpoints, Duration deadline) {
        throw new UnsupportedOperationException("not built yet");
    }

    /**
     * Turns a set of started nodes into a cluster, once.
     *
     * @param replicationFactor 0 means 3, or as many as there are nodes if fewer
     * @param nodesExpected waits until so many nodes have joined; 0 means {@code replicationFactor}
     */
    public InitResult init(int replicationFactor, int nodesExpected) {
        throw new UnsupportedOperationException("not built yet");
    }

    public ClusterStatus status() {
        throw new UnsupportedOperationException("not built yet");
    }

    public List<NodeStatus> nodes() {
        throw new UnsupportedOperationException("not built yet");
    }

    /** All ranges of users' keys, in key order. @param system also the system's own */
    public List<RangeStatus> ranges(boolean system) {
        return ranges(new byte[0], new byte[0], system);
    }

    /** Ranges that overlap [{@code start}, {@code end}); empty means unbounded. */
    public List<RangeStatus> ranges(byte[] start, byte[] end, boolean system) {
        throw new UnsupportedOperationException("not built yet");
    }

    /** Makes {@code key} the first key of a range. */
    public SplitResult split(byte[] key) {
        throw new UnsupportedOperationException("not built yet");
    }

    public TransferResult transferLease(long range, int toNode) {
        throw new UnsupportedOperationException("not built yet");
    }

    /** For the range that holds {@code key}. */
    public TransferResult transferLease(byte[] key, int toNode) {
        throw new UnsupportedOperationException("not built yet");
    }

    @Override
    public void close() {}

    /** @param alreadyInitialized true if the cluster was initialized before: nothing was changed */
    public record InitResult(String clusterId, List<Integer> nodes, boolean alreadyInitialized) {}

    /** As one node sees the cluster. @param clusterId empty before init */
    public record ClusterStatus(
            int node,
            String clusterId,
            boolean initialized,
            boolean serving,
            int nodesLive,
            int nodesTotal,
            int ranges,
            int rangesUnavailable,
            String version,
            Duration uptime) {}

    public record NodeStatus(
            int node, String address, String grpcAddress, boolean live, int replicas, int leaseholders) {}

    /** @param leaseholder 0 if not known */
    public record RangeStatus(
            long range,
            String start,
            String end,
            byte[] startKey,
            byte[] endKey,
            long generation,
            List<Integer> replicas,
            int leaseholder,
            RangeState state,
            boolean system,
            long appliedIndex) {}

    public enum RangeState {
        OK,
        NO_LEASEHOLDER,
        NO_QUORUM
    }

    /** @param alreadySplit true if a border was there already */
    public record SplitResult(long leftRange, long rightRange, boolean alreadySplit) {}

    public record TransferResult(long range, int fromNode, int toNode) {}
}
