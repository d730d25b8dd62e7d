package io.flotilla.node.replica;

import io.flotilla.config.settings.FlowSettings;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * What all replicas of a store together may have in the log and not applied. Bounded in bytes, because that is memory; and in number by what the log
 * gets done within the delay that is asked for (Little's law), because a queue longer than that only makes everybody wait.
 *
 * <p>Threading: any; a replica's turn never waits here.
 */
final class ProposalBudget {
    /** Below this many nothing is refused for their number: one group of a busy client. */
    static final int COUNT_MIN = 256;

    static final int COUNT_MAX = 1 << 20;

    /** No single range may fill more than this part: one without a quorum must not lock the others out. */
    private static final int RANGE_NUMERATOR = 3;

    private static final int RANGE_DENOMINATOR = 4;

    private static final long WINDOW_MICROS = 50_000;

    private final long bytesMax;
    private final long delayMicros;
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicInteger count = new AtomicInteger();
    private final LongAdder refused = new LongAdder();
    private volatile int countMax = COUNT_MAX;
    private volatile long meanDelayMicros;

    private long windowStartMicros = Long.MIN_VALUE;
    private long windowApplied;
    private long windowDelayMicros;

    ProposalBudget(FlowSettings settings) {
        this.bytesMax = settings.proposalBytesMax();
        this.delayMicros = settings.proposalDelayMillis() * 1_000;
    }

    /** Whether a user's write may begin, at a range that has {@code ofRange} in the log already. */
    boolean admits(int ofRange) {
        int most = countMax;
        return bytes.get() < bytesMax
                && count.get() < most
                && ofRange < Math.max(COUNT_MIN, (long) most * RANGE_NUMERATOR / RANGE_DENOMINATOR);
    }

    /** Whether even work that frees others (ends a transaction, resolves an intent, changes the system's own keys) must wait. */
    boolean isExhausted() {
        return bytes.get() >= 2 * bytesMax;
    }

    /** Somebody is refused. When to come back. */
    long refuse() {
        refused.increment();
        return retryAfterMillis();
    }

    long refused() {
        return refused.sum();
    }

    long retryAfterMillis() {
        long millis = Math.max(delayMicros, meanDelayMicros) / 1_000;
        return Math.max(20, Math.min(1_000, millis));
    }

    void take(long weight) {
        bytes.addAndGet(weight);
        count.incrementAndGet();
    }

    /** It will not be applied, or nobody here will know when. */
    void giveUp(long weight) {
        bytes.addAndGet(-weight);
        count.decrementAndGet();
    }

    /** It is applied, so long after it was proposed. */
    void applied(long weight, long nowMicros, long tookMicros) {
        giveUp(weight);
        note(nowMicros, tookMicros);
    }

    private synchronized void note(long nowMicros, long tookMicros) {
        if (windowStartMicros == Long.MIN_VALUE) {
            windowStartMicros = nowMicros;
        }
        windowApplied++;
        windowDelayMicros += tookMicros;
        long length = nowMicros - windowStartMicros;
        if (length < WINDOW_MICROS) {
            return;
        }
        long mean = windowDelayMicros / windowApplied;
        meanDelayMicros = mean;
        if (mean > delayMicros) {
            countMax = clamp(windowApplied * delayMicros / length);
        } else {
            countMax = clamp((long) countMax + countMax / 8);
        }
        windowStartMicros = nowMicros;
        windowApplied = 0;
        windowDelayMicros = 0;
    }

    private static int clamp(long value) {
        return (int) Math.max(COUNT_MIN, Math.min(COUNT_MAX, value));
    }

    long bytesInLog() {
        return bytes.get();
    }

    int inLog() {
        return count.get();
    }

    int countMax() {
        return countMax;
    }
}
