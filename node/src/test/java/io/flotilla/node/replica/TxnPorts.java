package io.flotilla.node.replica;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.txn.TxnMeta;
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
import java.util.ArrayList;
import java.util.List;

/** A replica's ports on its process: what {@link StorePorts} is in a server. */
final class TxnPorts implements ReplicaPorts {
    private static final long AWAY_RETRY_MICROS = 1_000_000;

    private final TxnProcess process;
    private final Slot self;
    private final Now since;

    TxnPorts(TxnProcess process, Slot self, Now since) {
        this.process = process;
        this.self = self;
        this.since = since;
    }

    @Override
    public Now now() {
        return process.now();
    }

    @Override
    public long micros() {
        return process.micros();
    }

    @Override
    public Now since() {
        return since;
    }

    @Override
    public void persist(long number, Persist persist) {
        process.log.submit(self.range().value(), persist, new SharedLog.Listener() {
            @Override
            public void durable() {
                process.after(0, () -> self.tell(new ReplicaActor.Persisted(number)));
            }

            @Override
            public void failed(Exception cause) {
                throw new AssertionError(cause);
            }
        });
    }

    @Override
    public void send(NodeId to, RaftMessage message) {
        process.wire.sendRaft(to, self.range(), message);
    }

    @Override
    public void push(TxnMeta pusher, TxnMeta holder) {
        process.transactions.resolve(
                pusher,
                holder,
                found -> self.tell(new ReplicaActor.Resolved(found.holder(), found.status(), found.timestamp())));
    }

    @Override
    public void splitOff(SplitTrigger split, boolean leaseholder) {
        process.store.splitOff(split.right(), leaseholder);
    }

    @Override
    public boolean overlapsOther(RangeDescriptor descriptor) {
        return process.store.replicas.overlapsOther(descriptor);
    }

    @Override
    public List<RangeDescriptor> othersHolding(KvBatch batch) {
        List<RangeDescriptor> found = new ArrayList<>();
        for (KvOp op : batch.ops()) {
            process.store
                    .replicas
                    .holding(op.key())
                    .filter(descriptor -> !descriptor.id().equals(self.range()) && !found.contains(descriptor))
                    .ifPresent(found::add);
        }
        return found;
    }

    @Override
    public void sendChecksum(NodeId to, ChecksumNote note) {
        process.wire.sendChecksum(to, note);
    }

    @Override
    public void diverged(long index) {
        process.world()
                .violated("the replica of " + self.descriptor() + " on " + process.node.id
                        + " is not what the others are at " + index);
    }

    @Override
    public void alarm(ConsistencyCheck.Verdict verdict) {
        process.world().violated("replicas of " + self.descriptor() + " are not the same: " + verdict);
    }

    @Override
    public boolean countState(RangeDescriptor descriptor, StateChecksum checksum) {
        long sum = StateCounter.sumOf(process.node.engine, descriptor.span());
        process.after(
                0,
                () -> self.tell(new ReplicaActor.Counted(new Mutation.Check(checksum.since(), checksum.sum() - sum))));
        return true;
    }

    @Override
    public void applied(long bytes) {
        process.store.flushes.changed(self.range());
    }

    @Override
    public void descriptorChanged(RangeDescriptor descriptor) {
        process.store.replicas.changed(self, descriptor);
    }

    @Override
    public void replicasChanged(RangeDescriptor before, RangeDescriptor after, boolean leaseholder) {
        process.store.replicasChanged(before, after, leaseholder);
    }

    @Override
    public boolean streamSnapshot(RangeDescriptor descriptor, int toReplica, long term, LocalState.Applied applied) {
        NodeId to = descriptor.replica(toReplica).orElseThrow().node();
        int from = descriptor.replicaOn(process.node.id).orElseThrow().replicaId();
        if (!process.wire.isReachable(to)) {
            process.after(AWAY_RETRY_MICROS, () -> snapshotSent(toReplica, false));
            return false;
        }
        SnapshotTraffic snapshots = process.store.snapshots;
        boolean room = snapshots
                .sending()
                .admit(self.range().value(), toReplica, () -> self.tell(new ReplicaActor.SnapshotTurn(toReplica)));
        if (room) {
            snapshots.send(
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
        process.store.snapshots.sending().decline(self.range().value(), toReplica);
    }

    @Override
    public void installSnapshot(StagedSnapshot snapshot) {
        process.store.snapshots.install(
                snapshot,
                () -> true,
                () -> process.after(0, () -> self.tell(new ReplicaActor.SnapshotInstalled(snapshot))));
    }

    @Override
    public void snapshotSettled(StagedSnapshot snapshot) {
        process.store.snapshots.settled(snapshot);
    }
}
