package io.flotilla.node.raft;

/**
 * What must be durable before a replica answers (Raft figure 2), and before a leader leans on it.
 *
 * @param vote the replica voted for in {@code term}; 0 for none
 * @param commit known committed; may lag behind, never ahead of the log
 * @param leader the replica this one has fortified: while its store is supported at {@code leaderEpoch}, nobody else gets a vote; 0 for none
 * @param leaderEpoch see {@link Support}
 */
public record HardState(long term, int vote, long commit, int leader, long leaderEpoch) {
    public static final HardState INITIAL = new HardState(0, 0, 0);

    /** Whether nothing was promised. A record's own comparison is code that each process has to make first. */
    public boolean isInitial() {
        return term == 0 && vote == 0 && commit == 0 && leader == 0 && leaderEpoch == Support.NO_EPOCH;
    }

    /** Nobody is fortified. */
    public HardState(long term, int vote, long commit) {
        this(term, vote, commit, 0, Support.NO_EPOCH);
    }
}
