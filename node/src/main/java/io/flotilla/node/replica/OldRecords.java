package io.flotilla.node.replica;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnRecord;
import io.flotilla.config.txn.TxnStatus;
import io.flotilla.node.mvcc.MvccKeys;
import io.flotilla.node.mvcc.RecordCodec;
import io.flotilla.node.storage.Engine;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Finds records whose coordinator is gone, or that nothing but time takes away, once nobody may ask for their transactions' outcome any more. An ABORTED one
 * goes with old versions, but a COMMITTED one may be all that tells what an intent on another range is worth: whoever is told of it has to see to those
 * first. A PENDING one may be of a transaction that never laid an intent, which nobody would meet: it is pushed, and then goes as an ABORTED one. A STAGING
 * one has an intent beside it, at its anchor, and is found by that ({@link OldIntents}).
 *
 * <p>Not thread-safe. Costs a look at one nearly empty space, however many ranges there are.
 */
final class OldRecords {
    static final int ONE_LOOK_MAX = 200;

    private final Engine engine;
    private final Predicate<Key> isLedHere;
    private final Consumer<TxnRecord> finish;
    private final Consumer<TxnMeta> push;
    private final byte[] first = MvccKeys.recordBounds(Span.ALL).from();
    private final byte[] end = MvccKeys.recordBounds(Span.ALL).to();

    /** Where the next look begins: goes round, so that those that cannot be finished now do not hide the others. */
    private byte[] from = first;

    /**
     * @param isLedHere whether the range of an anchor is led by this node; where it is not, its leaseholder looks
     * @param finish takes COMMITTED ones
     * @param push takes whose records are PENDING
     */
    OldRecords(Engine engine, Predicate<Key> isLedHere, Consumer<TxnRecord> finish, Consumer<TxnMeta> push) {
        this.engine = engine;
        this.isLedHere = isLedHere;
        this.finish = finish;
        this.push = push;
    }

    /** @param before when a transaction must have begun for its outcome not to be asked for any more; returns how many were found */
    int look(Timestamp before) {
        byte[] begin = from;
        from = first;
        int found = 0;
        try (Engine.Cursor cursor = engine.cursor(Engine.Space.RECORD, begin, end)) {
            for (; cursor.isValid(); cursor.next()) {
                TxnRecord record = RecordCodec.decode(cursor.value());
                boolean old = (record.status() == TxnStatus.COMMITTED || record.status() == TxnStatus.PENDING)
                        && record.meta().started().isBefore(before)
                        && record.heartbeat().isBefore(before);
                if (!old || !isLedHere.test(record.meta().anchor())) {
                    continue;
                }
                if (found == ONE_LOOK_MAX) {
                    from = cursor.key();
                    return found;
                }
                found++;
                if (record.status() == TxnStatus.COMMITTED) {
                    finish.accept(record);
                } else {
                    push.accept(record.meta());
                }
            }
        }
        return found;
    }
}
