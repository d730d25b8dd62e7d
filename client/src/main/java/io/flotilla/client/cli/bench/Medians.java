package io.flotilla.client.cli.bench;

import java.util.Arrays;
import java.util.List;

/** Medians, of samples and of rounds. */
final class Medians {
    private Medians() {}

    /** The middle of {@code samples} (the mean of the two in the middle for an even number); NaN if there are none. */
    static double of(double... samples) {
        if (samples.length == 0) {
            return Double.NaN;
        }
        double[] sorted = samples.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    static double of(List<Double> samples) {
        return of(samples.stream().mapToDouble(Double::doubleValue).toArray());
    }
}
