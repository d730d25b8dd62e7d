package io.flotilla.node.mvcc;

import io.flotilla.config.key.Value;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import org.jspecify.annotations.Nullable;

/**
 * A committed version of a key.
 *
 * @param txn who wrote it
 * @param value null for a tombstone
 */
public record Version(
        TxnId txn, Timestamp timestamp, @Nullable Value value) {}
