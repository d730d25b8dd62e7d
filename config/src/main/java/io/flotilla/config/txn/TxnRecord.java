package io.flotilla.config.txn;

import io.flotilla.config.key.Key;
import io.flotilla.config.time.Timestamp;
import java.util.List;

/**
 * The transaction record: the one place where a transaction's fate is decided. Stored beside its anchor key.
 *
 * @param timestamp the commit timestamp, staged or final
 * @param heartbeat when the coordinator was last known alive
 * @param inFlight the keys written, all of them; filled in when STAGING or COMMITTED
 */
public record TxnRecord(TxnMeta meta, TxnStatus status, Timestamp timestamp, Timestamp heartbeat, List<Key> inFlight) {
    public TxnRecord {
        inFlight = List.copyOf(inFlight);
    }

    public TxnRecord with(TxnStatus newStatus, Timestamp newTimestamp) {
        return new TxnRecord(meta, newStatus, newTimestamp, heartbeat, inFlight);
    }
}
