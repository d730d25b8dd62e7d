package io.flotilla.node.replica;

import io.flotilla.config.id.NodeId;
import io.flotilla.node.transport.ReplicaNotice;
import io.flotilla.node.transport.Transport;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * What stores tell each other about replicas that come and go. Each notice may be lost; each is sent again when it turns out to be needed.
 *
 * <p>Thread-safe.
 */
final class ReplicaNews {
    private final NodeId node;
    private final ReplicaDirectory replicas;
    private final Removals removals;
    private final StrangerMail strangers;
    private final Supplier<Transport> transport;
    private final LongSupplier nanos;

    /** @param nanos the monotonic clock that strangers' mail is kept by */
    ReplicaNews(
            NodeId node,
            ReplicaDirectory replicas,
            Removals removals,
            StrangerMail strangers,
            Supplier<Transport> transport,
            LongSupplier nanos) {
        this.node = node;
        this.replicas = replicas;
        this.removals = removals;
        this.strangers = strangers;
        this.transport = transport;
        this.nanos = nanos;
    }

    /** Whoever speaks to a later replica of the range on this node knows of a removal that was not heard of here. */
    void anotherIsMeant(NodeId from, Slot slot, int replicaId) {
        if (replicaId > slot.replicaId()) {
            tell(from, slot.range(), slot.replicaId(), ReplicaNotice.Kind.QUESTION);
        }
    }

    void heard(NodeId from, ReplicaNotice notice) {
        RangeId range = notice.range();
        Slot slot = replicas.find(range);
        switch (notice.kind()) {
            case REMOVED -> removals.removed(range, notice.replicaId());
            case QUESTION -> {
                if (slot != null && slot.descriptor().hasRemoved(notice.replicaId())) {
                    tell(from, range, notice.replicaId(), ReplicaNotice.Kind.REMOVED);
                }
            }
            case ADDED -> {
                if (slot != null) {
                    anotherIsMeant(from, slot, notice.replicaId());
                } else if (!removals.isRemoved(range, notice.replicaId())) {
                    strangers.expect(range.value(), nanos.getAsLong());
                }
            }
        }
    }

    /** A change of replicas was applied here. */
    void changed(RangeDescriptor before, RangeDescriptor after, boolean leaseholder) {
        for (ReplicaInfo replica : before.replicas()) {
            if (after.replica(replica.replicaId()).isEmpty()) {
                tell(replica.node(), after.id(), replica.replicaId(), ReplicaNotice.Kind.REMOVED);
            }
        }
        for (ReplicaInfo replica : after.replicas()) {
            if (leaseholder && before.replica(replica.replicaId()).isEmpty()) {
                tell(replica.node(), after.id(), replica.replicaId(), ReplicaNotice.Kind.ADDED);
            }
        }
    }

    /**
     * What the meta range says of a range that may have a replica here. If it names others than this one, and in a later change, those are asked
     * whether this one was removed: the notice may have been lost.
     */
    void compare(RangeDescriptor committed) {
        Slot slot = replicas.find(committed.id());
        if (slot == null
                || !committed.hasRemoved(slot.replicaId())
                || committed.generation() <= slot.descriptor().generation()) {
            return;
        }
        for (ReplicaInfo replica : committed.replicas()) {
            if (!replica.node().equals(node)) {
                tell(replica.node(), slot.range(), slot.replicaId(), ReplicaNotice.Kind.QUESTION);
            }
        }
    }

    private void tell(NodeId to, RangeId range, int replicaId, ReplicaNotice.Kind kind) {
        transport.get().sendNotice(to, new ReplicaNotice(range, replicaId, kind));
    }
}
