package io.flotilla.txn.coordinator;

import io.flotilla.config.kv.KvError;

/** What a part's refusal means for the transaction as a whole. */
final class CommitErrors {
    private CommitErrors() {}

    /** The same trouble, told of a transaction that is known not to have committed. */
    static KvError notCommitted(KvError error) {
        if (error instanceof KvError.DeadlineExceeded late) {
            return new KvError.DeadlineExceeded(late.phase(), false);
        }
        if (error instanceof KvError.Unavailable unavailable) {
            return new KvError.Unavailable(unavailable.reason(), unavailable.key(), unavailable.detail(), false);
        }
        if (error instanceof KvError.TooOld old) {
            return new KvError.TooOld(old.key(), old.oldest(), false);
        }
        if (error instanceof KvError.Internal internal) {
            return new KvError.Internal(internal.detail(), false);
        }
        return error;
    }

    /** Known to be so: whoever goes on asking may have asked just when the time is up, and then nobody knows any more what comes of that. */
    static boolean isNoQuorum(KvError error) {
        return error instanceof KvError.Unavailable unavailable
                && unavailable.reason().equals("NO_QUORUM");
    }

    /** Whether sending the same again may help. */
    static boolean isPassing(KvError error) {
        return !error.provenNotExecuted()
                || error instanceof KvError.DeadlineExceeded
                || error instanceof KvError.Unavailable
                || error instanceof KvError.Overloaded
                || error instanceof KvError.LockTimeout;
    }
}
