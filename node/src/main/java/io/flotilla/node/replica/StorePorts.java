package io.flotilla.node.replica;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.node.liveness.service.LivenessService;
import io.flotilla.node.log.SharedLog;
import io.flotilla.node.mvcc.Mutation;
import io.flotilla.node.mvcc.StateChecksum;
import io.flotilla.node.raft.Now;
import io.flotilla.node.raft.RaftEvent;
import io.flotilla.node.raft.RaftMessage;
import io.flotilla.node.raft.Ready.Persist;
import io.flotilla.node.snapshot.SnapshotHeader;
import io.flotilla.node.snapshot.StagedSnapshot;
import io.flotilla.node.transport.ChecksumNote;
import io.flotilla.range.lifecycle.SplitTrigger;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import java.util.ArrayList;
import java.util.List;

/** One replica's ports on its store. Answers come back as messages to the replica's actor. */
final class StorePorts implements ReplicaPorts {
    private static final long AWAY_RETRY_MILLIS = 1_000;

    private final Store store;
    private final RangeId range;
    private final Slot self;
    private final Now since;

    StorePorts(Store store, Slot self, Now since) {
        this.store = store;
        this.range = self.range();
        this.self = self;
        this.since = since;
    }

    @Override
    public Now now() {
        return new Now(LivenessService.nowMicros(), store.setting().clock().now());
    }

    @Override
    public long micros() {
        return LivenessService.nowMicros();
    }

    @Override
    public Now since() {
        return since;
    }

    @Override
    public void persist(long number, Persist persist) {
        store.log().submit(range.value(), persist, new SharedLog.Listener() {
            @Override
            public void durable() {
                // The writer's thread has the next group to write; it must not run the replica's turn.
                store.wire().execute(() -> self.tell(new ReplicaActor.Persisted(number)));
            }

            @Override
            public void failed(Exception cause) {
                store.diskFailed(cause);
            }
        });
    }

    @Override
    public void send(NodeId to, RaftMessage message) {
        store.transport().sendRaft(to, range, message);
    }

    @Override
    public void push(TxnMeta pusher, TxnMeta holder) {
        store.resolver()
                .resolve(
                        pusher,
                        holder,
                        resolution -> self.tell(new ReplicaActor.Resolved(
                                resolution.holder(), resolution.status(), resolution.timestamp())));
    }

    @Override
    public boolean streamSnapshot(RangeDescriptor descriptor, int toReplica, long term, LocalState.Applied applied) {
        NodeId to = descriptor.replica(toReplica).orElseThrow().node();
        int from = descriptor.replicaOn(store.setting().node()).orElseThrow().replicaId();
        if (!store.transport().isReachable(to)) {
            store.later(AWAY_RETRY_MILLIS, () -> snapshotSent(toReplica, false));
            return false;
        }
        boolean room = store.snapshots()
                .sending()
                .admit(range.value(), toReplica, () -> self.tell(new ReplicaActor.SnapshotTurn(toReplica)));
        if (room) {
            store.snapshots()
                    .send(
                            new SnapshotHeader(
                                    descriptor,
                                    from,
                                    toReplica,
                                    term,
                                    applied.index(),
                                    applied.term(),
                                    applied.checksum(),
                                    applied.swept()),
                            to,
                            success -> snapshotSent(toReplica, success));
        }
        return room;
    }

    private void snapshotSent(int toReplica, boolean success) {
        self.tell(new ReplicaActor.Raise(new RaftEvent.SnapshotSent(toReplica, success)));
    }

    @Override
    public void cancelSnapshot(int toReplica) {
        store.snapshots().sending().decline(range.value(), toReplica);
    }

    @Override
    public void installSnapshot(StagedSnapshot snapshot) {
        store.snapshots()
                .install(
                        snapshot,
                        () -> true,
                        () -> store.wire().execute(() -> self.tell(new ReplicaActor.SnapshotInstalled(snapshot))));
    }

    @Override
    public void snapshotSettled(StagedSnapshot snapshot) {
        store.snapshots().settled(snapshot);
    }

    @Override
    public void splitOff(SplitTrigger split, boolean leaseholder) {
        store.splitOff(split.right(), leaseholder);
    }

    @Override
    public boolean overlapsOther(RangeDescriptor descriptor) {
        return store.replicas().overlapsOther(descriptor);
    }

    @Override
    public List<RangeDescriptor> othersHolding(KvBatch batch) {
        List<RangeDescriptor> found = new ArrayList<>();
        for (KvOp op : batch.ops()) {
            store.replicas()
                    .holding(op.key())
                    .filter(descriptor -> !descriptor.id().equals(range) && !found.contains(descriptor))
                    .ifPresent(found::add);
        }
        return found;
    }

    @Override
    public void sendChecksum(NodeId to, ChecksumNote note) {
        store.transport().sendChecksum(to, note);
    }

    @Override
    public void diverged(long index) {
        store.quarantine().diverged(self, index);
    }

    @Override
    public void alarm(ConsistencyCheck.Verdict verdict) {
        store.quarantine().alarm(self.descriptor(), verdict);
    }

    @Override
    public boolean countState(RangeDescriptor descriptor, StateChecksum checksum) {
        return store.counter()
                .count(
                        descriptor.span(),
                        sum -> self.tell(
                                new ReplicaActor.Counted(new Mutation.Check(checksum.since(), checksum.sum() - sum))));
    }

    @Override
    public void applied(long bytes) {
        store.flushes().changed(range);
        store.sweeps().wrote(range, bytes);
    }

    @Override
    public void replicasChanged(RangeDescriptor before, RangeDescriptor after, boolean leaseholder) {
        store.replicasChanged(before, after, leaseholder);
    }

    @Override
    public void descriptorChanged(RangeDescriptor descriptor) {
        store.replicas().changed(self, descriptor);
    }
}
