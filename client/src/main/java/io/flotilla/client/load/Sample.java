package io.flotilla.client.load;

/**
 * What happened since the last sample, about a second ago.
 *
 * @param elapsedMillis since the load began
 * @param ops operations that succeeded since the last sample
 * @param errors operations that failed since the last sample, of which {@code unknown} without knowing their outcome
 * @param opsPerSecond since the last sample
 * @param opsPerSecondOverall since the load began
 */
public record Sample(
        long elapsedMillis,
        long ops,
        long errors,
        long unknown,
        double opsPerSecond,
        double opsPerSecondOverall,
        double p50Millis,
        double p95Millis,
        double p99Millis,
        double maxMillis) {}
