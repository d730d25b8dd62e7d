package io.flotilla.node.raft;

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
     * @param now when this replica started; it grants no vote for one election timeout if it may have promised before
     */
    public RaftCore(RaftConfig config, HardState restored, LogView log, long applied, Now now) {
        this.consensus = new Consensus(config, restored, log, applied, now);
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

    /** The lease as of the last event; {@link Lease#NONE} unless leader and ready to serve. */
    public Lease lease() {
        return consensus.lease();
    }

    /** The latest in the log, whether committed or not (Raft §6). */
    public Membership membership() {
        return consensus.membership();
    }

    public RaftStatus status() {
        return consensus.status();
    }
}
