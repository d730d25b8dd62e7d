package io.flotilla.node.storage;

import org.jspecify.annotations.Nullable;

/**
 * An ordered map of bytes in four spaces. Thread-safe; writes of different ranges may run side by side.
 *
 * <p>Errors: an unusable disk throws {@link StorageException}; the store stops.
 */
public interface Engine extends AutoCloseable {
    /** The ordinal is part of the log format: only add at the end. */
    enum Space {
        /** Committed versions: user key, then timestamp descending. */
        DATA,
        /** Intents: user key. */
        INTENT,
        /** Transaction records: anchor key, then transaction id. */
        RECORD,
        /** Per range and per store: applied state, descriptor, identity. Not part of snapshots. */
        LOCAL
    }

    byte @Nullable [] get(Space space, byte[] key);

    /** Iterates [from, to) in unsigned byte order over a consistent view. Must be closed. */
    Cursor cursor(Space space, byte[] from, byte[] to);

    Batch newBatch();

    /** Applies atomically; visible to all readers on return, durable after the next {@link #flush}. */
    void write(Batch batch);

    /** Returns when everything written before is durable, all spaces together. */
    void flush();

    @Override
    void close();

    /** Positioned on its first entry when made. Not thread-safe. */
    interface Cursor extends AutoCloseable {
        boolean isValid();

        byte[] key();

        byte[] value();

        void next();

        /** Moves forward to the first entry at or after {@code key}. */
        void seek(byte[] key);

        @Override
        void close();
    }

    /** Collects writes. Not thread-safe. Close it after use. */
    interface Batch extends AutoCloseable {
        void put(Space space, byte[] key, byte[] value);

        void delete(Space space, byte[] key);

        /** Removes [from, to). */
        void deleteRange(Space space, byte[] from, byte[] to);

        @Override
        void close();
    }
}
