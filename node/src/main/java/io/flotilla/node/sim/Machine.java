package io.flotilla.node.sim;

/**
 * The state of a simulated state machine: which position it has applied, and the hash of everything up to there.
 *
 * @param term of the entry at {@code applied}
 */
record Machine(long applied, long term, long chain) {
    static final Machine EMPTY = new Machine(0, 0, 0);
}
