package io.flotilla.txn.coordinator;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnStatus;
import java.util.List;
import java.util.function.Consumer;

/**
 * The gateway's door to the transaction layer: commits buffered transactions and finds out what became of others.
 *
 * <p>Threading: callable from any thread, never blocks; callbacks run on any thread, exactly once, and must not block.
 */
public interface TxnCoordinator {
    /** Commits all writes at one timestamp, or none. */
    void commit(CommitRequest request, Consumer<CommitReply> callback);

    /** Looks up, and with {@code fence} brings to an end, the transaction {@code id} anchored at {@code anchor}. */
    void outcome(TxnId id, Key anchor, boolean fence, long timeoutMicros, Consumer<OutcomeReply> callback);

    /**
     * @param readTimestamp where the transaction read; {@link Timestamp#ZERO} if it read nothing
     * @param writes not empty, each key once; the first is the anchor unless {@code anchor} says otherwise
     * @param anchor the key whose range keeps the record (and applies the trigger)
     * @param reads what it read at {@code readTimestamp}
     * @param priority packed timestamp of the first attempt; 0 if this is the first
     * @param trigger what applies atomically with the commit on the anchor's range; {@link Value#EMPTY} for none
     */
    record CommitRequest(
            TxnId id,
            Key anchor,
            Timestamp readTimestamp,
            List<KvOp.DataWrite> writes,
            List<Span> reads,
            long priority,
            Value trigger,
            long timeoutMicros) {}

    sealed interface CommitReply {}

    record Committed(Timestamp timestamp, long priority) implements CommitReply {}

    /** Not committed, unless the error says that nobody knows. */
    record CommitFailed(KvError error, long priority) implements CommitReply {}

    sealed interface OutcomeReply {}

    /** {@code status} PENDING covers STAGING; {@code known} is false if there is no trace (only without fence). */
    record Outcome(boolean known, TxnStatus status, Timestamp timestamp) implements OutcomeReply {}

    record OutcomeFailed(KvError error) implements OutcomeReply {}
}
