package io.flotilla.node.mvcc;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What evaluating a batch on one range came to. */
public sealed interface Evaluation {
    /**
     * @param reply for the client, once {@code mutation} (if any) is applied
     * @param mutation what to replicate, see {@link Mutation}; null if nothing changes
     * @param trigger commit trigger to be applied with the mutation; empty for none
     * @param released intents that the mutation removes
     * @param reads what was read, to be protected by the timestamp cache before the reply leaves (also when the reply is a refusal that told
     *     something about the data, such as ConditionFailed)
     */
    record Evaluated(
            KvReply reply, byte @Nullable [] mutation, byte[] trigger, List<Key> released, List<Protection> reads)
            implements Evaluation {}

    /** A read of {@code span} at {@code timestamp} by {@code txn} ({@link TxnId#NONE} for nobody in particular). */
    record Protection(Span span, Timestamp timestamp, TxnId txn) {}

    /** Another transaction's intent is in the way. Nothing was done; evaluate again when it is gone. */
    record Blocked(Key key, TxnMeta holder, Timestamp intentTimestamp) implements Evaluation {}
}
