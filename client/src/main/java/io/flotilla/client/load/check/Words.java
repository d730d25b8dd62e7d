package io.flotilla.client.load.check;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;

/** How explanations put transactions, lists and times. */
final class Words {
    /** Of a longer list only the last ones are shown: they are what readers differ in. */
    private static final int VALUES_SHOWN = 8;

    private Words() {}

    static String name(Txn txn) {
        return "T" + txn.id();
    }

    /** One line: who, when, what it was told, what it did to {@code keys}. */
    static String line(Txn txn, Collection<String> keys) {
        StringJoiner ops = new StringJoiner("; ");
        int others = 0;
        for (Txn.Op op : txn.ops()) {
            if (keys.contains(op.key())) {
                ops.add(
                        op instanceof Txn.Read read
                                ? "read " + read.key() + " " + list(read.values())
                                : "append " + ((Txn.Append) op).value() + " to " + op.key());
            } else {
                others++;
            }
        }
        if (others > 0) {
            ops.add(others + " more on other keys");
        }
        return String.format(
                Locale.ROOT,
                "  %s, client %d, %.6f to %.6f s, %s: %s",
                name(txn),
                txn.process(),
                txn.startNanos() / 1e9,
                txn.endNanos() / 1e9,
                txn.outcome().name().toLowerCase(Locale.ROOT),
                ops);
    }

    static String list(List<Long> values) {
        StringJoiner shown = new StringJoiner(" ", "[", "]");
        int from = Math.max(0, values.size() - VALUES_SHOWN);
        if (from > 0) {
            shown.add("(" + from + " more)");
        }
        values.subList(from, values.size()).forEach(value -> shown.add(value(value)));
        return shown.toString();
    }

    static String value(long value) {
        return value == Txn.Read.NO_NUMBER ? "(what is no number)" : Long.toString(value);
    }

    static String millis(long nanos) {
        return String.format(Locale.ROOT, "%.3f ms", nanos / 1e6);
    }
}
