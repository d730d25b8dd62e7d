package io.flotilla.txn.participant;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.settings.TxnLimits;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import java.util.HashMap;
import java.util.Map;

/**
 * Remembers up to which timestamp each key was read, so that no later write slips below a read. Bounded: it loses resolution only upwards, into the
 * low-water mark. One instance per leaseholder; not thread-safe.
 *
 * <p>Points and spans are kept apart, each in two generations: when the young one is full, the old one is forgotten, which raises the low-water mark
 * to the latest read in it.
 */
public final class TimestampCache {
    private final int pointsMax;
    private final int segmentsMax;
    private Timestamp lowWater;
    private Map<Key, ReadMark> youngPoints = new HashMap<>();
    private Map<Key, ReadMark> oldPoints = new HashMap<>();
    private Timestamp youngPointsMax = Timestamp.ZERO;
    private Timestamp oldPointsMax = Timestamp.ZERO;
    private RangedReads youngSpans = new RangedReads();
    private RangedReads oldSpans = new RangedReads();

    /** @param lowWater everything counts as read up to here: the lease's start */
    public TimestampCache(Timestamp lowWater) {
        this(lowWater, TxnLimits.READ_POINTS_MAX, TxnLimits.READ_SEGMENTS_MAX);
    }

    /** @param pointsMax points and {@code segmentsMax} segments per generation; positive */
    TimestampCache(Timestamp lowWater, int pointsMax, int segmentsMax) {
        this.lowWater = lowWater;
        this.pointsMax = pointsMax;
        this.segmentsMax = segmentsMax;
    }

    public void add(Span span, Timestamp timestamp, TxnId txn) {
        if (isPoint(span)) {
            add(span.start(), timestamp, txn);
            return;
        }
        if (!timestamp.isAfter(lowWater)) {
            return;
        }
        youngSpans.add(span, timestamp, txn);
        if (youngSpans.size() > segmentsMax) {
            lowWater = lowWater.max(oldSpans.max());
            oldSpans = youngSpans;
            youngSpans = new RangedReads();
        }
    }

    /** As {@link #add(Span, Timestamp, TxnId)} for a single key, without making a span. */
    public void add(Key key, Timestamp timestamp, TxnId txn) {
        if (!timestamp.isAfter(lowWater)) {
            return;
        }
        ReadMark mark = youngPoints.get(key);
        if (mark != null) {
            mark.add(timestamp, txn);
        } else {
            if (youngPoints.size() >= pointsMax) {
                agePoints();
            }
            youngPoints.put(key, new ReadMark(timestamp, txn));
        }
        youngPointsMax = youngPointsMax.max(timestamp);
    }

    /** The latest read of any key in {@code span} by anyone but {@code txn}; at least the low-water mark. */
    public Timestamp latestRead(Span span, TxnId txn) {
        if (isPoint(span)) {
            return latestRead(span.start(), txn);
        }
        Timestamp latest = latestPoint(youngPoints, span, txn, lowWater);
        latest = latestPoint(oldPoints, span, txn, latest);
        if (oldSpans.size() > 0) {
            latest = latest.max(oldSpans.latest(span, txn));
        }
        return youngSpans.size() > 0 ? latest.max(youngSpans.latest(span, txn)) : latest;
    }

    /** As {@link #latestRead(Span, TxnId)} for a single key, without making a span. */
    public Timestamp latestRead(Key key, TxnId txn) {
        Timestamp latest = lowWater;
        ReadMark young = youngPoints.get(key);
        if (young != null) {
            latest = latest.max(young.latestExcept(txn));
        }
        if (!oldPoints.isEmpty()) {
            ReadMark old = oldPoints.get(key);
            if (old != null) {
                latest = latest.max(old.latestExcept(txn));
            }
        }
        if (oldSpans.size() > 0) {
            latest = latest.max(oldSpans.latest(key, txn));
        }
        return youngSpans.size() > 0 ? latest.max(youngSpans.latest(key, txn)) : latest;
    }

    public Timestamp lowWater() {
        return lowWater;
    }

    /** Nothing was read above, by anybody. */
    public Timestamp latest() {
        return lowWater.max(youngPointsMax)
                .max(oldPointsMax)
                .max(youngSpans.max())
                .max(oldSpans.max());
    }

    private void agePoints() {
        lowWater = lowWater.max(oldPointsMax);
        oldPoints = youngPoints;
        oldPointsMax = youngPointsMax;
        youngPoints = new HashMap<>();
        youngPointsMax = Timestamp.ZERO;
    }

    /** Visits every point; asked only for spans, which no write is. The order of the map cannot leak: only the maximum is taken. */
    private static Timestamp latestPoint(Map<Key, ReadMark> points, Span span, TxnId txn, Timestamp floor) {
        Timestamp latest = floor;
        for (Map.Entry<Key, ReadMark> point : points.entrySet()) {
            if (span.contains(point.getKey())) {
                latest = latest.max(point.getValue().latestExcept(txn));
            }
        }
        return latest;
    }

    static boolean isPoint(Span span) {
        Key start = span.start();
        Key end = span.end();
        return end.length() == start.length() + 1 && end.bytes()[start.length()] == 0 && end.startsWith(start);
    }
}
