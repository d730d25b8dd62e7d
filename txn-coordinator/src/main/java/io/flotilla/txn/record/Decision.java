package io.flotilla.txn.record;

import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.txn.TxnRecord;

/** What becomes of a transaction record, and what the asker is told. */
public sealed interface Decision {
    /**
     * Store this record.
     *
     * @param commits whether the transaction becomes COMMITTED by this very write, so that its trigger must apply with it
     */
    record Write(TxnRecord record, KvResult result, boolean commits) implements Decision {}

    /**
     * Drop the record.
     *
     * @param commits as in {@link Write}: the outcome is proven by a version at the anchor instead
     */
    record Erase(KvResult result, boolean commits) implements Decision {}

    /** Nothing changes. */
    record Leave(KvResult result) implements Decision {}

    /** Nothing changes, and nothing of the whole batch may. */
    record Refuse(KvError error) implements Decision {}
}
