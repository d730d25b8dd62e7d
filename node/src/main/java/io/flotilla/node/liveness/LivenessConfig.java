package io.flotilla.node.liveness;

import io.flotilla.config.settings.LivenessSettings;
import io.flotilla.config.time.Timestamp;

/**
 * What a core is built with.
 *
 * @param self this node
 * @param leaseMillis how long a full promise of {@code supportMillis} is relied on, counted from sending the heartbeat
 * @param maxClockOffsetMicros bound on the difference of wall clocks, for bounds heard before a restart
 * @param boot names this run of the machine, whose monotonic clock goes on over restarts of the process; {@link ClockMark#NO_BOOT} if that is not known
 * @param clockStepMicros how far ahead is made durable up to where this store's clock may be served from
 */
public record LivenessConfig(
        int self,
        LivenessSettings settings,
        long leaseMillis,
        long maxClockOffsetMicros,
        long boot,
        long clockStepMicros) {
    public LivenessConfig {
        if (leaseMillis >= settings.supportMillis()) {
            throw new IllegalArgumentException("the lease, " + leaseMillis + " ms, must be shorter than the support, "
                    + settings.supportMillis() + " ms");
        }
    }

    /**
     * For how long after a heartbeat was sent its sender may rely on an answer to it that leaves {@code remainingMicros}. Shorter than what remains: the
     * supporter's clock may run faster. Both sides reckon with this: what a heartbeat's bound is worth goes down with it.
     *
     * @return not positive if such an answer is worth nothing
     */
    long reliableMicros(long remainingMicros) {
        long marginMicros = (settings.supportMillis() - leaseMillis) * 1_000;
        return Math.min(leaseMillis * 1_000, remainingMicros - marginMicros);
    }

    /** What is left of a heartbeat's bound if its answer may be relied on only for so long. */
    Timestamp boundWorth(Timestamp bound, long reliableMicros) {
        long less = leaseMillis * 1_000 - reliableMicros;
        return less <= 0 ? bound : bound.plusMicros(-less);
    }
}
