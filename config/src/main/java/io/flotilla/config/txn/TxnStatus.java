package io.flotilla.config.txn;

/** The fate of a transaction, as its record tells it. */
public enum TxnStatus {
    /** Begun; may still go either way. */
    PENDING,
    /** Committed if, and only if, each in-flight write named in the record is found at or below its timestamp. */
    STAGING,
    /** Final. */
    COMMITTED,
    /** Final. */
    ABORTED;

    public boolean isFinal() {
        return this == COMMITTED || this == ABORTED;
    }
}
