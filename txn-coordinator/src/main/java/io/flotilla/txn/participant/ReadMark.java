package io.flotilla.txn.participant;

import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;

/**
 * The latest read of something, and the latest by somebody else: enough to tell anyone up to where others have read.
 *
 * <p>Invariant: {@code other <= best}; {@code other} is the latest read by a transaction that is not {@code by}. If {@code by} is {@link
 * TxnId#NONE}, {@code best} counts against everyone.
 */
final class ReadMark {
    private Timestamp best;
    private TxnId by;
    private Timestamp other;

    ReadMark(Timestamp timestamp, TxnId txn) {
        best = timestamp;
        by = txn;
        other = txn.equals(TxnId.NONE) ? timestamp : Timestamp.ZERO;
    }

    private ReadMark(ReadMark from) {
        best = from.best;
        by = from.by;
        other = from.other;
    }

    ReadMark copy() {
        return new ReadMark(this);
    }

    void add(Timestamp timestamp, TxnId txn) {
        int order = timestamp.compareTo(best);
        if (order > 0) {
            other = txn.equals(TxnId.NONE) ? timestamp : txn.equals(by) ? other : best;
            best = timestamp;
            by = txn;
        } else if (txn.equals(TxnId.NONE) || !txn.equals(by)) {
            if (order == 0) {
                by = TxnId.NONE;
            }
            other = other.max(timestamp);
        }
    }

    /** The latest read by anyone but {@code txn}. */
    Timestamp latestExcept(TxnId txn) {
        return by.equals(txn) && !txn.equals(TxnId.NONE) ? other : best;
    }

    boolean sameAs(ReadMark mark) {
        return best.equals(mark.best) && by.equals(mark.by) && other.equals(mark.other);
    }
}
