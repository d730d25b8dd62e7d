package io.flotilla.node.replica;

import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.Engine.Space;

/**
 * What is noted of a store as a whole in {@link Space#LOCAL}.
 *
 * <pre>
 *   'm' 'r'   version 1: it was emptied to be rebuilt from its peers, and is not whole again yet
 * </pre>
 */
public final class StoreMarks {
    private static final byte[] REBUILT = {'m', 'r'};
    private static final byte VERSION = 1;

    private StoreMarks() {}

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
