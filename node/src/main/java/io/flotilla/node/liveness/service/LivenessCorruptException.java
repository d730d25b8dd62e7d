package io.flotilla.node.liveness.service;

import java.io.IOException;

/** What this store promised to others cannot be read. It must not go on: it would break promises it does not know. */
public final class LivenessCorruptException extends IOException {
    private static final long serialVersionUID = 1L;

    LivenessCorruptException(String message) {
        super(message);
    }
}
