package io.flotilla.client.load;

import java.util.Map;

/**
 * A whole load.
 *
 * @param attempts transactions begun, repetitions included; equals {@code ops + errors} for other operations
 * @param longestGapMillis the longest time in which no operation of any client succeeded
 * @param longestGapAtMillis when that began, since the load began
 * @param errorsByKind how often each kind of failure, and the first message seen of each, for people; sorted by kind
 */
public record LoadSummary(
        long elapsedMillis,
        long ops,
        long errors,
        long unknown,
        long attempts,
        double opsPerSecond,
        double meanMillis,
        double p50Millis,
        double p95Millis,
        double p99Millis,
        double p999Millis,
        double maxMillis,
        long longestGapMillis,
        long longestGapAtMillis,
        Map<String, ErrorCount> errorsByKind) {
    public record ErrorCount(long count, String firstMessage) {}
}
