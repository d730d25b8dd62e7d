package io.flotilla.client.load;

import io.flotilla.client.load.check.Txn.Read;
import java.util.AbstractList;
import java.util.RandomAccess;

/** A list as it is stored: its numbers in decimal, with a space between two. Immutable. */
final class Numbers extends AbstractList<Long> implements RandomAccess {
    private static final Numbers NONE = new Numbers(new long[0]);

    private final long[] values;

    private Numbers(long[] values) {
        this.values = values;
    }

    /** What no client has written, and is no number, becomes {@link Read#NO_NUMBER}: the checker finds that nobody appended it. */
    static Numbers parse(String text) {
        if (text.isEmpty()) {
            return NONE;
        }
        String[] parts = text.split(" ", -1);
        long[] values = new long[parts.length];
        for (int i = 0; i < parts.length; i++) {
            values[i] = number(parts[i]);
        }
        return new Numbers(values);
    }

    private static long number(String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException broken) {
            return Read.NO_NUMBER;
        }
    }

    /** The text of the list that {@code text} becomes. */
    static String appended(String text, long value) {
        return text.isEmpty() ? Long.toString(value) : text + " " + value;
    }

    @Override
    public Long get(int index) {
        return values[index];
    }

    @Override
    public int size() {
        return values.length;
    }
}
