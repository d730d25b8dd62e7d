package io.flotilla.node.raft;

/** Numbers a leader's steps that send, so that an acknowledgement tells after which moment it was given. */
final class Rounds {
    private long current;
    private long openedIn = -1;

    /** @param before rounds up to this one were used already */
    Rounds(long before) {
        this.current = before;
    }

    /** The round of step {@code step}; what is sent in that step carries it. */
    long in(long step) {
        if (openedIn != step) {
            openedIn = step;
            current++;
        }
        return current;
    }

    /** The latest round; 0 if there is none. */
    long current() {
        return current;
    }
}
