package io.flotilla.config.txn;

import io.flotilla.config.key.Key;
import io.flotilla.config.time.Timestamp;

/**
 * What travels with each request of a transaction and is left in its intents.
 *
 * @param id identity; {@link TxnId#NONE} in {@link #NONE} only
 * @param anchor the key whose range holds the transaction record (the first key it writes); {@link Key#MIN} while it has
 *     written nothing
 * @param started when the commit (or first attempt) began; the age that heartbeats extend
 * @param priority smaller wins a conflict: the packed start timestamp of the first attempt, kept over retries so that an
 *     old transaction cannot starve
 */
public record TxnMeta(TxnId id, Key anchor, Timestamp started, long priority) {
    /** "No transaction": the request stands for itself. */
    public static final TxnMeta NONE = new TxnMeta(TxnId.NONE, Key.MIN, Timestamp.ZERO, Long.MAX_VALUE);

    public boolean isPresent() {
        return !id.equals(TxnId.NONE);
    }

    /** Whether this wins a conflict against {@code other}: older priority first, ties by id. */
    public boolean outranks(TxnMeta other) {
        int byPriority = Long.compare(priority, other.priority);
        return byPriority != 0 ? byPriority < 0 : id.compareTo(other.id) < 0;
    }
}
