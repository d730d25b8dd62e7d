package io.flotilla.client;

/** The caller's mistake; nothing was done, unless {@link #maybeExecuted} says that something was begun before it turned out to be one. */
public final class InvalidRequestException extends FlotillaException {
    private static final long serialVersionUID = 1L;

    InvalidRequestException(ErrorCode code, String message, boolean maybeExecuted) {
        super(code, message, false, maybeExecuted);
    }
}
