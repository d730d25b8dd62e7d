package io.flotilla.client.cli.bench;

import io.flotilla.client.cli.LoadLine;
import io.flotilla.client.cli.TextTable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What {@code bench overload} found.
 *
 * @param before as many clients as keep the servers busy, each waiting for its answer
 * @param during several times as many writes a second, whoever waits
 * @param after as before, right after the flood
 * @param offeredPerSecond writes given to the client library a second during the flood
 * @param refusals writes that leaseholders refused as OVERLOADED during the flood, each try counted; what gateways refused comes on top
 * @param unknown writes during the flood whose outcome nobody could tell
 */
record OverloadReport(
        Setting setting,
        Phase before,
        Phase during,
        Phase after,
        double offeredPerSecond,
        long gaveUp,
        long unknown,
        long refusals,
        double unappliedBytesMax) {

    record Setting(int nodes, int cores, int clients, double factor, double seconds, String java) {}

    /** @param reads latencies in milliseconds of gets by a few clients of their own, who offer the same all the time */
    record Phase(double writesPerSecond, Latency writes, Latency reads) {}

    record Latency(double p50, double p99, double max) {}

    static final String SCHEMA = "flotilla.bench.overload.v1";

    private static final double GOODPUT_MIN = 0.5;
    private static final double RECOVERY_MIN = 0.8;
    private static final double WRITE_P99_MILLIS_MAX = 2_000;
    private static final double READ_P99_MILLIS_MAX = 500;

    /** What is still done while too much is offered, of what is done at best. */
    double goodput() {
        return during.writesPerSecond() / before.writesPerSecond();
    }

    double recovery() {
        return after.writesPerSecond() / before.writesPerSecond();
    }

    List<Target> targets() {
        return List.of(
                new Target("goodput in the flood, of what is possible", 100 * goodput(), " %", 100 * GOODPUT_MIN, true),
                new Target(
                        "p99 of the writes done in the flood",
                        during.writes().p99(),
                        " ms",
                        WRITE_P99_MILLIS_MAX,
                        false),
                new Target("p99 of reads in the flood", during.reads().p99(), " ms", READ_P99_MILLIS_MAX, false),
                new Target(
                        "writes/s after the flood, of those before", 100 * recovery(), " %", 100 * RECOVERY_MIN, true));
    }

    boolean met() {
        return targets().stream().allMatch(Target::met);
    }

    Map<String, Object> fields() {
        Map<String, Object> fields = new LinkedHashMap<>();
        put(fields, "capacity_per_s", before.writesPerSecond());
        put(fields, "offered_per_s", offeredPerSecond);
        put(fields, "goodput_per_s", during.writesPerSecond());
        put(fields, "goodput_ratio", goodput());
        put(fields, "recovery_ratio", recovery());
        phase(fields, "before", before);
        phase(fields, "during", during);
        phase(fields, "after", after);
        fields.put("gave_up", gaveUp);
        fields.put("unknown", unknown);
        fields.put("refusals", refusals);
        put(fields, "unapplied_bytes_max", unappliedBytesMax);
        fields.put("nodes", setting.nodes());
        fields.put("cores", setting.cores());
        fields.put("clients", setting.clients());
        fields.put("factor", setting.factor());
        fields.put("seconds", setting.seconds());
        fields.put("java", setting.java());
        fields.put("targets_met", met());
        return fields;
    }

    String text() {
        TextTable measured = new TextTable("MEASURED", "BEFORE", "FLOOD", "AFTER", "UNIT");
        row(measured, "writes done", before.writesPerSecond(), during.writesPerSecond(), after.writesPerSecond(), "/s");
        row(
                measured,
                "write p50",
                before.writes().p50(),
                during.writes().p50(),
                after.writes().p50(),
                "ms");
        row(
                measured,
                "write p99",
                before.writes().p99(),
                during.writes().p99(),
                after.writes().p99(),
                "ms");
        row(
                measured,
                "read p50",
                before.reads().p50(),
                during.reads().p50(),
                after.reads().p50(),
                "ms");
        row(
                measured,
                "read p99",
                before.reads().p99(),
                during.reads().p99(),
                after.reads().p99(),
                "ms");
        String flood = String.format(
                Locale.ROOT,
                "In the flood %.0f writes/s were offered; %d gave up after their deadline, %d with an unknown outcome; the leaseholders refused %d tries "
                        + "and held at most %.1f MiB of writes.",
                offeredPerSecond,
                gaveUp,
                unknown,
                refusals,
                unappliedBytesMax / (1024 * 1024));
        TextTable verdicts = new TextTable("TARGET", "DEMAND", "MEASURED", "VERDICT");
        for (Target target : targets()) {
            verdicts.row(target.name(), target.demand(), target.shown(), target.met() ? "ok" : "MISSED");
        }
        String gap = System.lineSeparator() + System.lineSeparator();
        return measured.render() + gap + flood + gap + verdicts.render();
    }

    private static void row(TextTable table, String name, double before, double during, double after, String unit) {
        table.row(name, shown(before), shown(during), shown(after), unit);
    }

    private static String shown(double value) {
        return String.format(Locale.ROOT, value < 100 ? "%.1f" : "%.0f", value);
    }

    private static void phase(Map<String, Object> fields, String name, Phase phase) {
        put(fields, "write_p50_ms_" + name, phase.writes().p50());
        put(fields, "write_p99_ms_" + name, phase.writes().p99());
        put(fields, "write_max_ms_" + name, phase.writes().max());
        put(fields, "read_p50_ms_" + name, phase.reads().p50());
        put(fields, "read_p99_ms_" + name, phase.reads().p99());
    }

    private static void put(Map<String, Object> fields, String name, double value) {
        fields.put(name, LoadLine.rounded(value));
    }
}
