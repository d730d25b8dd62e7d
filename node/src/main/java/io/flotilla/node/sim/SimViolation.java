package io.flotilla.node.sim;

/** A promise of the group was broken. */
final class SimViolation extends RuntimeException {
    private static final long serialVersionUID = 1L;

    SimViolation(String message) {
        super(message);
    }

    static void check(boolean holds, String promise, long left, long right) {
        if (!holds) {
            throw new SimViolation(promise + " (" + left + " vs " + right + ")");
        }
    }
}
