package io.flotilla.config.settings;

/**
 * What becomes of ranges that nobody asks anything of.
 *
 * @param passivateAfterMillis a range without traffic for this long is no longer held in memory, and comes back from disk when something happens to it
 * @param wakingMax so many replicas are awake at most because the store they waited for is gone; the others are woken as these come to rest. Whoever is
 *     asked something is woken at once
 */
public record IdleSettings(long passivateAfterMillis, int wakingMax) {
    public static final IdleSettings DEFAULT = new IdleSettings(10_000, 256);

    public IdleSettings {
        if (passivateAfterMillis <= 0) {
            throw new IllegalArgumentException("passivateAfterMillis must be positive: " + passivateAfterMillis);
        }
        if (wakingMax <= 0) {
            throw new IllegalArgumentException("wakingMax must be positive: " + wakingMax);
        }
    }
}
