package io.flotilla.node.liveness;

import io.flotilla.config.time.Timestamp;
import io.flotilla.node.raft.Support;

/**
 * The support this store gives one other. A decision is known at once ({@code newest}, {@code wanted}) and becomes true ({@code published}) when it
 * is durable; until then the last one stands.
 */
final class Given {
    private final Timestamp floor;
    private long newest;
    private boolean wanted;
    private long durableWith;
    private boolean settled = true;
    private long published = Support.NO_EPOCH;
    private long untilMicros = Support.NEVER;
    private long round;
    private Bounds bounds;

    /** @param floor above every bound that may have been heard before this process began */
    Given(Timestamp floor) {
        this.floor = floor;
        this.bounds = new Bounds(floor);
    }

    /** As found on disk: what was supported is, for a full term from now. */
    void restore(LivenessState.Record found, long newUntilMicros) {
        newest = found.epoch();
        wanted = found.supported();
        published = wanted ? newest : Support.NO_EPOCH;
        untilMicros = newUntilMicros;
    }

    LivenessState.Record state(int node) {
        return new LivenessState.Record(node, newest, wanted);
    }

    /** The highest epoch ever supported or withdrawn, 0 if none. */
    long newest() {
        return newest;
    }

    boolean isWanted() {
        return wanted;
    }

    boolean isSettled() {
        return settled;
    }

    /** What this store stands by now. */
    long published() {
        return published;
    }

    long untilMicros() {
        return untilMicros;
    }

    long round() {
        return round;
    }

    Bounds bounds() {
        return bounds;
    }

    void support(long epoch, long number) {
        decide(epoch, true, number);
        round = 0;
    }

    /** No epoch up to this one will be supported again. */
    void withdraw(long epoch, long number) {
        decide(epoch, false, number);
    }

    private void decide(long epoch, boolean support, long number) {
        newest = epoch;
        wanted = support;
        durableWith = number;
        settled = false;
    }

    /** False for a heartbeat that is a repetition or late. */
    boolean heard(LivenessMessage.Heartbeat heartbeat) {
        if (heartbeat.round() <= round) {
            return false;
        }
        round = heartbeat.round();
        return true;
    }

    /** What is served on this store's strength under the newest epoch may go up to there. */
    void bound(Timestamp bound) {
        // Under an epoch that began before this process did, more may have been heard than is remembered.
        bounds = bounds.with(newest, bound, published == newest ? floor : Timestamp.ZERO);
    }

    /** What was served under the epochs up to that one went no further, and will not: their owner says so. */
    void servedUpTo(long epoch, Timestamp bound) {
        bounds = bounds.lowered(epoch, bound);
    }

    void extendTo(long newUntilMicros) {
        untilMicros = Math.max(untilMicros, newUntilMicros);
    }

    void extendBy(long micros) {
        if (isTicking()) {
            untilMicros += micros;
        }
    }

    /** Whether support is given that will run out. */
    boolean isTicking() {
        return settled && published != Support.NO_EPOCH;
    }

    boolean hasRunOut(long nowMicros) {
        return isTicking() && nowMicros >= untilMicros;
    }

    /** Whether the last decision has just become durable. */
    boolean settles(long durable) {
        if (settled || durable < durableWith) {
            return false;
        }
        settled = true;
        return true;
    }

    /** Makes the last decision true; what was published before. */
    long publish(long newUntilMicros) {
        long before = published;
        published = wanted ? newest : Support.NO_EPOCH;
        untilMicros = newUntilMicros;
        return before;
    }
}
