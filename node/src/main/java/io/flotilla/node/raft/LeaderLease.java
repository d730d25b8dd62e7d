package io.flotilla.node.raft;

import io.flotilla.config.time.Timestamp;
import java.util.function.IntFunction;
import java.util.function.IntToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * How far a leader may lean on its quorum: on those voters that have fortified it in its term, for as long as their stores support this one at that
 * epoch. Computed when asked, so it needs no message in the group.
 */
final class LeaderLease {
    /** So far in the past that it can be reckoned with. */
    private static final long NEVER = Long.MIN_VALUE / 2;

    private final Consensus group;
    private final IntFunction<@Nullable Progress> peers;
    private final Timestamp start;

    /** The first entry of this term; when it is committed, so is everything before it that ever was (Raft §8). */
    private final long firstOwnIndex;

    private final long checkQuorumMicros;
    private final IntToLongFunction untilOf = this::untilMicros;
    private final IntToLongFunction boundOf = this::bound;
    private final IntToLongFunction activeOf = this::activeMicros;
    private Lease last = Lease.NONE;
    private long lookedMicros;
    private boolean gone;

    LeaderLease(Consensus group, IntFunction<@Nullable Progress> peers, Timestamp start, long firstOwnIndex) {
        this.group = group;
        this.peers = peers;
        this.start = start;
        this.firstOwnIndex = firstOwnIndex;
        this.checkQuorumMicros = group.electionMicros * 5 / 4;
        this.lookedMicros = group.now.micros();
    }

    Timestamp start() {
        return start;
    }

    /** For good in this term: another replica is told to take over. */
    void giveUp() {
        gone = true;
    }

    boolean isGone() {
        return gone;
    }

    Lease at(Now now) {
        if (gone || group.applied < firstOwnIndex || !now.hybrid().isAfter(start)) {
            return Lease.NONE;
        }
        long until = now.micros() + group.leaseMicros;
        Timestamp bound = now.hybrid()
                .plusMicros(group.leaseMicros)
                .min(group.config.trust().support().clockBound());
        if (!group.quorum.isSingle()) {
            until = Math.min(until, group.quorum.reachedBy(untilOf));
            bound = bound.min(new Timestamp(group.quorum.reachedBy(boundOf)));
        }
        if (until <= now.micros()) {
            return Lease.NONE;
        }
        if (until != last.untilMicros() || !bound.equals(last.bound())) {
            last = new Lease(group.term, start, bound, until);
        }
        return last;
    }

    /** Whether in each half of the configuration a majority knows of leases up to there, so that whoever is elected next begins above. */
    boolean isHeardOfUpTo(Timestamp bound) {
        return group.quorum.reachedBy(boundOf) >= bound.packed();
    }

    /** Whether that voter's word may be leaned on now. */
    boolean isFortified(Progress peer) {
        return peer.fortifiedEpoch() != Support.NO_EPOCH
                && peer.fortifiedEpoch() == group.config.trust().support().receivedEpoch(peer.peer);
    }

    /** Notes which peers are still there, be it only by their stores. Called with each tick. */
    void look(Iterable<Progress> all) {
        long nowMicros = group.now.micros();
        // Nothing is known of a time in which this replica slept or stood still.
        boolean slept = nowMicros - lookedMicros > group.electionMicros;
        lookedMicros = nowMicros;
        for (Progress peer : all) {
            peer.active(slept ? nowMicros : untilMicros(peer.peer) - group.leaseMicros);
        }
    }

    /** Thesis §6.2: a leader cut off from its quorum must not keep its clients waiting. */
    boolean quorumActive() {
        return group.now.micros() - group.quorum.reachedBy(activeOf) <= checkQuorumMicros;
    }

    /** A leader whose quorum listens is not deposed by somebody who cannot hear it. */
    boolean isDeposable() {
        long nowMicros = group.now.micros();
        return nowMicros >= group.quorum.reachedBy(untilOf)
                && nowMicros - group.quorum.reachedBy(activeOf) >= group.electionMicros;
    }

    private long untilMicros(int voter) {
        if (voter == group.self) {
            return Long.MAX_VALUE;
        }
        Progress peer = peers.apply(voter);
        if (peer == null || peer.fortifiedEpoch() == Support.NO_EPOCH) {
            return NEVER;
        }
        return Math.max(NEVER, group.config.trust().support().receivedUntilMicros(voter, peer.fortifiedEpoch()));
    }

    private long bound(int voter) {
        if (voter == group.self) {
            return Long.MAX_VALUE;
        }
        Progress peer = peers.apply(voter);
        return peer == null || peer.fortifiedEpoch() == Support.NO_EPOCH
                ? 0
                : group.config
                        .trust()
                        .support()
                        .boundAcknowledged(voter, peer.fortifiedEpoch())
                        .packed();
    }

    private long activeMicros(int voter) {
        if (voter == group.self) {
            return group.now.micros();
        }
        Progress peer = peers.apply(voter);
        return peer == null ? NEVER : peer.activeMicros();
    }
}
