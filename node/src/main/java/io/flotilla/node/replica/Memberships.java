package io.flotilla.node.replica;

import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.Membership;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.ArrayList;
import java.util.List;

/** What descriptors and log entries say about who belongs to a range's group. Pure. */
final class Memberships {
    private static final byte[] NOTHING = new byte[0];

    private Memberships() {}

    static Membership of(RangeDescriptor descriptor) {
        List<Integer> voters = new ArrayList<>();
        for (ReplicaInfo replica : descriptor.replicas()) {
            voters.add(replica.replicaId());
        }
        return Membership.of(voters);
    }

    /** Of an entry of kind CONFIG. */
    static Membership afterEntry(byte[] payload) {
        throw new IllegalArgumentException("no change of membership in " + payload.length + " bytes");
    }

    /** As a witness keeps it. */
    static LogEntry withoutData(LogEntry entry) {
        return entry.kind() == LogEntry.Kind.NORMAL
                ? new LogEntry(entry.index(), entry.term(), entry.kind(), NOTHING)
                : entry;
    }
}
