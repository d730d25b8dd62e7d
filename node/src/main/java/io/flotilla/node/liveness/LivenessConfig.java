package io.flotilla.node.liveness;

import io.flotilla.config.settings.LivenessSettings;

/**
 * What a core is built with.
 *
 * @param self this node
 * @param leaseMillis how long a full promise of {@code supportMillis} is relied on, counted from sending the heartbeat
 * @param maxClockOffsetMicros bound on the difference of wall clocks, for bounds heard before a restart
 */
public record LivenessConfig(int self, LivenessSettings settings, long leaseMillis, long maxClockOffsetMicros) {
    public LivenessConfig {
        if (leaseMillis >= settings.supportMillis()) {
            throw new IllegalArgumentException("the lease, " + leaseMillis + " ms, must be shorter than the support, "
                    + settings.supportMillis() + " ms");
        }
    }
}
