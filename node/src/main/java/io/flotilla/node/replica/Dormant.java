package io.flotilla.node.replica;

import io.flotilla.config.time.Timestamp;
import io.flotilla.node.raft.FrozenRaft;
import io.flotilla.node.raft.HardState;
import io.flotilla.node.raft.Now;
import io.flotilla.node.raft.RaftStatus;
import io.flotilla.range.routing.RangeDescriptor;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of a replica while it sleeps; the rest is on disk.
 *
 * @param raft what its core must not forget; null if it was not woken since the store started, or never was: all that it promised before {@code since} is
 *     forgotten then
 * @param servedUpTo nothing was read from it above
 * @param status as it was when it fell asleep
 */
record Dormant(@Nullable FrozenRaft raft, Timestamp servedUpTo, RaftStatus status, Now since) {
    /** A replica as it lies on disk. */
    static Dormant onDisk(LogOpening found, long applied, Now since) {
        HardState hard = found.hardState();
        RaftStatus status = new RaftStatus(
                RaftStatus.Role.FOLLOWER,
                hard.term(),
                hard.leader(),
                hard.commit(),
                applied,
                found.view().lastIndex(),
                false,
                false);
        return new Dormant(null, Timestamp.ZERO, status, since);
    }

    /** As operators see it. Who led when it fell asleep leads as long as its quorum's stores support its own. */
    ReplicaReport report(RangeDescriptor descriptor) {
        return new ReplicaReport(
                descriptor,
                status,
                status.role() == RaftStatus.Role.LEADER,
                status.applied(),
                QuorumWatch.Progress.FLOWING,
                true);
    }
}
