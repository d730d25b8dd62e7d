package io.flotilla.node.mvcc;

import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnStatus;
import org.jspecify.annotations.Nullable;

/** Refuses what would have to see versions that may be gone. */
final class Age {
    private Age() {}

    /** Null if every operation of the batch sees all it has to see. */
    static @Nullable Evaluation refusal(Work work) {
        Timestamp oldest = work.context.oldest();
        if (!oldest.isSet()) {
            return null;
        }
        boolean isTxn = work.header.txn().isPresent();
        for (int i = 0; i < work.ops.size(); i++) {
            KvOp op = work.ops.get(i);
            if (Reads.isRead(op)) {
                if (work.base.isBefore(oldest)
                        || op instanceof KvOp.Refresh refresh && refresh.from().isBefore(oldest)) {
                    return Work.refused(new KvError.TooOld(op.key(), oldest, false));
                }
            } else if (isTxn && leavesTrace(op) && work.ownVersionsFrom().isBefore(oldest)) {
                // A late copy of a commit finds what the first one left; here it may be gone, and would be done again.
                return Work.refused(new KvError.TooOld(op.key(), oldest, true));
            }
        }
        return null;
    }

    private static boolean leavesTrace(KvOp op) {
        return op instanceof KvOp.DataWrite || op instanceof KvOp.EndTxn end && end.status() == TxnStatus.STAGING;
    }
}
