package io.flotilla.client;

/** The caller's mistake; nothing was done. */
public final class InvalidRequestException extends FlotillaException {
    private static final long serialVersionUID = 1L;

    InvalidRequestException(ErrorCode code, String message) {
        super(code, message, false, false);
    }
}
