package io.flotilla.node.storage;

/** The engine's disk or files are unusable. The store stops; nothing is retried. */
public final class StorageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public StorageException(String message) {
        super(message);
    }

    public StorageException(String message, Throwable cause) {
        super(message, cause);
    }
}
