package io.flotilla.node.replica;

import io.flotilla.config.time.Timestamp;
import io.flotilla.node.liveness.Liveness;
import io.flotilla.node.liveness.LivenessView;
import io.flotilla.node.raft.Support;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Store liveness as one group's consensus sees it: by replica id instead of node. Does not allocate. A replica that the descriptor does not name (any more)
 * has no support and gives none, except that what its store may have served is still answered for, conservatively.
 *
 * <p>Threading: as {@link Support} says.
 */
final class GroupSupport implements Support {
    private static final int NO_NODE = 0;

    private final Liveness liveness;
    private final Supplier<RangeDescriptor> descriptor;
    private final LongSupplier nowMicros;

    /** @param nowMicros the monotonic clock that liveness is on */
    GroupSupport(Liveness liveness, Supplier<RangeDescriptor> descriptor, LongSupplier nowMicros) {
        this.liveness = liveness;
        this.descriptor = descriptor;
        this.nowMicros = nowMicros;
    }

    @Override
    public long givenTo(int replica) {
        int node = node(replica);
        return node == NO_NODE ? NO_EPOCH : liveness.view().givenTo(node);
    }

    @Override
    public Timestamp boundOf(int replica, long epoch) {
        return liveness.view().boundOf(node(replica), epoch);
    }

    @Override
    public long receivedUntilMicros(int replica, long epoch) {
        int node = node(replica);
        return node == NO_NODE ? NEVER : liveness.view().receivedUntilMicros(node, epoch);
    }

    @Override
    public Timestamp boundAcknowledged(int replica, long epoch) {
        int node = node(replica);
        return node == NO_NODE ? Timestamp.ZERO : liveness.view().boundAcknowledged(node, epoch);
    }

    @Override
    public long receivedEpoch(int replica) {
        int node = node(replica);
        LivenessView view = liveness.view();
        return node == NO_NODE ? NO_EPOCH : view.receivedEpoch(node, nowMicros.getAsLong());
    }

    @Override
    public Timestamp clockBound() {
        return liveness.view().clockBound(nowMicros.getAsLong());
    }

    private int node(int replica) {
        List<ReplicaInfo> replicas = descriptor.get().replicas();
        for (int i = 0; i < replicas.size(); i++) {
            ReplicaInfo info = replicas.get(i);
            if (info.replicaId() == replica) {
                return info.node().value();
            }
        }
        return NO_NODE;
    }
}
