package io.flotilla.client;

import java.time.Duration;

/**
 * How a transaction is run. Values; each method returns a changed copy.
 *
 * @param name shown in errors; may be empty
 * @param deadline for all attempts together; zero means the client's default
 * @param attemptsMax how often the body may run at most
 */
public record TxnOptions(String name, Duration deadline, int attemptsMax) {
    /** No name, the client's deadline, as many attempts as fit. */
    public static final TxnOptions DEFAULT = new TxnOptions("", Duration.ZERO, Integer.MAX_VALUE);

    public TxnOptions {
        if (deadline.isNegative()) {
            throw new IllegalArgumentException("deadline is negative: " + deadline);
        }
        if (attemptsMax < 1) {
            throw new IllegalArgumentException("attemptsMax is below 1: " + attemptsMax);
        }
    }

    public static TxnOptions named(String name) {
        return new TxnOptions(name, Duration.ZERO, Integer.MAX_VALUE);
    }

    public TxnOptions deadline(Duration deadline) {
        return new TxnOptions(name, deadline, attemptsMax);
    }

    public TxnOptions attemptsMax(int attemptsMax) {
        return new TxnOptions(name, deadline, attemptsMax);
    }
}
