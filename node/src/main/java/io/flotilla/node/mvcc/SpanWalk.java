package io.flotilla.node.mvcc;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.Engine.Space;
import org.jspecify.annotations.Nullable;

/**
 * Walks the keys of a span in order, intents and versions side by side. At each key: {@link #key}, then {@link #intent}, then at most one of
 * {@link #version} and {@link #changedByOthers}, then {@link #advance}. Not thread-safe.
 */
final class SpanWalk implements AutoCloseable {
    /** Neighbours are reached by stepping; only what is further away is worth a seek. */
    private static final int STEPS_MAX = 4;

    private final Engine.Cursor intents;
    private final Engine.Cursor versions;
    private @Nullable Key intentKey;
    private @Nullable Key versionKey;
    private byte @Nullable [] versionEntry;

    SpanWalk(Engine engine, Span span) {
        MvccKeys.Bounds inIntents = MvccKeys.intentBounds(span);
        MvccKeys.Bounds inData = MvccKeys.dataBounds(span);
        intents = engine.cursor(Space.INTENT, inIntents.from(), inIntents.to());
        versions = engine.cursor(Space.DATA, inData.from(), inData.to());
        loadIntent();
        loadVersion();
    }

    /** The key the walk is at; null at the end of the span. */
    @Nullable
    Key key() {
        if (intentKey == null || versionKey == null) {
            return intentKey == null ? versionKey : intentKey;
        }
        return intentKey.compareTo(versionKey) <= 0 ? intentKey : versionKey;
    }

    /** The intent on the current key, if any. */
    @Nullable
    Intent intent() {
        return intentIsHere() ? IntentCodec.decode(intents.value()) : null;
    }

    /** The newest version of the current key at or below {@code upTo}, or at or below {@code movedUpTo} if it was moved there. */
    @Nullable
    Version version(Timestamp upTo, Timestamp movedUpTo) {
        byte[] entry = currentEntry();
        if (entry == null || !descendTo(entry, movedUpTo.packed())) {
            return null;
        }
        while (isAtVersionOf(entry)) {
            long packed = MvccKeys.packedOfData(versions.key());
            if (packed <= upTo.packed() || VersionCodec.isMoved(versions.value())) {
                return VersionCodec.decode(new Timestamp(packed), versions.value());
            }
            versions.next();
        }
        return null;
    }

    /** Whether anyone but {@code txn} wrote a version of the current key in ({@code after}, {@code upTo}]. */
    boolean changedByOthers(Timestamp after, Timestamp upTo, TxnId txn) {
        byte[] entry = currentEntry();
        if (entry == null || !descendTo(entry, upTo.packed())) {
            return false;
        }
        while (isAtVersionOf(entry) && MvccKeys.packedOfData(versions.key()) > after.packed()) {
            if (!VersionCodec.isBy(versions.value(), txn)) {
                return true;
            }
            versions.next();
        }
        return false;
    }

    /** Goes on to the next key. */
    void advance() {
        byte[] entry = currentEntry();
        if (intentIsHere()) {
            intents.next();
            loadIntent();
        }
        if (entry != null) {
            leaveVersionsOf(entry);
            loadVersion();
        }
    }

    @Override
    public void close() {
        intents.close();
        versions.close();
    }

    private boolean intentIsHere() {
        return intentKey != null && (versionKey == null || intentKey.compareTo(versionKey) <= 0);
    }

    /** The first entry in DATA of the current key; null if it has none. */
    private byte @Nullable [] currentEntry() {
        boolean here = versionKey != null && (intentKey == null || versionKey.compareTo(intentKey) <= 0);
        return here ? versionEntry : null;
    }

    /** Moves to the first version of {@code entry}'s key at or below {@code packed}; false if there is none. */
    private boolean descendTo(byte[] entry, long packed) {
        for (int step = 0; step < STEPS_MAX; step++) {
            if (!isAtVersionOf(entry)) {
                return false;
            }
            if (MvccKeys.packedOfData(versions.key()) <= packed) {
                return true;
            }
            versions.next();
        }
        if (isAtVersionOf(entry) && MvccKeys.packedOfData(versions.key()) > packed) {
            versions.seek(MvccKeys.withTimestamp(entry, packed));
        }
        return isAtVersionOf(entry);
    }

    private void leaveVersionsOf(byte[] entry) {
        for (int step = 0; step < STEPS_MAX; step++) {
            if (!isAtVersionOf(entry)) {
                return;
            }
            versions.next();
        }
        if (isAtVersionOf(entry)) {
            versions.seek(MvccKeys.withTimestamp(entry, 0));
        }
    }

    private boolean isAtVersionOf(byte[] entry) {
        return versions.isValid() && MvccKeys.sameKey(versions.key(), entry);
    }

    private void loadIntent() {
        intentKey = intents.isValid() ? Key.wrap(intents.key()) : null;
    }

    private void loadVersion() {
        versionEntry = versions.isValid() ? versions.key() : null;
        versionKey = versionEntry == null ? null : MvccKeys.userKeyOfData(versionEntry);
    }
}
