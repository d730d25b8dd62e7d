package io.flotilla.node.bench;

import java.util.Arrays;

/** Durations in nanoseconds, all of them. Threading: one thread. */
final class Latencies {
    private long[] nanos = new long[1 << 12];
    private int count;

    void add(long duration) {
        if (count == nanos.length) {
            nanos = Arrays.copyOf(nanos, 2 * count);
        }
        nanos[count++] = duration;
    }

    int count() {
        return count;
    }

    /** NaN if there are none. @param part from 0 to 1 */
    double micros(double part) {
        if (count == 0) {
            return Double.NaN;
        }
        long[] sorted = Arrays.copyOf(nanos, count);
        Arrays.sort(sorted);
        return sorted[(int) Math.min(count - 1L, (long) (part * count))] / 1_000.0;
    }
}
