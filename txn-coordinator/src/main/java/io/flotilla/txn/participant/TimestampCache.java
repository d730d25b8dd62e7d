package io.flotilla.txn.participant;

import io.flotilla.config.key.Span;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;

/**
 * Remembers up to which timestamp each key was read, so that no later write slips below a read. Bounded: it loses resolution only upwards, into the
 * low-water mark. One instance per leaseholder; not thread-safe.
 */
public final class TimestampCache {
    /** @param lowWater everything counts as read up to here: the lease's start */
    public TimestampCache(Timestamp lowWater) {
        throw new UnsupportedOperationException("not built yet");
    }

    public void add(Span span, Timestamp timestamp, TxnId txn) {
        throw new UnsupportedOperationException("not built yet");
    }

    /** The latest read of any key in {@code span} by anyone but {@code txn}; at least the low-water mark. */
    public Timestamp latestRead(Span span, TxnId txn) {
        throw new UnsupportedOperationException("not built yet");
    }

    public Timestamp lowWater() {
        throw new UnsupportedOperationException("not built yet");
    }
}
