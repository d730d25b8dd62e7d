package io.flotilla.node.replica;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.node.mvcc.StateChecksum;
import io.flotilla.node.raft.Now;
import io.flotilla.node.raft.RaftMessage;
import io.flotilla.node.raft.Ready.Persist;
import io.flotilla.node.snapshot.StagedSnapshot;
import io.flotilla.node.transport.ChecksumNote;
import io.flotilla.range.lifecycle.SplitTrigger;
import io.flotilla.range.routing.RangeDescriptor;
import java.util.List;

/** What a replica asks of the world. Called in the replica's own turn; nothing here blocks, and answers come back as events. */
interface ReplicaPorts {
    /** On the clock that store liveness is on. */
    Now now();

    /** The monotonic part of {@link #now}. */
    long micros();

    /** What this replica may have promised before is forgotten. */
    Now since();

    /** Make it durable, then tell {@link Replica#persisted} the number. */
    void persist(long number, Persist persist);

    void send(NodeId to, RaftMessage message);

    /** Find out about {@code holder}, then tell {@link Replica#resolved}. */
    void push(TxnMeta pusher, TxnMeta holder);

    /**
     * Stream the applied state to that replica, and raise {@link io.flotilla.node.raft.RaftEvent.SnapshotSent} in the end. If there is no room for it
     * now, {@link Replica#snapshotTurn} is told when there is.
     *
     * @return whether it is being read as of now
     */
    boolean streamSnapshot(RangeDescriptor descriptor, int toReplica, long term, LocalState.Applied applied);

    /** The snapshot to that replica is not needed any more. */
    void cancelSnapshot(int toReplica);

    /** Put that snapshot in the place of this replica's state, then tell {@link Replica#snapshotInstalled}. */
    void installSnapshot(StagedSnapshot snapshot);

    /** A snapshot that arrived is of no use. */
    void snapshotSettled(StagedSnapshot snapshot);

    /** The split is applied to the engine: give the right side a replica. {@code leaseholder}: this replica held the lease. */
    void splitOff(SplitTrigger split, boolean leaseholder);

    /** Whether a replica of another range on this store overlaps that descriptor's span. */
    boolean overlapsOther(RangeDescriptor descriptor);

    /** Descriptors of this store's other ranges that hold a key of the batch: where a key went that was split off. */
    List<RangeDescriptor> othersHolding(KvBatch batch);

    void sendChecksum(NodeId to, ChecksumNote note);

    /** This replica's state is not what a majority of its range had at that index: it must not go on. */
    void diverged(long index);

    /** Replicas of this range are not the same. */
    void alarm(ConsistencyCheck.Verdict verdict);

    /**
     * Add the state up as it is now, then tell {@link Checkup#counted}.
     *
     * @return false if there is no room for that now
     */
    boolean countState(RangeDescriptor descriptor, StateChecksum checksum);

    /** The replica's state in the engine has changed; so much was written. */
    void applied(long bytes);

    /**
     * A change of replicas was applied: those that came are expected, those that went are told, this one perhaps.
     *
     * @param leaseholder this replica holds the lease
     */
    void replicasChanged(RangeDescriptor before, RangeDescriptor after, boolean leaseholder);

    /** The descriptor of this replica is now that one. */
    void descriptorChanged(RangeDescriptor descriptor);
}
