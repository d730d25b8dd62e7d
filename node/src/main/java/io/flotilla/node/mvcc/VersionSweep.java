package io.flotilla.node.mvcc;

import io.flotilla.config.key.Span;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnRecord;
import io.flotilla.config.txn.TxnStatus;
import io.flotilla.node.mvcc.Mutation.Garbage;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.Engine.Space;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds, step by step, what of a range's state nobody needs any more who reads at or above a threshold: versions below it that a newer one at or below it
 * covers, and deletions below it; records of transactions that were aborted and began below it; and takes away what was found.
 *
 * <p>What was found stays garbage, whatever is written meanwhile: a version is only ever laid above all others of its key. An aborted transaction's record
 * fences late copies of its commit, and those are too old for a range that was swept. Other records stay: they may tell what an intent elsewhere is
 * worth, so others see to them.
 *
 * <p>Not thread-safe, but any thread may look: what it looks at does not change.
 */
public final class VersionSweep {
    /** Looked at in one step; some milliseconds. */
    private static final int EXAMINED_MAX = 4_000;

    private static final long EXAMINED_BYTES_MAX = 8L << 20;

    /** Taken away in one step, and so by one entry of the log: what a replica's turn may take. */
    private static final int REMOVED_MAX = 1_000;

    /** Each replica reads what it takes away once more, for its checksum. */
    private static final long REMOVED_BYTES_MAX = 1L << 20;

    /** Keys named in one step. */
    private static final int KEY_BYTES_MAX = 64 << 10;

    private final Engine engine;
    private final Span span;
    private final Timestamp threshold;

    /** Where the next step begins; null once it has been everywhere. */
    private byte @Nullable [] from;

    /** The same of the records, which come after all versions. */
    private byte @Nullable [] fromRecord;

    /** The versions that come are of {@link #from}'s key and covered by one that stays. */
    private boolean covered;

    private long keptBytes;

    // ---- of one step
    private final List<Garbage> found = new ArrayList<>();
    private int removed;
    private long removedBytes;
    private long examinedBytes;
    private int keyBytes;
    private byte @Nullable [] runKey;
    private int runCount;

    /** The run's first entry is a deletion, and hides the rest of it. */
    private boolean runIsHidden;

    /** The second entry of such a run. */
    private byte @Nullable [] hiddenKey;

    public VersionSweep(Engine engine, Span span, Timestamp threshold) {
        this.engine = engine;
        this.span = span;
        this.threshold = threshold;
        this.from = MvccKeys.dataBounds(span).from();
        this.fromRecord = MvccKeys.recordBounds(span).from();
    }

    public boolean isDone() {
        return from == null && fromRecord == null;
    }

    /** How much of what was looked at so far stays. */
    public long keptBytes() {
        return keptBytes;
    }

    /** Looks at the next stretch; what is found may be nothing. */
    public List<Garbage> step() {
        found.clear();
        removed = 0;
        removedBytes = 0;
        examinedBytes = 0;
        keyBytes = 0;
        byte[] begin = from;
        byte[] beginRecord = fromRecord;
        if (begin != null) {
            from = null;
            versions(begin);
        } else if (beginRecord != null) {
            fromRecord = null;
            records(beginRecord);
        }
        return List.copyOf(found);
    }

    private void versions(byte[] begin) {
        byte[] key = begin;
        try (Engine.Cursor cursor =
                engine.cursor(Space.DATA, begin, MvccKeys.dataBounds(span).to())) {
            for (int examined = 0; cursor.isValid(); cursor.next(), examined++) {
                byte[] entry = cursor.key();
                boolean another = !MvccKeys.sameKey(key, entry);
                if (another) {
                    endRun();
                    covered = false;
                }
                key = entry;
                if (isFull(examined)) {
                    if (!another) {
                        keepDeletion();
                    }
                    endRun();
                    from = entry;
                    return;
                }
                look(entry, cursor.value());
            }
        }
        endRun();
    }

    private void records(byte[] begin) {
        try (Engine.Cursor cursor =
                engine.cursor(Space.RECORD, begin, MvccKeys.recordBounds(span).to())) {
            for (int examined = 0; cursor.isValid(); cursor.next(), examined++) {
                byte[] entry = cursor.key();
                if (isFull(examined)) {
                    fromRecord = entry;
                    return;
                }
                byte[] value = cursor.value();
                int bytes = entry.length + value.length;
                examinedBytes += bytes;
                if (isForgettable(value, threshold)) {
                    found.add(Garbage.record(entry));
                    removed++;
                    removedBytes += bytes;
                    keyBytes += entry.length;
                } else {
                    keptBytes += bytes;
                }
            }
        }
    }

    private static boolean isForgettable(byte[] record, Timestamp threshold) {
        TxnRecord decoded = RecordCodec.decode(record);
        return decoded.status() == TxnStatus.ABORTED && decoded.meta().started().isBefore(threshold);
    }

    private boolean isFull(int examined) {
        return examined >= EXAMINED_MAX
                || examinedBytes >= EXAMINED_BYTES_MAX
                || removed >= REMOVED_MAX
                || removedBytes >= REMOVED_BYTES_MAX
                || keyBytes >= KEY_BYTES_MAX;
    }

    private void look(byte[] entry, byte[] value) {
        long packed = MvccKeys.packedOfData(entry);
        int bytes = entry.length + value.length;
        examinedBytes += bytes;
        boolean garbage = covered;
        boolean hides = !covered;
        if (!covered && packed <= threshold.packed()) {
            covered = true;
            garbage = packed < threshold.packed() && VersionCodec.isTombstone(value);
        }
        if (garbage) {
            if (runKey == null) {
                runKey = entry;
                runIsHidden = hides;
            } else if (runIsHidden && hiddenKey == null) {
                hiddenKey = entry;
            }
            runCount++;
            removed++;
            removedBytes += bytes;
        } else {
            keptBytes += bytes;
        }
    }

    /** What it hides would be seen until the next step; it goes with the next sweep. */
    private void keepDeletion() {
        if (runKey != null && runIsHidden) {
            runKey = hiddenKey;
            runCount--;
            removed--;
        }
    }

    private void endRun() {
        byte[] first = runKey;
        if (first != null) {
            found.add(new Garbage(first, runCount));
            keyBytes += first.length;
        }
        runKey = null;
        hiddenKey = null;
        runCount = 0;
    }

    /**
     * Takes away what a sweep names, by {@code adding}, whose batch must be empty: of what it has written itself the engine shows nothing. A pure function of
     * (state, sweep).
     */
    public static void carryOut(Engine engine, Mutation.Sweep sweep, StateChecksum.Adding adding) {
        for (Garbage each : sweep.garbage()) {
            if (each.isRecord()) {
                removeRecord(engine, each.key(), sweep.threshold(), adding);
            } else {
                removeVersions(engine, each, adding);
            }
        }
    }

    private static void removeRecord(Engine engine, byte[] key, Timestamp threshold, StateChecksum.Adding adding) {
        byte[] value = engine.get(Space.RECORD, key);
        if (value != null && isForgettable(value, threshold)) {
            // Noted as gone, unlike a version: its coordinator may be dropping it at the same time.
            adding.delete(Space.RECORD, key);
        }
    }

    private static void removeVersions(Engine engine, Garbage garbage, StateChecksum.Adding adding) {
        if (garbage.count() == 1) { // as a rule; a cursor would cost several times as much as what it finds
            byte[] value = engine.get(Space.DATA, garbage.key());
            if (value != null) {
                adding.removeVersion(garbage.key(), value);
            }
            return;
        }
        byte[] end = MvccKeys.endOfVersions(garbage.key());
        try (Engine.Cursor cursor = engine.cursor(Space.DATA, garbage.key(), end)) {
            for (int left = garbage.count(); left > 0 && cursor.isValid(); left--, cursor.next()) {
                adding.removeVersion(cursor.key(), cursor.value());
            }
        }
    }
}
