package io.flotilla.node.replica;

import io.flotilla.config.id.NodeId;
import io.flotilla.node.mvcc.Mutation;
import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.Membership;
import io.flotilla.range.lifecycle.CommitTrigger;
import io.flotilla.range.lifecycle.ReplicaChangeTrigger;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.ArrayList;
import java.util.List;

/** What descriptors and log entries say about who belongs to a range's group. Pure. */
final class Memberships {
    private Memberships() {}

    static Membership of(RangeDescriptor descriptor) {
        List<Integer> voters = new ArrayList<>();
        List<Integer> outgoing = new ArrayList<>();
        List<Integer> learners = new ArrayList<>();
        List<Integer> witnesses = new ArrayList<>();
        for (ReplicaInfo replica : descriptor.replicas()) {
            if (replica.staysVoter()) {
                voters.add(replica.replicaId());
            }
            if (replica.wasVoter()) {
                outgoing.add(replica.replicaId());
            }
            if (replica.kind() == ReplicaInfo.Kind.LEARNER) {
                learners.add(replica.replicaId());
            }
            if (replica.witness()) {
                witnesses.add(replica.replicaId());
            }
        }
        return new Membership(voters, descriptor.isJoint() ? outgoing : List.of(), learners, witnesses);
    }

    /** Of an entry of kind CONFIG. */
    static Membership afterEntry(byte[] payload) {
        CommitTrigger trigger = CommitTrigger.decode(Mutation.trigger(payload));
        if (trigger instanceof ReplicaChangeTrigger change) {
            return of(change.descriptor());
        }
        throw new IllegalArgumentException("no change of membership in " + trigger);
    }

    /** As a witness keeps it: what changes the range's shape, without the writes that came with it. */
    static LogEntry withoutData(LogEntry entry) {
        byte[] payload = Mutation.withoutWrites(entry.payload());
        return payload.length == entry.payload().length
                ? entry
                : new LogEntry(entry.index(), entry.term(), entry.kind(), payload);
    }

    /** The id of that node's replica. */
    static int idOn(RangeDescriptor descriptor, NodeId node) {
        return descriptor
                .replicaOn(node)
                .orElseThrow(() -> new IllegalArgumentException(node + " has no replica of " + descriptor))
                .replicaId();
    }
}
