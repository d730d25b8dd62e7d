package io.flotilla.client.cli.bench.outage;

import io.flotilla.client.cli.LoadLine;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What {@code bench handoff} found.
 *
 * @param errors writes that failed, of all that were made from the first trial's beginning to the last one's end
 */
record HandoffReport(Setting setting, List<Trial> trials, int errors, String firstError) {
    static final String SCHEMA = "flotilla.bench.handoff.v1";

    private static final double DIP_PCT_MAX = 10;

    /**
     * Under what circumstances.
     *
     * @param load in words
     * @param busy the machine's load average before the servers started; NaN if not known
     */
    record Setting(int nodes, int ranges, int cores, String load, String java, double busy) {}

    /**
     * One node stopped in good order.
     *
     * @param before writes answered per second: the median of the seconds before
     * @param during writes answered in the second that began with the order to stop
     * @param slowestMillis the longest that a write answered in that second took
     * @param stopMillis until the process was gone
     */
    record Trial(int node, double before, int during, double slowestMillis, double stopMillis) {
        /** How much less was answered, in per cent; negative if it was more. */
        double dipPct() {
            return 100 * (1 - during / before);
        }
    }

    HandoffReport {
        trials = List.copyOf(trials);
    }

    /** The median over the trials: a second's throughput varies by itself. */
    double dipPct() {
        return percentile(50);
    }

    private double percentile(double percent) {
        return Percentiles.of(trials.stream().map(Trial::dipPct).toList(), percent);
    }

    boolean met() {
        return dipPct() <= DIP_PCT_MAX && errors == 0;
    }

    Map<String, Object> fields() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("trials", trials.size());
        fields.put("dip_pct", LoadLine.rounded(dipPct()));
        fields.put("dip_pct_max", LoadLine.rounded(percentile(100)));
        fields.put("errors", errors);
        fields.put("first_error", firstError);
        fields.put(
                "each_dip_pct",
                trials.stream().map(trial -> LoadLine.rounded(trial.dipPct())).toList());
        fields.put(
                "slowest_write_ms",
                LoadLine.rounded(
                        Percentiles.of(trials.stream().map(Trial::slowestMillis).toList(), 100)));
        fields.put(
                "stop_p50_ms",
                LoadLine.rounded(
                        Percentiles.of(trials.stream().map(Trial::stopMillis).toList(), 50)));
        fields.put(
                "writes_per_s_before",
                LoadLine.rounded(
                        Percentiles.of(trials.stream().map(Trial::before).toList(), 50)));
        fields.put("limit_pct", DIP_PCT_MAX);
        fields.put("targets_met", met());
        fields.put("nodes", setting.nodes());
        fields.put("ranges", setting.ranges());
        fields.put("cores", setting.cores());
        fields.put("load", setting.load());
        fields.put("load_average_before", LoadLine.rounded(setting.busy()));
        fields.put("java", setting.java());
        return fields;
    }

    /** For people, without a line end at the end. */
    String text() {
        return String.format(
                Locale.ROOT,
                "%d hand-offs under %s: throughput %.1f %% lower in the median (at most %.1f %%), %d errors  %s",
                trials.size(),
                setting.load(),
                dipPct(),
                percentile(100),
                errors,
                met() ? "ok" : "MISSED");
    }
}
