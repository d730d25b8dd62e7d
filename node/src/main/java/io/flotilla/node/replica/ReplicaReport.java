package io.flotilla.node.replica;

import io.flotilla.node.raft.RaftStatus;
import io.flotilla.range.routing.RangeDescriptor;

/**
 * A replica as operators see it.
 *
 * @param asleep it has had no traffic for a while, and is on disk only
 */
public record ReplicaReport(
        RangeDescriptor descriptor,
        RaftStatus raft,
        boolean leaseholder,
        long appliedIndex,
        QuorumWatch.Progress progress,
        boolean asleep) {}
