package io.flotilla.node.raft;

import java.util.List;
import java.util.function.IntPredicate;

/**
 * One replica's consensus. Single-threaded; deterministic in (config, restored state, events).
 *
 * <p>The state machine's shell keeps three rules that the core leans on: it does what {@link Ready} says in the order given there; it serves
 * nothing at a timestamp above its own hybrid clock; and before it builds a core over a state machine that is ahead of its log (a crash between
 * {@link RaftEvent.SnapshotInstalled} and the reset of the log) it resets the log to the state machine's position.
 */
public final class RaftCore {
    private final Consensus consensus;

    /**
     * @param restored hard state found on disk, or {@link HardState#INITIAL}
     * @param log the durable log found on disk
     * @param applied index up to which the state machine has applied
     */
    public RaftCore(RaftConfig config, HardState restored, LogView log, long applied, Now now) {
        this.consensus = new Consensus(config, restored, log, applied, null, now);
    }

    /**
     * Goes on where a core was frozen.
     *
     * @param restored hard state found on disk, as that core left it
     * @param applied index up to which the state machine has applied: all that was committed
     */
    public RaftCore(RaftConfig config, HardState restored, LogView log, long applied, FrozenRaft frozen, Now now) {
        this.consensus = new Consensus(config, restored, log, applied, frozen, now);
    }

    /**
     * Takes in one event. In a {@link RaftEvent.Group} proposals are handled after everything else and all together: {@link
     * Ready#proposedFrom} is the index of the first payload of the first of them, or 0 for all.
     *
     * @throws io.flotilla.config.lang.Invariant.Violation on a bug, here or in the shell: the replica must stop
     */
    public Ready step(Now now, RaftEvent event) {
        return consensus.step(now, event);
    }

    /**
     * The lease at this moment; {@link Lease#NONE} unless leader and ready to serve. It may end before it runs out (see {@link Support}), so it is asked
     * for again as an answer leaves.
     */
    public Lease lease(Now now) {
        return consensus.lease(now);
    }

    /**
     * Whether nothing would come of time passing: a follower that waits for a leader whose store is supported, or a leader that has its lease and to
     * which nothing is missing at any peer that is there. Such a core needs no ticks until something happens: an event, the withdrawal of support for
     * the leader's store, or support for this store beginning at one of {@link #waitsFor}.
     */
    public boolean isQuiet(Now now) {
        return consensus.isQuiet(now);
    }

    /** A leader's peers that lack something, because their stores are away if this core is quiet. */
    public List<Integer> waitsFor() {
        return consensus.waitsFor();
    }

    /** What is to be kept instead of this core. Only when quiet; no event may be given to this core afterwards. */
    public FrozenRaft freeze() {
        return consensus.freeze();
    }

    /** The latest in the log, whether committed or not (Raft §6). */
    public Membership membership() {
        return consensus.membership();
    }

    /** Leader only: replicas that have nearly all of what is committed, itself among them; empty unless leader. */
    public List<Integer> caughtUp() {
        return consensus.caughtUp();
    }

    /** Whether those replicas are enough to elect a leader and to commit: a quorum of the latest membership, in both halves of a joint one. */
    public boolean isQuorum(IntPredicate replicas) {
        return consensus.quorum.isReachedBy(replicas);
    }

    public RaftStatus status() {
        return consensus.status();
    }
}
