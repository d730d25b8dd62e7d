package io.flotilla.node.raft;

import io.flotilla.config.time.Timestamp;

/**
 * When a leader sent what: each step that sends has a round, and an acknowledged round proves the follower's silence from its sending on. Only
 * the latest {@value #KEPT} are remembered; an acknowledgement older than that extends nothing.
 */
final class Rounds {
    private static final int KEPT = 1024;

    private final long[] micros = new long[KEPT];
    private final long[] bounds = new long[KEPT];
    private long current;

    /** Opens a round; what is sent from now on carries it. */
    long open(long sentMicros, Timestamp bound) {
        current++;
        int slot = (int) (current & (KEPT - 1));
        micros[slot] = sentMicros;
        bounds[slot] = bound.packed();
        return current;
    }

    /** The latest round; 0 if there is none. */
    long current() {
        return current;
    }

    boolean remembers(long round) {
        return round > 0 && round <= current && round > current - KEPT;
    }

    long sentMicros(long round) {
        return micros[(int) (round & (KEPT - 1))];
    }

    Timestamp bound(long round) {
        return new Timestamp(bounds[(int) (round & (KEPT - 1))]);
    }
}
