package io.flotilla.config.flow;

/**
 * How many requests may be under way at once, at a gateway or towards one. As long as at least half of them are answered within the delay that is asked for, more are let in
 * when more come; else only so many as the servers got done within that delay (Little's law), because a longer queue makes everybody wait, misses
 * deadlines, and turns failures into repetitions. A median, so that a few that wait for locks say nothing about all.
 *
 * <p>Threading: any.
 */
public final class AdmissionLimit {
    /** Never fewer: one group of a busy client, and enough to measure by. */
    public static final int MIN = 256;

    public static final int MAX = 1 << 16;

    /** Where it begins: nothing is known yet of what the servers can do. */
    public static final int INITIAL = 4_096;

    private static final long WINDOW_NANOS = 100_000_000;
    private static final int WINDOW_ANSWERS_MIN = 16;

    private final long delayNanos;
    private int limit = INITIAL;
    private int inside;
    private boolean full;
    private long windowStartNanos;
    private boolean windowBegun;
    private int answers;
    private int late;

    /** @param delayMillis within which half of all requests should be answered */
    public AdmissionLimit(long delayMillis) {
        this.delayNanos = delayMillis * 1_000_000;
    }

    /**
     * Whether one more may begin; {@link #leave} must follow then.
     *
     * @param underWay it ends or goes on with what was let in before: refusing it would waste that work
     */
    public synchronized boolean enter(boolean underWay) {
        if (inside >= (underWay ? 2 * limit : limit)) {
            full = true;
            return false;
        }
        inside++;
        return true;
    }

    /** It is answered. @param served with a result; a refusal says nothing about how long work takes */
    public synchronized void leave(long nowNanos, long tookNanos, boolean served) {
        inside--;
        if (!served) {
            return;
        }
        if (!windowBegun) {
            windowBegun = true;
            windowStartNanos = nowNanos;
        }
        answers++;
        if (tookNanos > delayNanos) {
            late++;
        }
        long length = nowNanos - windowStartNanos;
        if (length >= WINDOW_NANOS && answers >= WINDOW_ANSWERS_MIN) {
            adjust(length);
            windowStartNanos = nowNanos;
            answers = 0;
            late = 0;
            full = false;
        }
    }

    private void adjust(long length) {
        if (2 * late > answers) {
            limit = clamp((double) answers * delayNanos / length);
        } else if (full) {
            limit = clamp(limit * 1.125);
        }
    }

    private static int clamp(double value) {
        return (int) Math.max(MIN, Math.min(MAX, value));
    }

    /** When who was refused should come back. */
    public long retryAfterMillis() {
        return delayNanos / 1_000_000;
    }

    public synchronized int limit() {
        return limit;
    }
}
