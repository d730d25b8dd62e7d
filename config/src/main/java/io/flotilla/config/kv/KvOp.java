package io.flotilla.config.kv;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.key.Value;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnStatus;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One operation of a batch. Each is addressed by {@link #key}: the range that holds that key evaluates it. The two ranged
 * operations ({@link Scan}, {@link Refresh}) may be cut at range borders by whoever routes them.
 *
 * <p>Operations on a transaction record ({@link EndTxn}, {@link PushTxn}, …) are addressed by the transaction's anchor key.
 */
public sealed interface KvOp {
    /** The key (or first key) that this operation is addressed to. */
    Key key();

    /** Whether this leaves a trace in replicated state. */
    boolean isWrite();

    // ---- reads -------------------------------------------------------------------------------------------------

    /** Reads one key. Result: {@link KvResult.Got}. */
    record Get(Key key) implements KvOp {
        @Override
        public boolean isWrite() {
            return false;
        }
    }

    /**
     * Reads the keys of a span in order, until a limit. Result: {@link KvResult.Scanned}.
     *
     * @param rowsMax at most this many rows; positive
     * @param bytesMax stop after the row that reaches this many bytes of keys and values; positive
     * @param inconsistent sees only what is committed and waits for nobody: intents are passed over. For look-ups that must not depend on
     *     transactions, because transactions depend on them (where is a key?)
     */
    record Scan(Span span, int rowsMax, long bytesMax, boolean inconsistent) implements KvOp {
        /** A consistent scan. */
        public Scan(Span span, int rowsMax, long bytesMax) {
            this(span, rowsMax, bytesMax, false);
        }

        /** The latest committed rows, waiting for nobody. */
        public static Scan inconsistent(Span span, int rowsMax, long bytesMax) {
            return new Scan(span, rowsMax, bytesMax, true);
        }

        public Scan {
            if (rowsMax <= 0 || bytesMax <= 0) {
                throw new IllegalArgumentException("scan limits must be positive: " + rowsMax + ", " + bytesMax);
            }
        }

        @Override
        public Key key() {
            return span.start();
        }

        @Override
        public boolean isWrite() {
            return false;
        }
    }

    /**
     * Verifies that nothing in {@code span} changed in ({@code from}, batch timestamp], and protects it from now on as a
     * read at the batch timestamp would. Result: {@link KvResult.Acknowledged}, or {@link KvError.RefreshFailed}.
     */
    record Refresh(Span span, Timestamp from) implements KvOp {
        @Override
        public Key key() {
            return span.start();
        }

        @Override
        public boolean isWrite() {
            return false;
        }
    }

    // ---- writes ------------------------------------------------------------------------------------------------

    /** A write of user data: an intent, or in the one-phase path a committed version. */
    sealed interface DataWrite extends KvOp {
        @Override
        default boolean isWrite() {
            return true;
        }
    }

    /** Sets a value. Result: {@link KvResult.Acknowledged}. */
    record Put(Key key, Value value) implements DataWrite {}

    /** Removes a key; a key that is not there is no error. Result: {@link KvResult.Acknowledged}. */
    record Delete(Key key) implements DataWrite {}

    /**
     * Sets ({@code value}) or removes (null) the key if its current value equals {@code expected} (null: is absent).
     * Result: {@link KvResult.Acknowledged}, or {@link KvError.ConditionFailed} for the whole batch.
     */
    record CompareAndSet(
            Key key, @Nullable Value expected, @Nullable Value value) implements DataWrite {}

    // ---- the transaction record --------------------------------------------------------------------------------

    /** An operation on a transaction record; {@link #key} is the anchor. */
    sealed interface RecordOp extends KvOp {
        @Override
        default boolean isWrite() {
            return true;
        }
    }

    /**
     * Ends the batch's own transaction.
     *
     * <ul>
     *   <li>{@code STAGING}: if every key of {@code writes} is written by this very batch, commits at once in one phase and
     *       leaves no intent; else writes a STAGING record beside the batch's intents (parallel commit).
     *   <li>{@code COMMITTED}: all writes are known to be laid; the batch timestamp is the commit timestamp.
     *   <li>{@code ABORTED}.
     * </ul>
     *
     * Result: {@link KvResult.Ended}. A transaction that somebody aborted meanwhile: {@link KvError.TxnAborted}.
     *
     * @param writes every key that the transaction writes, on any range
     * @param trigger opaque to all but the replica: what applies atomically with the commit; {@link Value#EMPTY} for none
     */
    record EndTxn(Key key, TxnStatus status, List<Key> writes, Value trigger) implements RecordOp {
        public EndTxn {
            if (status == TxnStatus.PENDING) {
                throw new IllegalArgumentException("a transaction cannot end as PENDING");
            }
        }
    }

    /** Tells that the batch's own transaction is alive; makes a PENDING record if none is there. Result: {@link KvResult.Record}. */
    record HeartbeatTxn(Key key) implements RecordOp {}

    /**
     * Asks what became of {@code pushee}, and tries to bring it to an end. It is aborted if PENDING (or unknown) and either expired
     * or outranked by the batch's own transaction ({@link TxnMeta#NONE} outranks nothing). A final record is returned as it is; a
     * live or STAGING one too (the pusher then waits, or recovers a STAGING one). Result: {@link KvResult.Record}.
     *
     * @param force abort even a live PENDING one
     */
    record PushTxn(Key key, TxnMeta pushee, boolean force) implements RecordOp {}

    /**
     * Looks up what became of a transaction that may have committed in one phase at its anchor. With {@code fence}, a transaction
     * that has neither record nor committed version is aborted for ever. Result: {@link KvResult.Record}; its record is null when there is
     * no trace and no fence was asked for.
     */
    record LookupTxn(Key key, TxnId id, boolean fence) implements RecordOp {}

    /**
     * Decides a STAGING record after its in-flight writes were queried; does nothing if the record moved on meanwhile. Result:
     * {@link KvResult.Record}.
     *
     * @param stagedAt the timestamp of the STAGING record that was seen
     * @param allPresent whether every in-flight write was found at or below it
     */
    record RecoverTxn(Key key, TxnId id, Timestamp stagedAt, boolean allPresent) implements RecordOp {}

    /** Drops the record of a transaction whose intents are all resolved. Result: {@link KvResult.Acknowledged}. */
    record ForgetTxn(Key key, TxnId id) implements RecordOp {}

    // ---- intents -----------------------------------------------------------------------------------------------

    /**
     * Whether {@code id} wrote {@code key} at or below {@code timestamp}, as an intent or as a version already resolved. If not, it is
     * prevented from doing so for ever. Result: {@link KvResult.IntentQueried}.
     */
    record QueryIntent(Key key, TxnId id, Timestamp timestamp) implements KvOp {
        @Override
        public boolean isWrite() {
            return false;
        }
    }

    /**
     * Turns an intent of {@code id} into a version at {@code timestamp} (COMMITTED) or removes it (ABORTED); nothing if there is none.
     * Result: {@link KvResult.Acknowledged}.
     */
    record ResolveIntent(Key key, TxnId id, TxnStatus status, Timestamp timestamp) implements KvOp {
        public ResolveIntent {
            if (!status.isFinal()) {
                throw new IllegalArgumentException("an intent is resolved only to a final status, not " + status);
            }
        }

        @Override
        public boolean isWrite() {
            return true;
        }
    }
}
