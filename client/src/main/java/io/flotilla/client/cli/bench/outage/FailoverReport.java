package io.flotilla.client.cli.bench.outage;

import io.flotilla.client.cli.LoadLine;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What {@code bench failover} found.
 *
 * @param trials of each kind, in the order they were run
 */
record FailoverReport(Setting setting, Map<FaultKind, List<Trial>> trials) {
    static final String SCHEMA = "flotilla.bench.failover.v1";

    private static final double DETECTIONS_MAX = 1.3;
    private static final double MILLIS_MAX = 1_500;

    /**
     * Under what circumstances.
     *
     * @param detectionMillis configured: for how long a silent node is believed to live
     * @param busy the machine's load average before the servers started; NaN if not known
     */
    record Setting(
            int nodes,
            int cores,
            long detectionMillis,
            long writeEveryMillis,
            String gateway,
            String java,
            double busy) {}

    /**
     * One fault.
     *
     * @param millis from the fault to the first success of a write that began after it; the patience if there was none
     * @param allAnsweredMillis until every write that was under way in that time was answered
     * @param failedWrites how many of those were told a failure
     */
    record Trial(double millis, double allAnsweredMillis, int failedWrites, String detail) {}

    FailoverReport {
        trials = new EnumMap<>(trials);
    }

    double percentile(FaultKind kind, double percent) {
        return Percentiles.of(of(kind).stream().map(Trial::millis).toList(), percent);
    }

    private double allAnswered(FaultKind kind, double percent) {
        return Percentiles.of(of(kind).stream().map(Trial::allAnsweredMillis).toList(), percent);
    }

    private int failed(FaultKind kind) {
        return of(kind).stream().mapToInt(Trial::failedWrites).sum();
    }

    private List<Trial> of(FaultKind kind) {
        return trials.getOrDefault(kind, List.of());
    }

    double limitMillis() {
        return Math.min(DETECTIONS_MAX * setting.detectionMillis(), MILLIS_MAX);
    }

    boolean met() {
        return trials.keySet().stream().allMatch(kind -> percentile(kind, 99) <= limitMillis());
    }

    Map<String, Object> fields() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("detection_ms", setting.detectionMillis());
        for (FaultKind kind : trials.keySet()) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("trials", of(kind).size());
            one.put("p50_ms", LoadLine.rounded(percentile(kind, 50)));
            one.put("p99_ms", LoadLine.rounded(percentile(kind, 99)));
            one.put("max_ms", LoadLine.rounded(percentile(kind, 100)));
            one.put("all_answered_p50_ms", LoadLine.rounded(allAnswered(kind, 50)));
            one.put("all_answered_p99_ms", LoadLine.rounded(allAnswered(kind, 99)));
            one.put("failed_writes", failed(kind));
            one.put(
                    "each_ms",
                    of(kind).stream()
                            .map(trial -> LoadLine.rounded(trial.millis()))
                            .toList());
            fields.put(kind.label(), one);
        }
        fields.put("limit_ms", LoadLine.rounded(limitMillis()));
        fields.put("targets_met", met());
        fields.put("nodes", setting.nodes());
        fields.put("cores", setting.cores());
        fields.put("write_every_ms", setting.writeEveryMillis());
        fields.put("gateway", setting.gateway());
        fields.put("load_average_before", LoadLine.rounded(setting.busy()));
        fields.put("java", setting.java());
        return fields;
    }

    /** For people, without a line end at the end. */
    String text() {
        StringBuilder text = new StringBuilder(String.format(
                Locale.ROOT, "%-12s %7s %9s %9s %9s %14s", "FAULT", "TRIALS", "P50", "P99", "LIMIT", "ALL ANSWERED"));
        for (FaultKind kind : trials.keySet()) {
            text.append(String.format(
                    Locale.ROOT,
                    "%n%-12s %7d %6.0f ms %6.0f ms %6.0f ms %11.0f ms  %s",
                    kind.label(),
                    of(kind).size(),
                    percentile(kind, 50),
                    percentile(kind, 99),
                    limitMillis(),
                    allAnswered(kind, 99),
                    percentile(kind, 99) <= limitMillis() ? "ok" : "MISSED"));
        }
        return text.toString();
    }
}
