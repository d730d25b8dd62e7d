package io.flotilla.node.mvcc;

import io.flotilla.node.storage.Engine;

/**
 * The payload of a log entry: engine writes with every value decided, and an optional trigger. Applying it is a pure function of (state, bytes).
 * The format is versioned and has golden bytes in the tests.
 */
public final class Mutation {
    private Mutation() {}

    /** Joins what {@link Evaluation.Evaluated} carries into an entry's payload. */
    public static byte[] payload(byte[] writes, byte[] trigger) {
        throw new UnsupportedOperationException("not built yet");
    }

    /** Adds the payload's writes to {@code batch} and returns its trigger (empty for none). */
    public static byte[] apply(byte[] payload, Engine.Batch batch) {
        throw new UnsupportedOperationException("not built yet");
    }
}
