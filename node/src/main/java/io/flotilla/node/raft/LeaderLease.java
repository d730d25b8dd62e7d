package io.flotilla.node.raft;

import io.flotilla.config.time.Timestamp;

/** A leader's lease, counted from the sending of the latest round that a quorum acknowledged (thesis §6.4.1). */
final class LeaderLease {
    private final Consensus group;
    private final Timestamp start;
    private final long firstOwnIndex;
    private Lease lease = Lease.NONE;
    private long round;
    private boolean gone;

    LeaderLease(Consensus group, Timestamp start, long firstOwnIndex) {
        this.group = group;
        this.start = start;
        this.firstOwnIndex = firstOwnIndex;
    }

    Timestamp start() {
        return start;
    }

    /** For good in this term: another replica is told to take over. */
    void giveUp() {
        gone = true;
        lease = Lease.NONE;
    }

    boolean isGone() {
        return gone;
    }

    /** A quorum has acknowledged {@code acknowledged}. */
    void extend(Rounds rounds, long acknowledged) {
        if (acknowledged <= round || !rounds.remembers(acknowledged) || gone) {
            return;
        }
        round = acknowledged;
        Timestamp bound = rounds.bound(acknowledged);
        group.promises.saw(bound);
        lease = new Lease(group.term, start, bound, rounds.sentMicros(acknowledged) + group.leaseMicros);
    }

    Lease get() {
        boolean ready = group.applied >= firstOwnIndex && group.now.hybrid().isAfter(start);
        return ready ? lease : Lease.NONE;
    }
}
