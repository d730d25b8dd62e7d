package io.flotilla.node.replica;

import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.Engine.Space;
import java.nio.ByteBuffer;

/**
 * What is noted of a store as a whole in {@link Space#LOCAL}.
 *
 * <pre>
 *   'm' 'l'   version 1, so many records (8) of the log were durable when the state was flushed last
 *   'm' 'r'   version 1: it was emptied to be rebuilt from its peers, and is not whole again yet
 * </pre>
 */
public final class StoreMarks {
    private static final byte[] LOG_RECORDS = {'m', 'l'};
    private static final byte[] REBUILT = {'m', 'r'};
    private static final byte VERSION = 1;

    private StoreMarks() {}

    /** So many records the log has at least, unless the end of it was lost. */
    static long logRecords(Engine engine) {
        byte[] bytes = engine.get(Space.LOCAL, LOG_RECORDS);
        if (bytes == null) {
            return 0;
        }
        if (bytes[0] != VERSION) {
            throw new IllegalStateException("the mark of the log's records has unknown version " + bytes[0]);
        }
        return ByteBuffer.wrap(bytes).getLong(1);
    }

    static void putLogRecords(Engine.Batch batch, long records) {
        byte[] bytes = new byte[1 + Long.BYTES];
        ByteBuffer.wrap(bytes).put(VERSION).putLong(records);
        batch.put(Space.LOCAL, LOG_RECORDS, bytes);
    }

    static boolean isRebuilt(Engine engine) {
        byte[] bytes = engine.get(Space.LOCAL, REBUILT);
        if (bytes != null && bytes[0] != VERSION) {
            throw new IllegalStateException("the mark of a rebuilt store has unknown version " + bytes[0]);
        }
        return bytes != null;
    }

    /** By whoever empties it. */
    public static void putRebuilt(Engine.Batch batch) {
        batch.put(Space.LOCAL, REBUILT, new byte[] {VERSION});
    }

    static void clearRebuilt(Engine.Batch batch) {
        batch.delete(Space.LOCAL, REBUILT);
    }
}
