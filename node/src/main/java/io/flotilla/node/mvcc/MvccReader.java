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
        KeyCache.Standing known = keys.find(key);
        return known != null ? known.intent() : storedIntent(key);
    }

    private @Nullable Intent storedIntent(Key key) {
        byte[] bytes = engine.get(Space.INTENT, key.bytes());
        return bytes == null ? null : IntentCodec.decode(bytes);
    }

    /** Intent and newest version of {@code key}, a tombstone too. To be asked for once, and handed on: not all is remembered. */
    KeyCache.Standing standing(Key key) {
        KeyCache.Standing known = keys.find(key);
        if (known == null) {
            known = look(key);
            keys.keep(key, known);
        }
        return known;
    }

    private KeyCache.Standing look(Key key) {
        Intent intent = storedIntent(key);
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
        return version(key, standing(key), timestamp, timestamp);
    }

    /**
     * The newest version of {@code key} at or below {@code timestamp}, or at or below {@code movedUpTo} if it was moved there.
     *
     * @param standing what stands under the key
     */
    @Nullable
    Version version(Key key, KeyCache.Standing standing, Timestamp timestamp, Timestamp movedUpTo) {
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
        KeyCache.Standing known = keys.find(key);
        if (known != null && known.isOlderThan(lowest)) {
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
