package io.flotilla.range.routing;

import io.flotilla.config.id.NodeId;

/**
 * One copy of a range.
 *
 * @param replicaId its Raft identity: never used twice within the range, so a replica that was removed and added again is another
 *     one (Raft message addresses are replica ids)
 * @param witness it votes and keeps where the log stands, but no data: it never serves and never leads
 */
public record ReplicaInfo(NodeId node, int replicaId, Kind kind, boolean witness) {
    /** What a replica's vote counts for. The ordinal is written to disk and wire: only add at the end. */
    public enum Kind {
        VOTER,
        /** Is brought up to date; has no vote. */
        LEARNER,
        /** Votes in the configuration that a joint one leads to, not in the one it comes from. */
        INCOMING,
        /** Votes in the configuration that a joint one comes from; gone when that is left. */
        OUTGOING
    }

    public ReplicaInfo {
        if (replicaId <= 0) {
            throw new IllegalArgumentException("replica id must be positive: " + replicaId);
        }
    }

    /** A voter with data. */
    public ReplicaInfo(NodeId node, int replicaId) {
        this(node, replicaId, Kind.VOTER, false);
    }

    public ReplicaInfo as(Kind changed) {
        return new ReplicaInfo(node, replicaId, changed, witness);
    }

    /** Whether it votes in the configuration that stands, or that the joint one leads to. */
    public boolean staysVoter() {
        return kind == Kind.VOTER || kind == Kind.INCOMING;
    }

    /** Whether it votes in the configuration that stands, or that the joint one comes from. */
    public boolean wasVoter() {
        return kind == Kind.VOTER || kind == Kind.OUTGOING;
    }

    /** Whether it may hold the lease. */
    public boolean mayLead() {
        return kind != Kind.LEARNER && !witness;
    }

    @Override
    public String toString() {
        return node + "/" + replicaId
                + switch (kind) {
                    case VOTER -> "";
                    case LEARNER -> " learner";
                    case INCOMING -> " incoming";
                    case OUTGOING -> " outgoing";
                }
                + (witness ? " witness" : "");
    }
}
