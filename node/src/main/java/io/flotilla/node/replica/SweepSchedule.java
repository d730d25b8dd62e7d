package io.flotilla.node.replica;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Which ranges are worth looking through for old versions, and when. A range is due once what was written to it has come of age, and is much beside what
 * the range holds: so a sweep looks at little more than it frees, and old versions take little more room than the range's data and what was written lately.
 * Ranges that nothing was written to are not known here.
 *
 * <p>What was written before the process started is not known either: it is swept with what is written next.
 *
 * <p>Thread-safe. {@link #wrote} is on every write's way and takes no lock that anybody else of another range takes.
 */
final class SweepSchedule {
    /** What was written, in parts of what the last sweep left, before another one pays. */
    private static final int PART = 2;

    /** However little was written: what was deleted does not stay for ever. */
    private static final long AT_LEAST_EVERY_MICROS = 24L * 3_600 * 1_000_000;

    /** Far below zero, so that what is added to it tells that it came too late. */
    private static final long CLOSED = Long.MIN_VALUE / 2;

    /** Guarded by the schedule, except for its first two fields. */
    private static final class Written {
        /** Not counted in {@link #bytes} yet; below zero if this is not in {@link #ranges} any more. */
        final AtomicLong freshBytes = new AtomicLong();

        volatile long lastMicros;
        long bytes;

        /** Written before the last sweep, and perhaps too young for it. */
        long carriedBytes;

        long keptBytes;
        long firstMicros;
        long notBeforeMicros;
        boolean beingSwept;

        Written(long firstMicros) {
            this.firstMicros = firstMicros;
        }

        void count() {
            bytes += freshBytes.getAndSet(0);
        }
    }

    private final ConcurrentMap<Long, Written> ranges = new ConcurrentHashMap<>();
    private final long retentionMicros;

    SweepSchedule(long retentionMicros) {
        this.retentionMicros = retentionMicros;
    }

    void wrote(long range, long bytes, long nowMicros) {
        Written written;
        do {
            written = ranges.get(range);
            if (written == null) {
                written = ranges.computeIfAbsent(range, unknown -> new Written(nowMicros));
            }
            written.lastMicros = nowMicros;
        } while (written.freshBytes.getAndAdd(bytes) < 0);
    }

    /** Those that are due, until {@link #swept} or {@link #putOff} is told of each. */
    synchronized List<Long> takeDue(long nowMicros) {
        List<Long> due = new ArrayList<>();
        ranges.forEach((range, written) -> {
            written.count();
            if (isDue(written, nowMicros)) {
                written.beingSwept = true;
                due.add(range);
            }
        });
        return due;
    }

    private boolean isDue(Written written, long nowMicros) {
        long age = nowMicros - written.firstMicros;
        if (written.beingSwept || nowMicros < written.notBeforeMicros || age < retentionMicros) {
            return false;
        }
        return written.bytes + written.carriedBytes >= written.keptBytes / PART
                || age >= retentionMicros + AT_LEAST_EVERY_MICROS;
    }

    /** What was overwritten a retention before {@code beganMicros} is gone. */
    synchronized void swept(long range, long keptBytes, long beganMicros) {
        Written written = ranges.get(range);
        if (written == null) {
            return;
        }
        written.beingSwept = false;
        if (written.lastMicros < beganMicros - retentionMicros && written.freshBytes.compareAndSet(0, CLOSED)) {
            ranges.remove(range);
            return;
        }
        written.count();
        written.carriedBytes = written.bytes + written.carriedBytes / 2;
        written.bytes = 0;
        written.keptBytes = keptBytes;
        written.firstMicros = Math.max(written.firstMicros, beganMicros - retentionMicros);
        written.notBeforeMicros = beganMicros + retentionMicros / 2;
    }

    /** It could not be swept here and now: another store's replica leads, or it is about to change its shape. */
    synchronized void putOff(long range, long nowMicros) {
        Written written = ranges.get(range);
        if (written != null) {
            written.beingSwept = false;
            written.notBeforeMicros = nowMicros + retentionMicros / 2;
        }
    }

    synchronized void forget(long range) {
        Written written = ranges.remove(range);
        if (written != null) {
            written.freshBytes.set(CLOSED);
        }
    }
}
