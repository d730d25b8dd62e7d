package io.flotilla.client;

/** A server that would have to keep what was written has no room for new data. Reads and deletes are served, and writes again once there is room. */
public final class DiskFullException extends FlotillaException {
    private static final long serialVersionUID = 1L;

    DiskFullException(String message, boolean maybeExecuted) {
        super(ErrorCode.DISK_FULL, message, true, maybeExecuted);
    }
}
