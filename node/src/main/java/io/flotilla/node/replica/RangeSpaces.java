package io.flotilla.node.replica;

import io.flotilla.config.key.Span;
import io.flotilla.node.mvcc.MvccKeys;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.Engine.Space;
import java.util.List;

/** Where in the engine the state of a span lies: all that travels in a snapshot. */
record RangeSpaces(Space space, MvccKeys.Bounds bounds) {
    static List<RangeSpaces> of(Span span) {
        return List.of(
                new RangeSpaces(Space.DATA, MvccKeys.dataBounds(span)),
                new RangeSpaces(Space.INTENT, MvccKeys.intentBounds(span)),
                new RangeSpaces(Space.RECORD, MvccKeys.recordBounds(span)));
    }

    /** Deletes all of it. */
    static void clear(Engine.Batch batch, Span span) {
        for (RangeSpaces part : of(span)) {
            batch.deleteRange(part.space(), part.bounds().from(), part.bounds().to());
        }
    }
}
