package io.flotilla.client.load.check;

import io.flotilla.client.load.check.Anomaly.Kind;
import io.flotilla.client.load.check.DependencyGraph.EdgeKind;
import io.flotilla.client.load.check.Txn.Outcome;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** All that happened to one list: its order, as the longest read tells it, and what follows from that. */
final class KeyHistory {
    /** An append of any transaction. */
    private static final class Write {
        private final int txn;
        private boolean seen;

        Write(int txn) {
            this.txn = txn;
        }
    }

    private final String key;
    private final List<Txn> txns;
    private final Findings findings;
    private final Map<Long, Write> writes = new HashMap<>();
    private final List<Touch> touches = new ArrayList<>();

    /** The values in the order in which they were appended, as far as reads tell. */
    private final List<Long> order = new ArrayList<>();

    private final Map<Long, Integer> positions = new HashMap<>();
    private int orderReader = -1;

    KeyHistory(String key, List<Txn> txns, Findings findings) {
        this.key = key;
        this.txns = txns;
        this.findings = findings;
    }

    /** @throws IllegalArgumentException if another one appended the same value */
    void wrote(long value, int txn) {
        Write before = writes.put(value, new Write(txn));
        if (before != null) {
            throw new IllegalArgumentException(value + " is appended to " + key + " twice, by "
                    + Words.name(txns.get(before.txn)) + " and " + Words.name(txns.get(txn)));
        }
    }

    /**
     * Takes in what a committed transaction did here.
     *
     * @param seen told which transactions' appends it is the first to have read
     */
    void committed(Touch touch, IntConsumer seen) {
        touches.add(touch);
        List<Long> values = touch.observed;
        if (values == null) {
            return;
        }
        int common = common(values);
        touch.ordered = common == Math.min(values.size(), order.size());
        if (!touch.ordered) {
            String place = common == 0 ? "at the first value" : "after " + order.get(common - 1);
            findings.add(
                    Kind.INCOMPATIBLE_ORDER,
                    List.of(key),
                    "two reads of " + key + " have " + order.get(common) + " and " + values.get(common) + " " + place
                            + ": neither list became the other",
                    txns.get(orderReader),
                    txns.get(touch.txn));
        }
        Set<Long> met = new HashSet<>(touch.ordered ? List.of() : values.subList(0, common));
        for (long value : values.subList(common, values.size())) {
            if (touch.ordered ? positions.containsKey(value) : !met.add(value)) {
                Txn reader = txns.get(touch.txn);
                findings.add(
                        Kind.DUPLICATE_VALUE,
                        List.of(key),
                        Words.name(reader) + " read " + value + " twice in " + key,
                        reader);
            } else {
                read(value, touch, seen);
            }
            if (touch.ordered) {
                positions.putIfAbsent(value, order.size());
                order.add(value);
                orderReader = touch.txn;
            }
        }
    }

    private int common(List<Long> values) {
        int most = Math.min(values.size(), order.size());
        int i = 0;
        while (i < most && values.get(i).equals(order.get(i))) {
            i++;
        }
        return i;
    }

    private void read(long value, Touch touch, IntConsumer seen) {
        Txn reader = txns.get(touch.txn);
        Write write = writes.get(value);
        if (write == null) {
            findings.add(
                    Kind.INVENTED_VALUE,
                    List.of(key),
                    Words.name(reader) + " read " + Words.value(value) + " in " + key + ", which nobody appended",
                    reader);
        } else if (!write.seen) {
            write.seen = true;
            Txn writer = txns.get(write.txn);
            if (writer.outcome() == Outcome.ABORTED) {
                findings.add(
                        Kind.ABORTED_READ,
                        List.of(key),
                        Words.name(reader) + " read " + value + " in " + key + ", appended by " + Words.name(writer)
                                + ", which was aborted",
                        writer,
                        reader);
            } else {
                seen.accept(write.txn);
            }
        }
    }

    /** After the last {@link #committed}: what this list alone proves. */
    void check() {
        for (Touch touch : touches) {
            intermediate(touch);
        }
        lost();
        stale();
    }

    private void intermediate(Touch touch) {
        if (!touch.ordered || touch.external == 0) {
            return;
        }
        long last = order.get(touch.external - 1);
        Write write = writes.get(last);
        if (write == null || write.txn == touch.txn) {
            return;
        }
        List<Long> all = appendsOf(txns.get(write.txn));
        if (all.get(all.size() - 1) != last) {
            Txn writer = txns.get(write.txn);
            Txn reader = txns.get(touch.txn);
            findings.add(
                    Kind.INTERMEDIATE_READ,
                    List.of(key),
                    Words.name(reader) + " read " + key + " up to " + last + ", and " + Words.name(writer)
                            + " appended " + all + " at once",
                    writer,
                    reader);
        }
    }

    private List<Long> appendsOf(Txn txn) {
        List<Long> values = new ArrayList<>(1);
        for (Txn.Op op : txn.ops()) {
            if (op instanceof Txn.Append append && append.key().equals(key)) {
                values.add(append.value());
            }
        }
        return values;
    }

    private void lost() {
        Touch last = null;
        for (Touch touch : touches) {
            if (touch.observed != null && (last == null || start(touch) > start(last))) {
                last = touch;
            }
        }
        if (last == null) {
            return;
        }
        for (Touch touch : touches) {
            Txn writer = txns.get(touch.txn);
            for (long value : touch.appends) {
                Write write = writes.get(value);
                if (write != null && !write.seen && writer.outcome() == Outcome.COMMITTED && end(touch) < start(last)) {
                    Txn reader = txns.get(last.txn);
                    findings.add(
                            Kind.LOST_APPEND,
                            List.of(key),
                            Words.name(writer) + " appended " + value + " to " + key
                                    + " and was acknowledged, but nobody read it, nor does "
                                    + Words.name(reader) + " that began " + Words.millis(start(last) - end(touch))
                                    + " later",
                            writer,
                            reader);
                }
            }
        }
    }

    /** Whoever has ended proves that the list was so long; whoever begins later and finds it shorter reads what is past. */
    private void stale() {
        List<Touch> byStart = new ArrayList<>(touches);
        byStart.sort(Comparator.comparingLong(this::start));
        List<Touch> byEnd = new ArrayList<>(touches);
        byEnd.sort(Comparator.comparingLong(this::end));
        Touch longest = null;
        int next = 0;
        for (Touch touch : byStart) {
            while (end(byEnd.get(next)) < start(touch)) {
                Touch ended = byEnd.get(next++);
                if (longest == null || proves(ended) > proves(longest)) {
                    longest = ended;
                }
            }
            int sees = sees(touch);
            if (longest != null && sees >= 0 && sees < proves(longest)) {
                stale(longest, touch, order.get(proves(longest) - 1));
            }
        }
    }

    private void stale(Touch earlier, Touch later, long value) {
        Txn first = txns.get(earlier.txn);
        Txn second = txns.get(later.txn);
        boolean own = earlier.appends.contains(value);
        findings.add(
                Kind.STALE_READ,
                List.of(key),
                Words.name(second) + (later.observed == null ? " appended to " : " read ") + key + " without " + value
                        + ", which " + Words.name(first)
                        + (own ? " had appended and was acknowledged " : " had read and ended ")
                        + Words.millis(second.startNanos() - first.endNanos()) + " before " + Words.name(second)
                        + " began",
                first,
                second);
    }

    /** The least length of the list at the end of this one. */
    private int proves(Touch touch) {
        int length = touch.ordered ? touch.external : 0;
        if (txns.get(touch.txn).outcome() == Outcome.COMMITTED) {
            for (long value : touch.appends) {
                length = Math.max(length, positions.getOrDefault(value, -1) + 1);
            }
        }
        return length;
    }

    /** How long the list was for this one before its own appends; negative if that is not known. */
    private int sees(Touch touch) {
        if (touch.observed != null) {
            return touch.ordered ? touch.external : -1;
        }
        return touch.appends.isEmpty() ? -1 : positions.getOrDefault(touch.appends.get(0), -1);
    }

    private long start(Touch touch) {
        return txns.get(touch.txn).startNanos();
    }

    private long end(Touch touch) {
        return txns.get(touch.txn).endNanos();
    }

    /** Who must come before whom because of this list. */
    void edges(DependencyGraph graph) {
        int[] writers = new int[order.size()];
        int before = -1;
        for (int i = 0; i < writers.length; i++) {
            writers[i] = committedWriter(i);
            if (writers[i] >= 0) {
                if (before >= 0) {
                    graph.add(writers[before], writers[i], EdgeKind.WW, this, i);
                }
                before = i;
            }
        }
        for (Touch touch : touches) {
            if (touch.ordered) {
                edges(graph, writers, touch);
            }
        }
    }

    private int committedWriter(int position) {
        Write write = writes.get(order.get(position));
        boolean first = positions.getOrDefault(order.get(position), -1) == position;
        return write == null || !first || txns.get(write.txn).outcome() == Outcome.ABORTED ? -1 : write.txn;
    }

    private void edges(DependencyGraph graph, int[] writers, Touch touch) {
        int seen = touch.external - 1;
        while (seen >= 0 && writers[seen] < 0) {
            seen--;
        }
        if (seen >= 0) {
            graph.add(writers[seen], touch.txn, EdgeKind.WR, this, seen);
        }
        int missed = touch.external;
        while (missed < writers.length && writers[missed] < 0) {
            missed++;
        }
        if (missed < writers.length) {
            graph.add(touch.txn, writers[missed], EdgeKind.RW, this, missed);
        }
    }

    String key() {
        return key;
    }

    /** Why {@code from} comes before {@code to}, in words. */
    String why(Txn from, Txn to, EdgeKind kind, int position) {
        long value = order.get(position);
        String text = Words.name(from) + " before " + Words.name(to) + ": ";
        return text
                + switch (kind) {
                    case WW ->
                        Words.name(to) + " appended " + value + " to " + key + " after " + lastOf(from, position)
                                + " of " + Words.name(from);
                    case WR -> Words.name(to) + " read " + value + " in " + key + ", appended by " + Words.name(from);
                    case RW ->
                        Words.name(from) + " read " + key + " without " + value + ", appended by " + Words.name(to);
                };
    }

    private @Nullable Long lastOf(Txn writer, int before) {
        Long last = null;
        for (Long value : appendsOf(writer)) {
            if (positions.getOrDefault(value, before) < before) {
                last = value;
            }
        }
        return last;
    }
}
