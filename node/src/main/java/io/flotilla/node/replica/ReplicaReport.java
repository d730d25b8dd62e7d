package io.flotilla.node.replica;

import io.flotilla.node.raft.RaftStatus;
import io.flotilla.range.routing.RangeDescriptor;

/** A replica as operators see it. */
public record ReplicaReport(RangeDescriptor descriptor, RaftStatus raft, boolean leaseholder, long appliedIndex) {}
