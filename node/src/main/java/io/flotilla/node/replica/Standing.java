package io.flotilla.node.replica;

import io.flotilla.config.id.NodeId;
import io.flotilla.node.liveness.LivenessView;
import io.flotilla.node.raft.RaftStatus;
import io.flotilla.node.raft.Support;
import io.flotilla.range.routing.RangeDescriptor;

/**
 * What store liveness makes of a replica's last word about itself: one that rests does not look by itself whether its leader, or its quorum, is still
 * there.
 */
record Standing(NodeId self, LivenessView view, long nowMicros) {
    /** The report as it would be had the replica just looked. */
    ReplicaReport now(ReplicaReport report) {
        RaftStatus raft = report.raft();
        if (raft.role() == RaftStatus.Role.LEADER && !hasQuorum(report.descriptor())) {
            return new ReplicaReport(
                    report.descriptor(),
                    alone(raft, raft.leader()),
                    false,
                    report.appliedIndex(),
                    QuorumWatch.Progress.STOPPED,
                    report.asleep());
        }
        if (raft.role() != RaftStatus.Role.LEADER && !isSupported(report.descriptor(), raft.leader())) {
            return new ReplicaReport(
                    report.descriptor(),
                    alone(raft, 0),
                    false,
                    report.appliedIndex(),
                    QuorumWatch.Progress.SLOW,
                    report.asleep());
        }
        return report;
    }

    private boolean hasQuorum(RangeDescriptor descriptor) {
        return descriptor.isQuorum(replica -> replica.node().equals(self)
                || view.receivedEpoch(replica.node().value(), nowMicros) != Support.NO_EPOCH);
    }

    private boolean isSupported(RangeDescriptor descriptor, int leader) {
        return descriptor
                .replica(leader)
                .filter(replica -> view.givenTo(replica.node().value()) != Support.NO_EPOCH)
                .isPresent();
    }

    private static RaftStatus alone(RaftStatus raft, int leader) {
        return new RaftStatus(
                raft.role(), raft.term(), leader, raft.commit(), raft.applied(), raft.lastIndex(), false, false);
    }
}
