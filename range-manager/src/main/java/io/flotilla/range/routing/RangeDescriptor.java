package io.flotilla.range.routing;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.key.Span;
import java.util.List;
import java.util.Optional;

/**
 * What a range is: its keys, its replicas, and a generation that grows with every change of either.
 *
 * <p>Kept twice: in each replica's own state (the truth, changed as the log is applied) and under {@link KeySpace#meta} of its end key
 * in the meta range (what routers read).
 */
public record RangeDescriptor(RangeId id, long generation, Span span, List<ReplicaInfo> replicas, int nextReplicaId) {
    public RangeDescriptor {
        replicas = List.copyOf(replicas);
        if (replicas.isEmpty()) {
            throw new IllegalArgumentException(id + " must have replicas");
        }
    }

    public Optional<ReplicaInfo> replicaOn(NodeId node) {
        for (ReplicaInfo replica : replicas) {
            if (replica.node().equals(node)) {
                return Optional.of(replica);
            }
        }
        return Optional.empty();
    }

    public Optional<ReplicaInfo> replica(int replicaId) {
        for (ReplicaInfo replica : replicas) {
            if (replica.replicaId() == replicaId) {
                return Optional.of(replica);
            }
        }
        return Optional.empty();
    }

    /** Whether a change of voters was begun and not finished: majorities of two configurations decide. */
    public boolean isJoint() {
        for (ReplicaInfo replica : replicas) {
            if (replica.kind() == ReplicaInfo.Kind.INCOMING || replica.kind() == ReplicaInfo.Kind.OUTGOING) {
                return true;
            }
        }
        return false;
    }

    /** The same range with other replicas, one generation later. */
    public RangeDescriptor with(List<ReplicaInfo> changed, int nextFreeReplicaId) {
        return new RangeDescriptor(id, generation + 1, span, changed, nextFreeReplicaId);
    }

    /**
     * Whether that replica was once of this range and was removed since. Ids are handed out in order and never twice, so this is so for ever.
     */
    public boolean hasRemoved(int replicaId) {
        return replicaId < nextReplicaId && replica(replicaId).isEmpty();
    }

    @Override
    public String toString() {
        return id + "@" + generation + "[" + KeySpace.describe(span.start()) + ", " + KeySpace.describe(span.end())
                + ")" + replicas;
    }
}
