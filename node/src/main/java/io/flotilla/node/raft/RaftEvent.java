package io.flotilla.node.raft;

import java.util.List;

/** What can happen to a replica's consensus core. */
public sealed interface RaftEvent {
    /** Time has passed. */
    record Tick() implements RaftEvent {}

    record Received(RaftMessage message) implements RaftEvent {}

    /** Append these payloads, in this order; refused unless leader. {@link Ready#proposedFrom} tells the first index. */
    record Propose(List<byte[]> payloads) implements RaftEvent {}

    /** What the {@link Ready} numbered {@code persistNumber} (and all before it) asked to persist is durable. */
    record Persisted(long persistNumber) implements RaftEvent {}

    /** Hand leadership to that replica (thesis §3.10). Ignored unless leader. */
    record TransferLeadership(int toReplica) implements RaftEvent {}

    /** Campaign without waiting for the election timeout (a fresh split's right side, tests). */
    record Campaign() implements RaftEvent {}

    /** Ask for a read index (Raft §8, thesis §6.4); answered in {@link Ready#reads} with the same number. */
    record ReadIndex(long request) implements RaftEvent {}

    /** A snapshot of (index, indexTerm), sent by the leader of {@code term}, is complete and verified; should it be installed? */
    record SnapshotArrived(int from, long term, long index, long indexTerm) implements RaftEvent {}

    /** The state machine now holds the snapshot that {@link Ready#installSnapshot} asked for, durably. */
    record SnapshotInstalled(int from, long index, long indexTerm) implements RaftEvent {}

    /** The snapshot to that replica is through, or failed. */
    record SnapshotSent(int toReplica, boolean success) implements RaftEvent {}

    /** The transport lost messages to that replica: probe instead of pipelining. */
    record Unreachable(int replica) implements RaftEvent {}

    /** Several at once, answered by one {@link Ready}. */
    record Group(List<RaftEvent> events) implements RaftEvent {}
}
