package io.flotilla.config.settings;

/**
 * Timing of the transaction layer, in milliseconds.
 *
 * @param heartbeatMillis how often the coordinator of an unfinished commit says that it is alive
 * @param expiryMillis silence after which anybody may abort it; several heartbeats, above the maximum clock offset
 * @param pushDelayMillis how long a conflict waits before it asks the holder's record
 * @param outcomeRetentionMillis for how long a transaction's outcome must be there to be looked up: a floor for the retention of versions, which is what proves it; by itself it
 *     keeps nothing
 */
public record TxnSettings(long heartbeatMillis, long expiryMillis, long pushDelayMillis, long outcomeRetentionMillis) {
    public static final TxnSettings DEFAULT = new TxnSettings(1_000, 5_000, 10, 600_000);
}
