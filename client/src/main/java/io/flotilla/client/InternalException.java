package io.flotilla.client;

/** A bug or a broken disk on the other side, or an answer this client does not understand. */
public final class InternalException extends FlotillaException {
    private static final long serialVersionUID = 1L;

    InternalException(String message, boolean maybeExecuted) {
        super(ErrorCode.INTERNAL, message, false, maybeExecuted);
    }
}
