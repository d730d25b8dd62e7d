package io.flotilla.node.liveness;

import io.flotilla.config.time.Timestamp;
import io.flotilla.node.raft.Support;
import java.util.Arrays;

/**
 * What store liveness knew at one moment, by node. Immutable; look-ups do not allocate. Those who decide on it take the latest view each time; see
 * {@link Support} for the meaning of each.
 */
public final class LivenessView {
    private final int[] nodes;
    private final long[] given;
    private final long[] givenUntil;
    private final Bounds[] bounds;
    private final long[] askedEpoch;
    private final long[] receivedUntil;
    private final Timestamp[] acknowledged;
    private final Timestamp floor;
    private final ClockBound clock;

    LivenessView(int size, Timestamp floor, ClockBound clock) {
        nodes = new int[size];
        given = new long[size];
        givenUntil = new long[size];
        bounds = new Bounds[size];
        askedEpoch = new long[size];
        receivedUntil = new long[size];
        acknowledged = new Timestamp[size];
        this.floor = floor;
        this.clock = clock;
    }

    /** Only while the view is built; nodes ascend with {@code at}. */
    void fill(int at, int node, Given gives, Asked asks) {
        nodes[at] = node;
        given[at] = gives.published();
        givenUntil[at] = gives.untilMicros();
        bounds[at] = gives.bounds();
        askedEpoch[at] = asks.epoch();
        receivedUntil[at] = asks.untilMicros();
        acknowledged[at] = asks.acknowledged();
    }

    /** @see Support#givenTo */
    public long givenTo(int node) {
        int at = find(node);
        return at < 0 ? Support.NO_EPOCH : given[at];
    }

    /** When the support given to that node runs out unless it is renewed, on this node's monotonic clock; {@link Support#NEVER} if none is given. */
    public long givenUntilMicros(int node) {
        int at = find(node);
        return at < 0 || given[at] == Support.NO_EPOCH ? Support.NEVER : givenUntil[at];
    }

    /** @see Support#boundOf */
    public Timestamp boundOf(int node, long epoch) {
        int at = find(node);
        return at < 0 ? floor : bounds[at].of(epoch);
    }

    /** @see Support#receivedUntilMicros */
    public long receivedUntilMicros(int node, long epoch) {
        int at = find(node);
        return at < 0 || askedEpoch[at] != epoch ? Support.NEVER : receivedUntil[at];
    }

    /** @see Support#boundAcknowledged */
    public Timestamp boundAcknowledged(int node, long epoch) {
        int at = find(node);
        return at < 0 || askedEpoch[at] != epoch ? Timestamp.ZERO : acknowledged[at];
    }

    /** @see Support#receivedEpoch */
    public long receivedEpoch(int node, long nowMicros) {
        int at = find(node);
        return at < 0 || nowMicros >= receivedUntil[at] ? Support.NO_EPOCH : askedEpoch[at];
    }

    /** @see Support#clockBound */
    public Timestamp clockBound(long nowMicros) {
        return clock.at(nowMicros);
    }

    /** The known stores, ascending. */
    public int[] nodes() {
        return nodes.clone();
    }

    private int find(int node) {
        return Arrays.binarySearch(nodes, node);
    }
}
