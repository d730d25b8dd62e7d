package io.flotilla.node.liveness;

import io.flotilla.config.time.Timestamp;
import io.flotilla.node.raft.Now;
import io.flotilla.node.raft.Support;

/** What this store asks of one other: the epoch in use towards it, the heartbeats sent, and until when it is supported. */
final class Asked {
    private static final int KEPT = 16;

    private final long[] sentMicros = new long[KEPT];
    private final Timestamp[] bounds = new Timestamp[KEPT];
    private final Timestamp[] readings = new Timestamp[KEPT];

    private long epoch = Support.NO_EPOCH;
    private long durableWith;
    private long round;
    private long answered;
    private long stamp = LivenessMessage.NO_STAMP;
    private long untilMicros = Support.NEVER;
    private Timestamp acknowledged = Timestamp.ZERO;
    private Timestamp accepted = Timestamp.ZERO;

    /** The epoch in use, or {@link Support#NO_EPOCH} if this store asks for nothing. */
    long epoch() {
        return epoch;
    }

    /** Takes another epoch into use once everything up to persist {@code number} is durable. What the last one had is not relied on any more. */
    void take(long newEpoch, long number) {
        epoch = newEpoch;
        durableWith = number;
        untilMicros = Support.NEVER;
        acknowledged = Timestamp.ZERO;
    }

    void giveUp() {
        take(Support.NO_EPOCH, Long.MAX_VALUE);
    }

    boolean maySpeak(long durable) {
        return epoch != Support.NO_EPOCH && durable >= durableWith;
    }

    /** Whether the epoch becomes usable by persists in ({@code before}, {@code durable}]. */
    boolean becameUsable(long before, long durable) {
        return maySpeak(durable) && !maySpeak(before);
    }

    LivenessMessage.Heartbeat heartbeat(Now now, Timestamp bound) {
        round++;
        int slot = slot(round);
        sentMicros[slot] = now.micros();
        readings[slot] = now.hybrid();
        bounds[slot] = bound;
        return new LivenessMessage.Heartbeat(epoch, round, bound, stamp);
    }

    /** Whether the reply is to a heartbeat of the epoch in use, and newer than what was heard. Its stamp is to be echoed. */
    boolean heard(LivenessMessage.Reply reply) {
        if (reply.epoch() != epoch || reply.round() > round || reply.round() <= answered) {
            return false;
        }
        answered = reply.round();
        stamp = reply.stamp();
        if (isKept(answered)) {
            accepted = accepted.max(readings[slot(answered)]);
        }
        return true;
    }

    /** The heartbeat of that round is answered, and {@code remainingMicros} of support remain. */
    void supported(LivenessConfig config, long answeredRound, long remainingMicros) {
        long reliable = config.reliableMicros(remainingMicros);
        if (reliable > 0 && isKept(answeredRound)) {
            int slot = slot(answeredRound);
            untilMicros = Math.max(untilMicros, sentMicros[slot] + reliable);
            acknowledged = acknowledged.max(config.boundWorth(bounds[slot], reliable));
        }
    }

    boolean isSupportedAt(long nowMicros) {
        return nowMicros < untilMicros;
    }

    long untilMicros() {
        return untilMicros;
    }

    Timestamp acknowledged() {
        return acknowledged;
    }

    /** The highest reading of this store's clock that the other has not refused. */
    Timestamp accepted() {
        return accepted;
    }

    private boolean isKept(long sentRound) {
        return sentRound > Math.max(0, round - KEPT) && sentRound <= round;
    }

    private static int slot(long number) {
        return (int) (number % KEPT);
    }
}
