package io.flotilla.txn.coordinator;

import io.flotilla.config.key.Key;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvHeader;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnRecord;
import io.flotilla.config.txn.TxnStatus;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The questions that lead to a transaction's fate, one after the other: look the record up; abort a PENDING one; recover a STAGING one by querying
 * each write it names and then deciding (parallel commits, "status recovery"). Every step is safe to repeat and to run in several places at once.
 */
final class OutcomeSearch {
    private enum Question {
        LOOK_UP,
        ABORT,
        QUERY_WRITES,
        DECIDE
    }

    private final TxnId id;
    private final Key anchor;
    private final boolean fence;
    private Question question = Question.LOOK_UP;
    private @Nullable TxnRecord record;
    private boolean allPresent;
    private boolean found;

    /** @param fence whether to bring the transaction to an end */
    OutcomeSearch(TxnId id, Key anchor, boolean fence) {
        this.id = id;
        this.anchor = anchor;
        this.fence = fence;
    }

    /** Starts at a STAGING record that was found. */
    static OutcomeSearch recovering(TxnRecord staging) {
        OutcomeSearch search =
                new OutcomeSearch(staging.meta().id(), staging.meta().anchor(), true);
        search.record = staging;
        search.question = Question.QUERY_WRITES;
        return search;
    }

    /** What to send now. */
    KvBatch request(TxnTime now, long timeoutMicros) {
        TxnRecord seen = record;
        List<KvOp> ops = new ArrayList<>();
        if (question == Question.LOOK_UP || seen == null) {
            ops.add(new KvOp.LookupTxn(anchor, id, fence));
        } else if (question == Question.ABORT) {
            ops.add(new KvOp.PushTxn(anchor, seen.meta(), true));
        } else if (question == Question.QUERY_WRITES) {
            for (Key key : seen.inFlight()) {
                ops.add(new KvOp.QueryIntent(key, id, seen.timestamp()));
            }
        } else {
            ops.add(new KvOp.RecoverTxn(anchor, id, seen.timestamp(), allPresent));
        }
        return new KvBatch(
                new KvHeader(now.clock(), Timestamp.ZERO, List.of(), TxnMeta.NONE, true, timeoutMicros), ops);
    }

    /**
     * Takes in the reply to the last request.
     *
     * @return whether it answered the question; if not, ask it again after a pause
     */
    boolean accept(KvReply reply) {
        if (!(reply instanceof KvReply.Done done)) {
            return false;
        }
        if (question == Question.QUERY_WRITES) {
            allPresent = true;
            for (KvResult result : done.results()) {
                allPresent &= result instanceof KvResult.IntentQueried queried && queried.present();
            }
            question = Question.DECIDE;
            return true;
        }
        boolean repeated = question != Question.LOOK_UP;
        record = done.results().get(0) instanceof KvResult.Record result ? result.record() : null;
        TxnRecord seen = record;
        if (seen == null) {
            // No trace. With a fence there always is one afterwards, so ask again.
            found = !fence;
            question = Question.LOOK_UP;
            return found;
        }
        if (seen.status().isFinal() || !fence) {
            found = true;
        } else if (seen.status() == TxnStatus.PENDING) {
            question = Question.ABORT;
        } else if (seen.inFlight().isEmpty()) {
            allPresent = true;
            question = Question.DECIDE;
        } else {
            question = Question.QUERY_WRITES;
        }
        // A record that is not final after a push or a decision moved on meanwhile: somebody is at work, give him time.
        return found || !repeated || seen.status() == TxnStatus.STAGING;
    }

    boolean isFound() {
        return found;
    }

    /** What was found; null if there is no trace. */
    @Nullable
    TxnRecord record() {
        return record;
    }
}
