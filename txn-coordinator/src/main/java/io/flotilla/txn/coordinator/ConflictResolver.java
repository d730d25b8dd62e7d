package io.flotilla.txn.coordinator;

import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnRecord;
import io.flotilla.config.txn.TxnStatus;
import java.util.function.Consumer;

/**
 * What a leaseholder calls for transactions whose coordinator may be gone. When a request keeps meeting another transaction's intent, it asks the holder's
 * record, aborts the holder if it expired or is outranked, and recovers a STAGING one (parallel commit recovery).
 *
 * <p>Threading: callable from any thread, never blocks; the callback runs on any thread, exactly once.
 */
public interface ConflictResolver {
    void resolve(TxnMeta pusher, TxnMeta holder, Consumer<Resolution> callback);

    /**
     * Resolves what an old COMMITTED record names, then drops the record. Nobody is told: what does not get done is found again.
     *
     * @param left of a transaction whose outcome nobody may ask for any more
     */
    void finish(TxnRecord left);

    /**
     * @param status final: the holder's intents may be resolved accordingly; else the holder is alive (or its record out of reach) and
     *     the caller waits on
     * @param timestamp the commit timestamp if COMMITTED
     */
    record Resolution(TxnMeta holder, TxnStatus status, Timestamp timestamp) {}
}
