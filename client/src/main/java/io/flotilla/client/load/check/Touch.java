package io.flotilla.client.load.check;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What one transaction did to one list. */
final class Touch {
    final int txn;

    /** What it appended, in order. */
    final List<Long> appends = new ArrayList<>(1);

    /** The last list that it read, own appends included; null if it read none. */
    @Nullable
    List<Long> observed;

    /** How many values that list had before its own appends; what others had installed. */
    int external;

    /** Its own appends since {@link #observed}, or since it began. */
    private int unread;

    /** Whether {@link #observed} is a beginning of the list's order. Decided by {@link KeyHistory}. */
    boolean ordered;

    Touch(int txn) {
        this.txn = txn;
    }

    void append(long value) {
        appends.add(value);
        unread++;
    }

    /** @return why this read contradicts what the transaction itself has done and read before; null if it does not */
    @Nullable
    String read(List<Long> values) {
        List<Long> before = observed;
        List<Long> own = appends.subList(appends.size() - unread, appends.size());
        int others = values.size() - unread;
        if (others < 0 || !values.subList(others, values.size()).equals(own)) {
            return "does not end with its own " + Words.list(own);
        }
        if (before != null && !values.subList(0, others).equals(before)) {
            return "was " + Words.list(before) + " when it read it first";
        }
        if (before == null) {
            external = others;
        }
        observed = values;
        unread = 0;
        return null;
    }
}
