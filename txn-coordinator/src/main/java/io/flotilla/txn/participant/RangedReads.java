package io.flotilla.txn.participant;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Ranged reads as disjoint segments of the key space, neighbours with the same mark joined. Not thread-safe. */
final class RangedReads {
    private static final class Segment {
        private Key end;
        private final ReadMark mark;

        private Segment(Key end, ReadMark mark) {
            this.end = end;
            this.mark = mark;
        }
    }

    private final TreeMap<Key, Segment> segments = new TreeMap<>();
    private Timestamp max = Timestamp.ZERO;

    int size() {
        return segments.size();
    }

    /** The latest read of all. */
    Timestamp max() {
        return max;
    }

    void add(Span span, Timestamp timestamp, TxnId txn) {
        max = max.max(timestamp);
        cutAt(span.start());
        cutAt(span.end());
        List<Span> gaps = new ArrayList<>(1);
        Key covered = span.start();
        for (Map.Entry<Key, Segment> entry :
                segments.subMap(span.start(), span.end()).entrySet()) {
            if (covered.compareTo(entry.getKey()) < 0) {
                gaps.add(new Span(covered, entry.getKey()));
            }
            entry.getValue().mark.add(timestamp, txn);
            covered = entry.getValue().end;
        }
        if (covered.compareTo(span.end()) < 0) {
            gaps.add(new Span(covered, span.end()));
        }
        for (Span gap : gaps) {
            segments.put(gap.start(), new Segment(gap.end(), new ReadMark(timestamp, txn)));
        }
        join(span);
    }

    Timestamp latest(Key key, TxnId txn) {
        Map.Entry<Key, Segment> entry = segments.floorEntry(key);
        return entry != null && key.compareTo(entry.getValue().end) < 0
                ? entry.getValue().mark.latestExcept(txn)
                : Timestamp.ZERO;
    }

    Timestamp latest(Span span, TxnId txn) {
        Timestamp latest = latest(span.start(), txn);
        for (Segment segment : segments.subMap(span.start(), span.end()).values()) {
            latest = latest.max(segment.mark.latestExcept(txn));
        }
        return latest;
    }

    private void cutAt(Key key) {
        Map.Entry<Key, Segment> entry = segments.lowerEntry(key);
        if (entry != null && key.compareTo(entry.getValue().end) < 0) {
            Segment left = entry.getValue();
            segments.put(key, new Segment(left.end, left.mark.copy()));
            left.end = key;
        }
    }

    /** Joins equal neighbours within and around {@code span}. */
    private void join(Span span) {
        Key before = segments.lowerKey(span.start());
        Iterator<Map.Entry<Key, Segment>> entries = segments.subMap(
                        before == null ? span.start() : before, true, span.end(), true)
                .entrySet()
                .iterator();
        @Nullable Segment left = null;
        while (entries.hasNext()) {
            Map.Entry<Key, Segment> entry = entries.next();
            Segment segment = entry.getValue();
            if (left != null && left.end.equals(entry.getKey()) && left.mark.sameAs(segment.mark)) {
                left.end = segment.end;
                entries.remove();
            } else {
                left = segment;
            }
        }
    }
}
