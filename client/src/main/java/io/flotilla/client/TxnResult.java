package io.flotilla.client;

import io.flotilla.config.txn.TxnId;
import org.jspecify.annotations.Nullable;

/**
 * A transaction that committed.
 *
 * @param value what the body returned in the attempt that committed
 * @param id that attempt's id; {@link TxnId#NONE} if it wrote nothing
 * @param commitTimestamp packed hybrid timestamp; for a transaction that only read, the one it read at
 * @param attempts how often the body ran
 */
public record TxnResult<T extends @Nullable Object>(T value, TxnId id, long commitTimestamp, int attempts) {}
