package io.flotilla.client;

/** The time is up. */
public final class DeadlineExceededException extends FlotillaException {
    private static final long serialVersionUID = 1L;

    private final String phase;

    DeadlineExceededException(String phase, String message, boolean maybeExecuted) {
        super(ErrorCode.DEADLINE, message, true, maybeExecuted);
        this.phase = phase;
    }

    /** What the time was spent on: CONNECT, ANSWER, BACKOFF, BODY, or the gateway's ROUTE, READ, LOCK_WAIT, REPLICATE, COMMIT. */
    public String phase() {
        return phase;
    }
}
