package io.flotilla.range.routing;

import io.flotilla.config.id.NodeId;

/**
 * One copy of a range.
 *
 * @param replicaId its Raft identity: never used twice within the range, so a replica that was removed and added again is another
 *     one (Raft message addresses are replica ids)
 */
public record ReplicaInfo(NodeId node, int replicaId) {
    public ReplicaInfo {
        if (replicaId <= 0) {
            throw new IllegalArgumentException("replica id must be positive: " + replicaId);
        }
    }
}
