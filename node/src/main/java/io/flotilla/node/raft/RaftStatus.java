package io.flotilla.node.raft;

/**
 * A look at a core, for status pages and tests.
 *
 * @param leader the leader as far as is known, 0 if none
 * @param quorumActive leader only: a quorum was heard from within the election timeout
 * @param handingOver leader only: another replica is to take over, and nothing is taken in any more
 */
public record RaftStatus(
        Role role,
        long term,
        int leader,
        long commit,
        long applied,
        long lastIndex,
        boolean quorumActive,
        boolean handingOver) {
    public enum Role {
        FOLLOWER,
        PRE_CANDIDATE,
        CANDIDATE,
        LEADER
    }
}
