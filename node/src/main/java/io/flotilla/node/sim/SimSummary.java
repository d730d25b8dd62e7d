package io.flotilla.node.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What many seeds add up to. Results must be added in the order of the seeds: the hash depends on it. Single-threaded. */
public final class SimSummary {
    private final List<SimResult> violations = new ArrayList<>();
    private final long[] faults = new long[Fault.values().length];
    private long seeds;
    private long simulatedMicros;
    private long events;
    private long traceHash;

    public void add(SimResult result) {
        seeds++;
        simulatedMicros += result.simulatedMicros();
        events += result.events();
        for (int i = 0; i < faults.length; i++) {
            faults[i] += result.faults()[i];
        }
        if (result.violation().isPresent()) {
            violations.add(result);
        }
        traceHash = Hash.mix(Hash.mix(traceHash, result.seed()), result.traceHash());
    }

    public long seeds() {
        return seeds;
    }

    public long simulatedSeconds() {
        return simulatedMicros / 1_000_000;
    }

    public long events() {
        return events;
    }

    public List<SimResult> violations() {
        return List.copyOf(violations);
    }

    /** Kind of fault to how often it was injected. */
    public Map<String, Long> faults() {
        Map<String, Long> byKind = new TreeMap<>();
        for (Fault fault : Fault.values()) {
            byKind.put(fault.label(), faults[fault.ordinal()]);
        }
        return byKind;
    }

    /** Sixteen hexadecimal digits. */
    public String traceHash() {
        return String.format("%016x", traceHash);
    }
}
