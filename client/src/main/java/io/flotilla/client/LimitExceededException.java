package io.flotilla.client;

/** A named limit is exceeded (see {@link io.flotilla.config.settings.Limits}); nothing was done. */
public final class LimitExceededException extends FlotillaException {
    private static final long serialVersionUID = 1L;

    LimitExceededException(String message) {
        super(ErrorCode.TOO_LARGE, message, false, false);
    }
}
