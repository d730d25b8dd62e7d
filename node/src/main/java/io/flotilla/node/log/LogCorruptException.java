package io.flotilla.node.log;

/** The log on disk is damaged elsewhere than at its torn end: acknowledged entries may be gone. The store must not start. */
public final class LogCorruptException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public LogCorruptException(String message) {
        super(message);
    }

    public LogCorruptException(String message, Throwable cause) {
        super(message, cause);
    }
}
