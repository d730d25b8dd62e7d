package io.flotilla.client;

import io.flotilla.config.txn.TxnId;

/**
 * It could not be found out before the deadline whether a write or a transaction committed. Ask
 * {@link FlotillaClient#outcome(TxnId, byte[])} later, with what this exception carries.
 */
public final class CommitOutcomeUnknownException extends FlotillaException {
    private static final long serialVersionUID = 1L;

    private final transient TxnId txnId;
    private final byte[] anchor;

    CommitOutcomeUnknownException(TxnId txnId, byte[] anchor, String message) {
        super(ErrorCode.OUTCOME_UNKNOWN, message, false, true);
        this.txnId = txnId;
        this.anchor = anchor;
    }

    public TxnId txnId() {
        return txnId;
    }

    /** The first key it wrote. */
    public byte[] anchor() {
        return anchor.clone();
    }
}
