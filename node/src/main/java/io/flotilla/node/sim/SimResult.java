package io.flotilla.node.sim;

import java.util.Optional;

/**
 * How one seed went.
 *
 * @param faults how often each kind was injected, by {@link Fault#ordinal}
 * @param violation what broke; empty if nothing
 * @param traceHash over every event in order; equal for equal seeds, on any machine
 */
public record SimResult(
        long seed, long simulatedMicros, long events, long[] faults, Optional<String> violation, long traceHash) {}
