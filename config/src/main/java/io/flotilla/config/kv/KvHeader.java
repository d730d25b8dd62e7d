package io.flotilla.config.kv;

import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnMeta;
import java.util.List;

/**
 * What all operations of a batch share.
 *
 * @param timestamp where reads read and writes write; {@link Timestamp#ZERO} lets the leaseholder choose (only if the batch
 *     stays within one range: whoever cuts it sets one first)
 * @param uncertaintyLimit values in (timestamp, this] may have been written before the reader began; ZERO for no uncertainty
 * @param observed narrows the uncertainty, per node
 * @param txn the transaction this belongs to, or {@link TxnMeta#NONE}
 * @param forwardable whether the timestamp may be moved up without asking: the transaction has read nothing before
 * @param timeoutMicros how long the work may take from arrival on; positive
 */
public record KvHeader(
        Timestamp timestamp,
        Timestamp uncertaintyLimit,
        List<Observed> observed,
        TxnMeta txn,
        boolean forwardable,
        long timeoutMicros) {

    /** A header for a batch outside any transaction, at a timestamp of the leaseholder's choice. */
    public static KvHeader standalone(long timeoutMicros) {
        return new KvHeader(Timestamp.ZERO, Timestamp.ZERO, List.of(), TxnMeta.NONE, true, timeoutMicros);
    }

    public KvHeader at(Timestamp newTimestamp) {
        return new KvHeader(newTimestamp, uncertaintyLimit, observed, txn, forwardable, timeoutMicros);
    }

    public KvHeader within(long newTimeoutMicros) {
        return new KvHeader(timestamp, uncertaintyLimit, observed, txn, forwardable, newTimeoutMicros);
    }
}
