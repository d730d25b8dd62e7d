package io.flotilla.node.transport.wire;

/** The bytes are not what they claim to be: a bug, a newer version, or a stranger. The message they came in is dropped. */
public final class WireFormatException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    public WireFormatException(String message) {
        super(message);
    }

    public WireFormatException(String message, Throwable cause) {
        super(message, cause);
    }
}
