package io.flotilla.client;

/** More is offered than the cluster can do; it stayed so until the deadline. */
public final class OverloadedException extends FlotillaException {
    private static final long serialVersionUID = 1L;

    OverloadedException(String message, boolean maybeExecuted) {
        super(ErrorCode.OVERLOADED, message, true, maybeExecuted);
    }
}
