package io.flotilla.config.lang;

/**
 * Checks that stay on in production. A violation means a bug: it stops the replica that found it and is never caught to
 * go on.
 */
public final class Invariant {
    private Invariant() {}

    /** Thrown when an invariant does not hold. */
    public static final class Violation extends IllegalStateException {
        private static final long serialVersionUID = 1L;

        public Violation(String message) {
            super(message);
        }
    }

    public static void check(boolean holds, String message) {
        if (!holds) {
            throw new Violation(message);
        }
    }

    /** Both values appear in the message; they are formatted only on failure. */
    public static void check(boolean holds, String message, long left, long right) {
        if (!holds) {
            throw new Violation(message + " (" + left + " vs " + right + ")");
        }
    }

    public static void check(boolean holds, String message, Object left, Object right) {
        if (!holds) {
            throw new Violation(message + " (" + left + " vs " + right + ")");
        }
    }
}
