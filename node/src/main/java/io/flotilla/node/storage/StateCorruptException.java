package io.flotilla.node.storage;

/** The engine's files are damaged: what they held cannot be told any more. The store must be rebuilt from its peers. */
public final class StateCorruptException extends StorageException {
    private static final long serialVersionUID = 1L;

    public StateCorruptException(String message, Throwable cause) {
        super(message, cause);
    }
}
