package io.flotilla.client.cli.bench;

import io.flotilla.client.cli.LoadLine;
import io.flotilla.client.cli.TextTable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What {@code bench idle} found.
 *
 * @param emptyCpuPercent each node before there were any ranges to speak of, percent of a core
 * @param idleCpuPercent each node with all ranges idle
 * @param oneDownCpuPercent each node that is left, long after one was killed; empty if that was not measured
 * @param emptyHeapBytes live heap of each node before there were any ranges
 * @param idleHeapBytes live heap of each node with all ranges idle
 * @param wakeReads latencies in milliseconds of the first read of a cold range
 * @param wakeWrites the same for writes
 * @param oneDownWakeWrites the same for writes while one node is down
 */
record IdleReport(
        Setting setting,
        double makeSeconds,
        List<Double> emptyCpuPercent,
        List<Double> idleCpuPercent,
        List<Double> oneDownCpuPercent,
        List<Double> emptyHeapBytes,
        List<Double> idleHeapBytes,
        Percentiles wakeReads,
        Percentiles wakeWrites,
        Percentiles oneDownWakeWrites,
        double recoverySeconds) {

    record Setting(int nodes, int cores, int ranges, double seconds, double settleSeconds, String java) {}

    /** NaN where nothing was measured. */
    record Percentiles(double p50, double p99, double max) {
        static final Percentiles NONE = new Percentiles(Double.NaN, Double.NaN, Double.NaN);
    }

    static final String SCHEMA = "flotilla.bench.idle.v1";

    private static final double CPU_PERCENT_MAX = 1;
    private static final double HEAP_BYTES_MAX = 2_048;

    /** Of the node that grew most. Every node has a replica of every range. */
    double heapBytesPerReplica() {
        double worst = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < idleHeapBytes.size(); i++) {
            worst = Math.max(worst, (idleHeapBytes.get(i) - emptyHeapBytes.get(i)) / setting.ranges());
        }
        return worst;
    }

    List<Target> targets() {
        return List.of(
                new Target("idle CPU of the busiest node", worst(idleCpuPercent), "%", CPU_PERCENT_MAX, false),
                new Target("the same, one node dead", worst(oneDownCpuPercent), "%", CPU_PERCENT_MAX, false),
                new Target("heap per idle replica", heapBytesPerReplica(), " B", HEAP_BYTES_MAX, false));
    }

    boolean met() {
        return targets().stream().allMatch(Target::met);
    }

    Map<String, Object> fields() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("ranges", setting.ranges());
        put(fields, "idle_cpu_pct_per_node", worst(idleCpuPercent));
        put(fields, "idle_cpu_pct_per_node_one_down", worst(oneDownCpuPercent));
        put(fields, "heap_bytes_per_replica", heapBytesPerReplica());
        put(fields, "wake_p99_ms", wakeWrites.p99());
        put(fields, "wake_p50_ms", wakeWrites.p50());
        put(fields, "wake_read_p99_ms", wakeReads.p99());
        put(fields, "wake_read_p50_ms", wakeReads.p50());
        put(fields, "wake_p99_ms_one_down", oneDownWakeWrites.p99());
        put(fields, "empty_cpu_pct_per_node", worst(emptyCpuPercent));
        fields.put("idle_cpu_pct", rounded(idleCpuPercent));
        fields.put("idle_cpu_pct_one_down", rounded(oneDownCpuPercent));
        fields.put("empty_heap_bytes", rounded(emptyHeapBytes));
        fields.put("idle_heap_bytes", rounded(idleHeapBytes));
        put(fields, "make_ranges_s", makeSeconds);
        put(fields, "recovery_s", recoverySeconds);
        fields.put("nodes", setting.nodes());
        fields.put("cores", setting.cores());
        fields.put("seconds", setting.seconds());
        fields.put("settle_seconds", setting.settleSeconds());
        fields.put("java", setting.java());
        fields.put("targets_met", met());
        return fields;
    }

    String text() {
        TextTable measured = new TextTable("MEASURED", "VALUE", "UNIT");
        row(measured, "ranges made in", makeSeconds, "s");
        row(measured, "CPU of the busiest node without ranges", worst(emptyCpuPercent), "% of a core");
        row(measured, "CPU of the busiest node, all ranges idle", worst(idleCpuPercent), "% of a core");
        row(measured, "the same, one node dead", worst(oneDownCpuPercent), "% of a core");
        row(measured, "heap per idle replica", heapBytesPerReplica(), "bytes");
        row(measured, "first read of a cold range, p50", wakeReads.p50(), "ms");
        row(measured, "first read of a cold range, p99", wakeReads.p99(), "ms");
        row(measured, "first write to a cold range, p50", wakeWrites.p50(), "ms");
        row(measured, "first write to a cold range, p99", wakeWrites.p99(), "ms");
        row(measured, "the same p99, one node dead", oneDownWakeWrites.p99(), "ms");
        row(measured, "all ranges led again after a node's death in", recoverySeconds, "s");
        TextTable verdicts = new TextTable("TARGET", "DEMAND", "MEASURED", "VERDICT");
        for (Target target : targets()) {
            verdicts.row(target.name(), target.demand(), target.shown(), target.met() ? "ok" : "MISSED");
        }
        return measured.render() + System.lineSeparator() + System.lineSeparator() + verdicts.render();
    }

    /** NaN if there is nothing, or something could not be measured. */
    static double worst(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).max().orElse(Double.NaN);
    }

    private static void row(TextTable table, String name, double value, String unit) {
        table.row(name, String.format(Locale.ROOT, value < 100 ? "%.2f" : "%.0f", value), unit);
    }

    private static void put(Map<String, Object> fields, String name, double value) {
        fields.put(name, LoadLine.rounded(value));
    }

    private static List<Double> rounded(List<Double> values) {
        return values.stream().map(LoadLine::rounded).toList();
    }
}
