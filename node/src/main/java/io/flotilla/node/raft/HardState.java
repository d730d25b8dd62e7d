package io.flotilla.node.raft;

/**
 * What must be durable before a replica answers (Raft figure 2).
 *
 * @param vote the replica voted for in {@code term}; 0 for none
 * @param commit known committed; may lag behind, never ahead of the log
 */
public record HardState(long term, int vote, long commit) {
    public static final HardState INITIAL = new HardState(0, 0, 0);
}
