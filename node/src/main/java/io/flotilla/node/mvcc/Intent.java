package io.flotilla.node.mvcc;

import io.flotilla.config.key.Value;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnMeta;
import org.jspecify.annotations.Nullable;

/**
 * A provisional value of a key: it counts if its transaction commits, at the commit timestamp, which is never below this one.
 *
 * @param value null to remove the key
 */
public record Intent(
        TxnMeta txn, Timestamp timestamp, @Nullable Value value) {}
