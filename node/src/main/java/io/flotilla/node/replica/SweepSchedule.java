package io.flotilla.node.replica;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Which ranges are worth looking through for old versions, and when. A range is due once what was written to it longer than a retention ago is much beside
 * what the range holds: so a sweep looks at little more than it frees, and old versions take little more room than a part of the range's data and what was
 * written lately. Ranges that nothing was written to are not known here, nor are small ones once all of them is swept.
 *
 * <p>What was written before the process started is not known either: it is swept with what is written next.
 *
 * <p>Thread-safe. {@link #wrote} is on every write's way and takes no lock that anybody else of another range takes.
 */
final class SweepSchedule {
    /** What has come of age, in parts of what the last sweep left, before another one pays. */
    private static final int PART = 2;

    /** However little was written: what was deleted does not stay for ever. */
    private static final long AT_LEAST_EVERY_MICROS = 24L * 3_600 * 1_000_000;

    /** Far below zero, so that what is added to it tells that it came too late. */
    private static final long CLOSED = Long.MIN_VALUE / 2;

    /** To look through less than this is cheap enough that nobody needs to remember how much it was, as long as nothing is written. */
    private static final long REMEMBERED_BYTES_MIN = 256 << 10;

    /** What is young is told apart by age in parts of the retention. */
    private static final int SLOTS = 4;

    /** Guarded by the schedule, except for its first two fields. */
    private static final class Written {
        /** Not counted below yet; less than zero if this is not in {@link #ranges} any more. */
        final AtomicLong freshBytes = new AtomicLong();

        volatile long lastMicros;

        /** By when it was written: a ring of as many slots as are not older than the retention, and the one that is going on. */
        final long[] young = new long[SLOTS + 1];

        long newestSlot;
        long agedBytes;
        long agedSinceMicros;

        /** Of {@link #agedBytes}, what the sweep that goes on will have looked at. */
        long takenBytes;

        long keptBytes;
        long notBeforeMicros;
        boolean beingSwept;

        Written(long slot) {
            this.newestSlot = slot;
        }

        /** As of when the last of it was written, which is looked at second: so nothing is taken for older than it is. */
        void count(long slotMicros) {
            long bytes = freshBytes.getAndSet(0);
            ageUntil(lastMicros / slotMicros);
            young[at(newestSlot)] += bytes;
        }

        void ageUntil(long slot) {
            for (int i = 0; newestSlot < slot && i < young.length; i++) {
                newestSlot++;
                agedBytes += young[at(newestSlot)];
                young[at(newestSlot)] = 0;
            }
            newestSlot = Math.max(newestSlot, slot);
        }

        private int at(long slot) {
            return (int) Math.floorMod(slot, (long) young.length);
        }

        boolean isEmpty() {
            long sum = agedBytes;
            for (long bytes : young) {
                sum += bytes;
            }
            return sum == 0;
        }
    }

    private final ConcurrentMap<Long, Written> ranges = new ConcurrentHashMap<>();
    private final long retentionMicros;
    private final long slotMicros;

    SweepSchedule(long retentionMicros) {
        this.retentionMicros = retentionMicros;
        this.slotMicros = Math.max(1, retentionMicros / SLOTS);
    }

    void wrote(long range, long bytes, long nowMicros) {
        Written written;
        do {
            written = ranges.get(range);
            if (written == null) {
                written = ranges.computeIfAbsent(range, unknown -> new Written(nowMicros / slotMicros));
            }
            written.lastMicros = nowMicros;
        } while (written.freshBytes.getAndAdd(bytes) < 0);
    }

    /** Those that are due, until {@link #swept} or {@link #putOff} is told of each. */
    synchronized List<Long> takeDue(long nowMicros) {
        List<Long> due = new ArrayList<>();
        ranges.forEach((range, written) -> {
            age(written, nowMicros);
            if (isDue(written, nowMicros)) {
                written.beingSwept = true;
                written.takenBytes = written.agedBytes;
                due.add(range);
            }
        });
        return due;
    }

    private void age(Written written, long nowMicros) {
        boolean wasNone = written.agedBytes == 0;
        written.count(slotMicros);
        written.ageUntil(nowMicros / slotMicros);
        if (wasNone) {
            written.agedSinceMicros = nowMicros;
        }
    }

    private static boolean isDue(Written written, long nowMicros) {
        if (written.beingSwept || written.agedBytes == 0 || nowMicros < written.notBeforeMicros) {
            return false;
        }
        return written.agedBytes >= written.keptBytes / PART
                || nowMicros - written.agedSinceMicros >= AT_LEAST_EVERY_MICROS;
    }

    /** What was overwritten a retention before {@code beganMicros} is gone. */
    synchronized void swept(long range, long keptBytes, long beganMicros) {
        Written written = ranges.get(range);
        if (written == null) {
            return;
        }
        written.agedBytes -= written.takenBytes;
        written.agedSinceMicros = beganMicros;
        written.keptBytes = keptBytes;
        ended(written, beganMicros);
        if (keptBytes < REMEMBERED_BYTES_MIN && written.isEmpty() && written.freshBytes.compareAndSet(0, CLOSED)) {
            ranges.remove(range);
        }
    }

    /** It could not be swept here and now: another store's replica leads, or it is about to change its shape. */
    synchronized void putOff(long range, long nowMicros) {
        Written written = ranges.get(range);
        if (written != null) {
            ended(written, nowMicros);
        }
    }

    private void ended(Written written, long nowMicros) {
        written.beingSwept = false;
        written.takenBytes = 0;
        written.notBeforeMicros = nowMicros + retentionMicros / 2;
    }

    synchronized void forget(long range) {
        Written written = ranges.remove(range);
        if (written != null) {
            written.freshBytes.set(CLOSED);
        }
    }
}
