package io.flotilla.node.raft;

import java.util.ArrayList;
import java.util.List;

/** What can happen to a replica's consensus core. */
public sealed interface RaftEvent {
    /** Time has passed. */
    record Tick() implements RaftEvent {}

    record Received(RaftMessage message) implements RaftEvent {}

    /**
     * Append these payloads, in this order; all or none. {@link Ready#proposedFrom} tells the first index, {@link Ready#refusal} why not.
     *
     * @param kinds of each payload; empty if all are NORMAL. At most one is CONFIG: it takes effect when it is appended (Raft §6)
     */
    record Propose(List<byte[]> payloads, List<LogEntry.Kind> kinds) implements RaftEvent {
        public Propose {
            if (!kinds.isEmpty() && kinds.size() != payloads.size()) {
                throw new IllegalArgumentException(payloads.size() + " payloads, kinds " + kinds);
            }
        }

        public Propose(List<byte[]> payloads) {
            this(payloads, List.of());
        }

        /** A change of membership, alone. */
        public static Propose config(byte[] payload) {
            return new Propose(List.of(payload), List.of(LogEntry.Kind.CONFIG));
        }

        /** All proposals among {@code events} as one. */
        static Propose joined(List<RaftEvent> events) {
            List<byte[]> payloads = new ArrayList<>();
            List<LogEntry.Kind> kinds = new ArrayList<>();
            for (RaftEvent event : events) {
                if (event instanceof Propose propose) {
                    for (int i = 0; i < propose.payloads.size(); i++) {
                        payloads.add(propose.payloads.get(i));
                        kinds.add(propose.kind(i));
                    }
                }
            }
            return new Propose(payloads, kinds);
        }

        LogEntry.Kind kind(int at) {
            return kinds.isEmpty() ? LogEntry.Kind.NORMAL : kinds.get(at);
        }
    }

    /** What the {@link Ready} numbered {@code persistNumber} (and all before it) asked to persist is durable. */
    record Persisted(long persistNumber) implements RaftEvent {}

    /** Hand leadership to that replica (thesis §3.10). Ignored unless leader. */
    record TransferLeadership(int toReplica) implements RaftEvent {}

    /** Campaign without waiting for the election timeout (new ranges, tests). */
    record Campaign() implements RaftEvent {}

    /** Ask for a read index (Raft §8, thesis §6.4); answered in {@link Ready#reads} with the same number. */
    record ReadIndex(long request) implements RaftEvent {}

    /** A snapshot of (index, indexTerm), sent by the leader of {@code term}, is complete and verified; should it be installed? */
    record SnapshotArrived(int from, long term, long index, long indexTerm) implements RaftEvent {}

    /**
     * The state machine now holds the snapshot that {@link Ready#installSnapshot} asked for, durably.
     *
     * @param membership as of {@code index}
     */
    record SnapshotInstalled(int from, long index, long indexTerm, Membership membership) implements RaftEvent {}

    /** The snapshot to that replica is through, or failed. */
    record SnapshotSent(int toReplica, boolean success) implements RaftEvent {}

    /** The transport lost messages to that replica: probe instead of pipelining. */
    record Unreachable(int replica) implements RaftEvent {}

    /**
     * The other replicas that could decide are gone for good: append {@code config} without asking anybody, in {@code term}, and campaign among those that
     * it names. Whatever this log holds becomes what the group has agreed on. Not part of Raft: on the word of an operator only. Ignored unless the log ends
     * exactly at (lastIndex, lastTerm), so that a decision that is out of date does nothing; and while this replica may still owe a leader its vote.
     *
     * @param term above all that the survivors have seen, and far from what the lost may have seen
     * @param config payload of the change of membership
     */
    record Force(long lastIndex, long lastTerm, long term, byte[] config) implements RaftEvent {}

    /** Several at once, answered by one {@link Ready}. */
    record Group(List<RaftEvent> events) implements RaftEvent {}
}
