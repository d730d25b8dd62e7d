package io.flotilla.node.storage;

/** The engine's disk or files are unusable. The store stops; nothing is retried. */
public sealed class StorageException extends RuntimeException permits StateCorruptException {
    private static final long serialVersionUID = 1L;

    public StorageException(String message) {
        super(message);
    }

    public StorageException(String message, Throwable cause) {
        super(message, cause);
    }
}
