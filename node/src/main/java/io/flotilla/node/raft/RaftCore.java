package io.flotilla.node.raft;

/** One replica's consensus. Single-threaded; deterministic in (config, restored state, events). */
public final class RaftCore {
    /**
     * @param restored hard state found on disk, or {@link HardState#INITIAL}
     * @param log the durable log found on disk
     * @param applied index up to which the state machine has applied
     * @param now when this replica started; it grants no vote for one election timeout if it may have promised before
     */
    public RaftCore(RaftConfig config, HardState restored, LogView log, long applied, Now now) {
        throw new UnsupportedOperationException("not built yet");
    }

    public Ready step(Now now, RaftEvent event) {
        throw new UnsupportedOperationException("not built yet");
    }

    /** The lease as of the last event; {@link Lease#NONE} unless leader and ready to serve. */
    public Lease lease() {
        throw new UnsupportedOperationException("not built yet");
    }

    public RaftStatus status() {
        throw new UnsupportedOperationException("not built yet");
    }
}
