package io.flotilla.node.replica;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which ranges are worth looking through for old versions, and when. A range is due once what was written to it has come of age, and is much beside what
 * the range holds: so a sweep looks at little more than it frees, and old versions take little more room than the range's data and what was written lately.
 * Ranges that nothing was written to are not known here.
 *
 * <p>What was written before the process started is not known either: it is swept with what is written next.
 *
 * <p>Thread-safe.
 */
final class SweepSchedule {
    /** What was written, in parts of what the last sweep left, before another one pays. */
    private static final int PART = 2;

    /** However little was written: what was deleted does not stay for ever. */
    private static final long AT_LEAST_EVERY_MICROS = 24L * 3_600 * 1_000_000;

    private static final class Written {
        long bytes;

        /** Written before the last sweep, and perhaps too young for it. */
        long carriedBytes;

        long keptBytes;
        long firstMicros;
        long lastMicros;
        long notBeforeMicros;
        boolean beingSwept;
    }

    private final Map<Long, Written> ranges = new HashMap<>();
    private final long retentionMicros;

    SweepSchedule(long retentionMicros) {
        this.retentionMicros = retentionMicros;
    }

    synchronized void wrote(long range, long bytes, long nowMicros) {
        Written written = ranges.get(range);
        if (written == null) {
            written = new Written();
            written.firstMicros = nowMicros;
            ranges.put(range, written);
        }
        written.bytes += bytes;
        written.lastMicros = nowMicros;
    }

    /** Those that are due, until {@link #swept} or {@link #putOff} is told of each. */
    synchronized List<Long> takeDue(long nowMicros) {
        List<Long> due = new ArrayList<>();
        ranges.forEach((range, written) -> {
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
        if (written.lastMicros < beganMicros - retentionMicros) {
            ranges.remove(range);
            return;
        }
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
        ranges.remove(range);
    }
}
