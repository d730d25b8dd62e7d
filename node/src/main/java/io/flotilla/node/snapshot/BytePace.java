package io.flotilla.node.snapshot;

/** So many bytes a second, with at most a quarter of a second's worth at once. Thread-safe. */
final class BytePace {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final long BURST_NANOS = NANOS_PER_SECOND / 4;

    private final long bytesPerSecond;

    /** When all that was let through has had its time. */
    private long paidNanos;

    BytePace(long bytesPerSecond, long nowNanos) {
        this.bytesPerSecond = bytesPerSecond;
        this.paidNanos = nowNanos - BURST_NANOS;
    }

    /** Takes the bytes; how long to wait before they go. */
    synchronized long takeNanos(long bytes, long nowNanos) {
        paidNanos = Math.max(paidNanos, nowNanos - BURST_NANOS);
        long wait = paidNanos - nowNanos;
        paidNanos += bytes * NANOS_PER_SECOND / bytesPerSecond;
        return Math.max(0, wait);
    }
}
