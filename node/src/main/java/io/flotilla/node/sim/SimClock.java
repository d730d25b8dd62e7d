package io.flotilla.node.sim;

import io.flotilla.config.time.HybridClock;
import io.flotilla.config.time.Timestamp;
import io.flotilla.node.raft.Now;

/** One replica's clocks as functions of true time: a monotonic one that drifts, and a wall clock that is off by a bounded amount. */
final class SimClock {
    private static final long EPOCH = Timestamp.EPOCH_MICROS + 3_600_000_000L;

    private final long maxOffsetMicros;
    private final double rate;
    private final long originMicros;
    private long trueMicros;
    private long skewMicros;
    private long backMicros;
    private HybridClock hybrid;

    SimClock(long maxOffsetMicros, double rate, long originMicros, long skewMicros) {
        this.maxOffsetMicros = maxOffsetMicros;
        this.rate = rate;
        this.originMicros = originMicros;
        this.skewMicros = skewMicros;
        this.hybrid = newHybrid();
    }

    private HybridClock newHybrid() {
        return new HybridClock(this::wallMicros, maxOffsetMicros);
    }

    private long wallMicros() {
        return EPOCH + trueMicros + skewMicros - backMicros;
    }

    /** How far the wall clock is below that timestamp; not positive if it is not. */
    long microsBelow(Timestamp timestamp) {
        return timestamp.microsSince(Timestamp.ofMicros(wallMicros()));
    }

    /** For good, and by more than its error is otherwise. */
    void setBack(long micros) {
        backMicros += micros;
    }

    void advanceTo(long micros) {
        trueMicros = micros;
    }

    /** The hybrid clock forgets what it has seen. */
    void restart() {
        hybrid = newHybrid();
    }

    void jump(long newSkewMicros) {
        skewMicros = newSkewMicros;
    }

    long monotonicAt(long micros) {
        return originMicros + (long) (micros * rate);
    }

    /** How long, in true time, until the monotonic clock shows {@code monotonic}; nothing if it does already. */
    long microsUntil(long monotonic) {
        return Math.max(0, (long) Math.ceil((monotonic - monotonic()) / rate));
    }

    long monotonic() {
        return monotonicAt(trueMicros);
    }

    Timestamp reading() {
        return hybrid.now();
    }

    boolean receive(Timestamp remote) {
        return hybrid.update(remote);
    }

    Now now() {
        return new Now(monotonic(), hybrid.now());
    }
}
