package io.flotilla.node.raft;

import io.flotilla.config.time.Timestamp;
import org.jspecify.annotations.Nullable;

/**
 * What this replica owes to leaders it has followed: no vote for anybody else while its store supports the leader's, and the word up to where in
 * timestamp space they may have served.
 *
 * <p>At most one leader is fortified at a time. A promise is tied to the leader and the epoch, not to a term: it outlasts whatever raises this
 * replica's term. It ends for good when the epoch is withdrawn, when that leader shows that it leads no more, or when the leader of a later term
 * speaks, for those whose votes made that one owed nothing to the former.
 *
 * <p>HAZARD: {@code maxClockOffset} must be a true bound, or what was heard before a restart, and is forgotten, may lie above {@link #leaseSeen}. Of a
 * store's own clock it need not be: no life begins below what an earlier one has served.
 */
final class Promises {
    private final Support support;
    private final long freeFromMicros;

    /** Nothing above was served by an earlier life of this replica, whose clock may have been ahead of this one's. */
    private final Timestamp servedBefore;

    private Timestamp leaseSeen;
    private int leader;
    private long epoch;

    /** The last term in which the fortified leader was heard; after a restart one not below it. */
    private long term;

    /** @param forgetful this replica may have promised something before {@link Trust#since} */
    Promises(RaftConfig config, HardState restored, boolean forgetful, @Nullable FrozenRaft frozen) {
        Trust trust = config.trust();
        this.servedBefore = forgetful || frozen != null
                ? trust.since().hybrid().plusMicros(trust.maxClockOffsetMicros())
                : Timestamp.ZERO;
        this.support = trust.support();
        this.leader = restored.leader();
        this.epoch = restored.leaderEpoch();
        this.term = restored.term();
        if (frozen != null) {
            this.leaseSeen = frozen.leaseSeen;
            this.freeFromMicros = frozen.freeFromMicros;
        } else if (forgetful) {
            // What was heard before was at most one lease above a clock reading of that time.
            long leaseMicros = config.settings().leaseMillis() * 1_000;
            this.leaseSeen = trust.since().hybrid().plusMicros(trust.maxClockOffsetMicros() + leaseMicros);
            this.freeFromMicros = trust.since().micros() + config.settings().electionMillisMin() * 1_000;
        } else {
            this.leaseSeen = Timestamp.ZERO;
            this.freeFromMicros = Support.NEVER;
        }
    }

    /** Looks whether the store still supports the fortified leader's; within one step that stands. True if a promise has ended. */
    boolean look() {
        boolean over = leader != 0 && !stands();
        if (over) {
            end(support.boundOf(leader, epoch));
        }
        return over;
    }

    /** Whether somebody is fortified at this very moment. */
    boolean stands() {
        return leader != 0 && support.givenTo(leader) == epoch;
    }

    /** Whether a leader may lean on this replica. */
    boolean isBound() {
        return leader != 0;
    }

    /** The fortified leader, 0 if there is none. */
    int leader() {
        return leader;
    }

    long epoch() {
        return epoch;
    }

    long term() {
        return term;
    }

    /** The epoch at which {@code replica} is fortified, or {@link Support#NO_EPOCH}. */
    long epochOf(int replica) {
        return leader == replica ? epoch : Support.NO_EPOCH;
    }

    /**
     * The leader of a term not below any other has spoken; it is fortified if the stores allow it. Nothing may be said of that before it is durable.
     *
     * @return whether it is
     */
    boolean followed(int newLeader, long newTerm) {
        long given = support.givenTo(newLeader);
        if (leader != 0 && (leader != newLeader || epoch != given)) {
            end(support.boundOf(leader, epoch));
        }
        if (given != Support.NO_EPOCH) {
            leader = newLeader;
            epoch = given;
            term = newTerm;
        }
        return leader != 0;
    }

    /**
     * A replica asks for votes in {@code askedTerm}. If that is the fortified leader, it has left the term it led; and one that was told to take over
     * by the leader of the term before speaks for whoever led until then. True if a promise has ended.
     */
    boolean asksForVotes(int candidate, long askedTerm, boolean transfer) {
        boolean over = leader != 0 && askedTerm > term && (leader == candidate || transfer);
        if (over) {
            end(support.boundOf(leader, epoch));
        }
        return over;
    }

    /** That replica leads in no term up to {@code lastTerm}, and has served nothing above {@code servedUpTo} in them. True if a promise has ended. */
    boolean leadsNoMore(int replica, long lastTerm, Timestamp servedUpTo) {
        boolean over = leader == replica && replica != 0 && lastTerm >= term;
        if (over) {
            end(servedUpTo);
        }
        return over;
    }

    private void end(Timestamp servedUpTo) {
        saw(servedUpTo);
        leader = 0;
        epoch = Support.NO_EPOCH;
    }

    /** A leader, perhaps this replica itself, may have served up to {@code bound}. */
    void saw(Timestamp bound) {
        leaseSeen = leaseSeen.max(bound);
    }

    /** Whether no leader relies on this replica, as far as is remembered. */
    boolean allowVote(Now now) {
        return leader == 0 && now.micros() >= freeFromMicros;
    }

    /** Nothing above was served by this replica, in this life or an earlier one. */
    Timestamp servedUpTo(Now now) {
        return servedBefore.max(now.hybrid());
    }

    /** Nothing above was served by any leader that leaned on this replica. */
    Timestamp leaseSeen() {
        return leader == 0 ? leaseSeen : leaseSeen.max(support.boundOf(leader, epoch));
    }

    /** To be kept while the group's core does not exist; the promise that stands is in the hard state. */
    FrozenRaft freeze(int knownLeader, FrozenRaft.@Nullable Leading leading) {
        return new FrozenRaft(knownLeader, leaseSeen, freeFromMicros, leading);
    }
}
