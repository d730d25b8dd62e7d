package io.flotilla.node.raft;

/**
 * What must be durable before a replica answers (Raft figure 2).
 *
 * @param vote the replica voted for in {@code term}; 0 for none
 * @param commit known committed; may lag behind, never ahead of the log
 */
public record HardState(long term, int vote, long commit) {
    public static final HardState INITIAL = new HardState(0, 0, 0);

    /** In place of a vote: this replica was born with a log and has not heard of any leader yet, so it has promised nothing. */
    public static final int NEVER_PROMISED = -1;

    /** A replica that begins with a log ending at (index, term), in a term that never had a leader: the right side of a split. */
    public static HardState born(long term, long index) {
        return new HardState(term, NEVER_PROMISED, index);
    }
}
