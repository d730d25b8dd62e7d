package io.flotilla.txn.participant;

import io.flotilla.config.settings.TxnLimits;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnStatus;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The fates of transactions that became known last: a dead transaction with many intents is asked about once. */
final class FinishedTxns {
    record Fate(TxnStatus status, Timestamp timestamp) {}

    private final Map<TxnId, Fate> fates = new LinkedHashMap<>();

    @Nullable
    Fate get(TxnId id) {
        return fates.get(id);
    }

    void put(TxnId id, Fate fate) {
        fates.put(id, fate);
        if (fates.size() > TxnLimits.FATES_MAX) {
            var oldest = fates.keySet().iterator();
            oldest.next();
            oldest.remove();
        }
    }
}
