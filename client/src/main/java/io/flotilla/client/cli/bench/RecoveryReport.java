package io.flotilla.client.cli.bench;

import io.flotilla.client.cli.TextTable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What {@code bench recovery} found.
 *
 * @param logBytes size of the log's files when the server was killed
 * @param firstRangeMillis from the start of the new process to the first range's answer
 * @param allRangesMillis to the last one's
 */
record RecoveryReport(long logBytes, int ranges, long firstRangeMillis, long allRangesMillis, int cores, String java) {
    static final String SCHEMA = "flotilla.bench.recovery.v1";

    private static final double FIRST_MILLIS_MAX = 2_000;
    private static final double ALL_MILLIS_MAX = 10_000;

    List<Target> targets() {
        return List.of(
                new Target("first range served", firstRangeMillis, " ms", FIRST_MILLIS_MAX, false),
                new Target("all ranges served", allRangesMillis, " ms", ALL_MILLIS_MAX, false));
    }

    boolean met() {
        return targets().stream().allMatch(Target::met);
    }

    Map<String, Object> fields() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("log_bytes", logBytes);
        fields.put("ranges", ranges);
        fields.put("first_range_ms", firstRangeMillis);
        fields.put("all_ranges_ms", allRangesMillis);
        fields.put("cores", cores);
        fields.put("java", java);
        fields.put("targets_met", met());
        return fields;
    }

    String text() {
        TextTable table = new TextTable("TARGET", "DEMAND", "MEASURED", "VERDICT");
        for (Target target : targets()) {
            table.row(target.name(), target.demand(), target.shown(), target.met() ? "ok" : "MISSED");
        }
        return "restart after SIGKILL with " + (logBytes >> 20) + " MiB of log and " + ranges + " ranges on " + cores
                + " cores" + System.lineSeparator() + System.lineSeparator() + table.render();
    }
}
