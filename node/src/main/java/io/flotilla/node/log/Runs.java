package io.flotilla.node.log;

import java.util.Arrays;

/**
 * A value for each index, kept as runs of equal ones: neighbours in a log nearly always share term and file.
 *
 * <p>Run i spans [from[i], from[i + 1]), the last one is open. Not thread-safe.
 */
final class Runs {
    private static final long[] NOTHING = {};

    private long[] from = NOTHING;
    private long[] values = NOTHING;
    private int count;

    /** The value at an index at or after the first run's beginning. */
    long at(long index) {
        return values[runOf(index)];
    }

    private int runOf(long index) {
        int last = count - 1;
        if (last >= 0 && from[last] <= index) {
            return last; // what is asked for most
        }
        int found = Arrays.binarySearch(from, 0, count, index);
        return found >= 0 ? found : -found - 2;
    }

    /** Every index from {@code index} on has this value from now on. */
    void from(long index, long value) {
        truncate(index);
        if (count == 0 || values[count - 1] != value) {
            add(index, value);
        }
    }

    /** Indexes in [start, end) have this value; those around keep theirs. {@code last} is the greatest index in use. */
    void between(long start, long end, long value, long last) {
        Runs old = copy();
        truncate(start);
        from(start, value);
        if (end <= last) {
            int run = old.runOf(end);
            from(end, old.values[run]);
            for (int i = run + 1; i < old.count; i++) {
                from(old.from[i], old.values[i]);
            }
        }
    }

    /** Forgets everything from {@code index} on. */
    void truncate(long index) {
        while (count > 0 && from[count - 1] >= index) {
            count--;
        }
    }

    /** Forgets everything before {@code index}. */
    void dropBelow(long index) {
        if (count == 0 || from[0] >= index) {
            return;
        }
        int run = runOf(index);
        if (run > 0) {
            System.arraycopy(from, run, from, 0, count - run);
            System.arraycopy(values, run, values, 0, count - run);
            count -= run;
        }
        from[0] = index;
    }

    /** Continues the first run down to {@code index}, with a value of its own. */
    void before(long index, long value) {
        Runs old = copy();
        count = 0;
        from(index, value);
        for (int i = 0; i < old.count; i++) {
            from(old.from[i], old.values[i]);
        }
    }

    /** The least value; there is one. */
    long least() {
        long least = values[0];
        for (int i = 1; i < count; i++) {
            least = Math.min(least, values[i]);
        }
        return least;
    }

    void clear() {
        from = NOTHING;
        values = NOTHING;
        count = 0;
    }

    Runs copy() {
        Runs copy = new Runs();
        copy.from = Arrays.copyOf(from, count);
        copy.values = Arrays.copyOf(values, count);
        copy.count = count;
        return copy;
    }

    private void add(long index, long value) {
        if (count == from.length) {
            int capacity = count + 1 + count / 2;
            from = Arrays.copyOf(from, capacity);
            values = Arrays.copyOf(values, capacity);
        }
        from[count] = index;
        values[count++] = value;
    }
}
