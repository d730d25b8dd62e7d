package io.flotilla.client;

/**
 * Something Flotilla could not do. Says what state it leaves behind ({@link #maybeExecuted}) and whether asking again can help
 * ({@link #retryable}). The failures of earlier attempts are its suppressed exceptions.
 */
public abstract sealed class FlotillaException extends RuntimeException
        permits ConflictException,
                DeadlineExceededException,
                CommitOutcomeUnknownException,
                UnavailableException,
                InvalidRequestException,
                LimitExceededException,
                OverloadedException,
                DiskFullException,
                InternalException {
    private static final long serialVersionUID = 1L;

    private final ErrorCode code;
    private final boolean retryable;
    private final boolean maybeExecuted;

    FlotillaException(ErrorCode code, String message, boolean retryable, boolean maybeExecuted) {
        super(message);
        this.code = code;
        this.retryable = retryable;
        this.maybeExecuted = maybeExecuted;
    }

    public final ErrorCode code() {
        return code;
    }

    /** Whether the same call can succeed later. If {@link #maybeExecuted}, find out first what became of this one. */
    public final boolean retryable() {
        return retryable;
    }

    /** Whether what was asked for may have taken effect all the same. */
    public final boolean maybeExecuted() {
        return maybeExecuted;
    }
}
