package io.flotilla.config.time;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The hybrid logical clock of one process (HLC §3). Readings never go back and are above every reading received so far.
 * Thread-safe and lock-free.
 *
 * <p>HAZARD: single-key linearizability across gateways leans on {@code maxOffsetMicros} being a true bound of the
 * difference between any two nodes' wall clocks. If it is false, a read may miss a write that was acknowledged through a
 * node whose clock is ahead. Serializability does not lean on it.
 */
public final class HybridClock {
    private final WallClock wall;
    private final long maxOffsetMicros;
    private final AtomicLong last = new AtomicLong();

    public HybridClock(WallClock wall, long maxOffsetMicros) {
        if (maxOffsetMicros < 0) {
            throw new IllegalArgumentException("maxOffsetMicros must not be negative: " + maxOffsetMicros);
        }
        this.wall = wall;
        this.maxOffsetMicros = maxOffsetMicros;
    }

    /** A new reading, above all earlier ones. */
    public Timestamp now() {
        long physical = Timestamp.ofMicros(wall.unixMicros()).packed();
        while (true) {
            long previous = last.get();
            long next = Math.max(physical, previous + 1);
            if (last.compareAndSet(previous, next)) {
                return new Timestamp(next);
            }
        }
    }

    /**
     * Takes in a remote reading: later readings here are above it.
     *
     * @return false if it is further ahead of this node's wall clock than the bound; the clock is then unchanged and the
     *     message that carried it must be refused
     */
    public boolean update(Timestamp remote) {
        long seen = remote.packed();
        if (seen <= last.get()) {
            return true;
        }
        if (remote.microsSince(Timestamp.ofMicros(wall.unixMicros())) > maxOffsetMicros) {
            return false;
        }
        last.accumulateAndGet(seen, Math::max);
        return true;
    }

    /** The bound on the difference of any two nodes' wall clocks, in microseconds. */
    public long maxOffsetMicros() {
        return maxOffsetMicros;
    }
}
