package io.flotilla.config.kv;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.Value;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnRecord;
import io.flotilla.config.txn.TxnStatus;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What one operation came to; a batch's results stand in the order of its operations. */
public sealed interface KvResult {
    /**
     * @param value null if the key is absent
     * @param timestamp when that value was written; {@link Timestamp#ZERO} if the key was never written
     */
    record Got(@Nullable Value value, Timestamp timestamp) implements KvResult {}

    record Row(Key key, Value value) {}

    /** @param resume where to go on if a limit stopped the scan; null if the span is exhausted */
    record Scanned(List<Row> rows, @Nullable Key resume) implements KvResult {}

    record Ended(TxnStatus status, Timestamp timestamp) implements KvResult {}

    record Record(@Nullable TxnRecord record) implements KvResult {}

    record IntentQueried(boolean present) implements KvResult {}

    /** Done; nothing to tell. */
    record Acknowledged() implements KvResult {
        public static final Acknowledged INSTANCE = new Acknowledged();
    }
}
