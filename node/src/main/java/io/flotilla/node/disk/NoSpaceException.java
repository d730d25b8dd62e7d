package io.flotilla.node.disk;

import java.io.IOException;

/** There is no room. Nothing was changed; with more room the same may succeed. */
public final class NoSpaceException extends IOException {
    private static final long serialVersionUID = 1L;

    public NoSpaceException(String message) {
        super(message);
    }
}
