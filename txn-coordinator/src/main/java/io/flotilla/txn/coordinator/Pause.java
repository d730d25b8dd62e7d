package io.flotilla.txn.coordinator;

import io.flotilla.config.settings.TxnLimits;

/** Pauses between attempts: doubling, bounded. */
final class Pause {
    private long millis = TxnLimits.RETRY_MILLIS_MIN;
    private int attempts;

    /** How often {@link #nextMicros} was asked. */
    int attempts() {
        return attempts;
    }

    long nextMicros() {
        long now = millis;
        attempts++;
        millis = Math.min(TxnLimits.RETRY_MILLIS_MAX, 2 * millis);
        return now * 1_000;
    }
}
