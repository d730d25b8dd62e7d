package io.flotilla.node.mvcc;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnRecord;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.Engine.Space;
import org.jspecify.annotations.Nullable;

/** Looks at intents, versions and records of single keys. For one thread at a time. */
public final class MvccReader {
    private final Engine engine;
    private final KeyCache.View keys;

    public MvccReader(Engine engine, KeyCache.View keys) {
        this.engine = engine;
        this.keys = keys;
    }

    /** The intent on {@code key}, if any. */
    public @Nullable Intent intent(Key key) {
        return standing(key).intent();
    }

    /** The newest version of {@code key}, if any; a tombstone is one. */
    public @Nullable Version newest(Key key) {
        return standing(key).newest();
    }

    private KeyCache.Standing standing(Key key) {
        KeyCache.Standing known = keys.find(key);
        if (known == null) {
            known = look(key);
            keys.keep(key, known);
        }
        return known;
    }

    private KeyCache.Standing look(Key key) {
        byte[] bytes = engine.get(Space.INTENT, key.bytes());
        Intent intent = bytes == null ? null : IntentCodec.decode(bytes);
        try (Engine.Cursor cursor = versions(key, Timestamp.MAX)) {
            if (!cursor.isValid()) {
                return new KeyCache.Standing(null, false, intent);
            }
            byte[] value = cursor.value();
            Version newest = VersionCodec.decode(MvccKeys.timestampOfData(cursor.key()), value);
            return new KeyCache.Standing(newest, VersionCodec.isMoved(value), intent);
        }
    }

    /** The newest version of {@code key} at or below {@code timestamp}, if any; a tombstone is one. */
    public @Nullable Version version(Key key, Timestamp timestamp) {
        return version(key, timestamp, timestamp);
    }

    /** The newest version of {@code key} at or below {@code timestamp}, or at or below {@code movedUpTo} if it was moved there. */
    @Nullable
    Version version(Key key, Timestamp timestamp, Timestamp movedUpTo) {
        KeyCache.Standing standing = standing(key);
        Version newest = standing.newest();
        if (newest == null
                || !newest.timestamp().isAfter(timestamp)
                || standing.isMoved() && !newest.timestamp().isAfter(movedUpTo)) {
            return newest;
        }
        try (Engine.Cursor cursor = versions(key, movedUpTo)) {
            for (; cursor.isValid(); cursor.next()) {
                long packed = MvccKeys.packedOfData(cursor.key());
                if (packed <= timestamp.packed() || VersionCodec.isMoved(cursor.value())) {
                    return VersionCodec.decode(new Timestamp(packed), cursor.value());
                }
            }
        }
        return null;
    }

    /**
     * When {@code txn} wrote {@code key}, if it committed: the timestamp of its newest version in [{@code lowest}, {@code highest}], or {@link
     * Timestamp#ZERO}.
     *
     * @param versionsMax how many versions to look at before giving up
     */
    public Timestamp committedBy(TxnId txn, Key key, Timestamp lowest, Timestamp highest, int versionsMax) {
        Version newest = newest(key);
        if (newest == null || newest.timestamp().isBefore(lowest)) {
            return Timestamp.ZERO;
        }
        try (Engine.Cursor cursor = versions(key, highest)) {
            for (int seen = 0; seen < versionsMax && cursor.isValid(); seen++, cursor.next()) {
                long packed = MvccKeys.packedOfData(cursor.key());
                if (packed < lowest.packed()) {
                    break;
                }
                if (VersionCodec.isBy(cursor.value(), txn)) {
                    return new Timestamp(packed);
                }
            }
        }
        return Timestamp.ZERO;
    }

    /** The record of {@code id}, anchored at {@code anchor}, if any. */
    public @Nullable TxnRecord record(Key anchor, TxnId id) {
        byte[] bytes = engine.get(Space.RECORD, MvccKeys.record(anchor, id));
        return bytes == null ? null : RecordCodec.decode(bytes);
    }

    /** The versions of {@code key} from {@code newest} down. */
    Engine.Cursor versions(Key key, Timestamp newest) {
        return engine.cursor(Space.DATA, MvccKeys.data(key, newest), MvccKeys.dataEnd(key));
    }

    /** All keys of {@code span} that have intents or versions, in order. */
    SpanWalk walk(Span span) {
        return new SpanWalk(engine, span);
    }
}
