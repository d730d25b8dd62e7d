package io.flotilla.config.settings;

/**
 * Timing of store liveness, in milliseconds.
 *
 * @param heartbeatMillis how often a store asks each other one for its support
 * @param supportMillis how long support lasts after the last answer that its receiver has shown it heard; a node that died is replaced
 *     after no more than this
 * @param diskStallMillis a store whose log has not become durable for this long gives up the support it has: it could confirm nothing
 */
public record LivenessSettings(long heartbeatMillis, long supportMillis, long diskStallMillis) {
    public static final LivenessSettings DEFAULT = new LivenessSettings(200, 1_000, 500);

    public LivenessSettings {
        if (heartbeatMillis <= 0 || supportMillis < 3 * heartbeatMillis) {
            throw new IllegalArgumentException("supportMillis " + supportMillis
                    + " must be three times heartbeatMillis at least, which is " + heartbeatMillis);
        }
        if (diskStallMillis <= 0) {
            throw new IllegalArgumentException("diskStallMillis must be positive: " + diskStallMillis);
        }
    }
}
