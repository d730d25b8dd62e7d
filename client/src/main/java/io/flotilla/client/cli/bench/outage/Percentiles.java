package io.flotilla.client.cli.bench.outage;

import java.util.Arrays;
import java.util.List;

/** By nearest rank: always a value that was measured. */
final class Percentiles {
    private Percentiles() {}

    /** NaN if there are no samples. */
    static double of(List<Double> samples, double percent) {
        if (samples.isEmpty()) {
            return Double.NaN;
        }
        double[] sorted = samples.stream().mapToDouble(Double::doubleValue).toArray();
        Arrays.sort(sorted);
        int rank = (int) Math.ceil(percent / 100 * sorted.length);
        return sorted[Math.max(0, rank - 1)];
    }
}
