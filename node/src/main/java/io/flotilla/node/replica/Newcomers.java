package io.flotilla.node.replica;

import io.flotilla.config.id.NodeId;
import io.flotilla.node.snapshot.SnapshotHeader;
import io.flotilla.node.snapshot.SnapshotInbox;
import io.flotilla.node.snapshot.StagedSnapshot;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;

/**
 * What snapshots are for: a replica that fell behind the log, or one that is not here yet, for it was added, or split off while this node was away. Decides
 * which may come, and has those made that do.
 *
 * <p>Threading: any; replicas are made on the thread that installs.
 */
final class Newcomers implements SnapshotInbox.Host {
    /** The store they come to. */
    interface House {
        /** Nothing comes to it any more. */
        boolean isClosed();

        /** Whether it takes in replicas that it does not have: this node's id is known to be bound to it (B22). */
        boolean adopts();

        SnapshotTraffic snapshots();

        Removals removals();

        /** The replica's state has come and is durable: it is made, and wakes. */
        void open(RangeDescriptor descriptor);
    }

    private final NodeId node;
    private final ReplicaDirectory replicas;
    private final LostReplicas lost;
    private final House house;

    Newcomers(NodeId node, ReplicaDirectory replicas, LostReplicas lost, House house) {
        this.node = node;
        this.replicas = replicas;
        this.lost = lost;
        this.house = house;
    }

    /** Whether a replica of that id may come to be here. */
    private boolean mayCome(RangeId range, int replicaId) {
        return house.adopts()
                && lost.mayCome(range, replicaId)
                && !house.removals().isRemoved(range, replicaId);
    }

    /** Whether one is to come that was certainly never here, so that it has promised nothing. */
    boolean isExpected(RangeId range, int replicaId) {
        return !house.isClosed() && replicas.find(range) == null && !lost.isStoreRebuilt() && mayCome(range, replicaId);
    }

    @Override
    public boolean wants(SnapshotHeader header) {
        RangeDescriptor descriptor = header.descriptor();
        Slot slot = replicas.find(descriptor.id());
        if (slot != null && slot.replicaId() != header.toReplica()) {
            if (descriptor.hasRemoved(slot.replicaId())) {
                house.removals().removed(descriptor.id(), slot.replicaId());
            }
            return false;
        }
        // Whom a snapshot overlaps must shrink first.
        return !house.isClosed()
                && isMeant(header)
                && (slot == null ? mayCome(descriptor.id(), header.toReplica()) : !slot.isShut())
                && !replicas.overlapsOther(descriptor);
    }

    private boolean isMeant(SnapshotHeader header) {
        return header.descriptor()
                .replicaOn(node)
                .filter(replica -> replica.replicaId() == header.toReplica())
                .isPresent();
    }

    @Override
    public void arrived(StagedSnapshot snapshot) {
        Slot slot = replicas.find(snapshot.header().descriptor().id());
        if (slot == null) {
            createFrom(snapshot);
        } else if (slot.isShut()) {
            house.snapshots().settled(snapshot); // shut while it came in
        } else {
            slot.tell(new ReplicaActor.SnapshotArrived(snapshot));
        }
    }

    private void createFrom(StagedSnapshot snapshot) {
        RangeDescriptor descriptor = snapshot.header().descriptor();
        int replicaId = snapshot.header().toReplica();
        house.snapshots()
                .install(
                        snapshot,
                        () -> mayCome(descriptor.id(), replicaId) && !replicas.overlapsOther(descriptor),
                        () -> house.open(descriptor));
    }
}
