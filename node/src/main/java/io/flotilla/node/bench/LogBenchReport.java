package io.flotilla.node.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What the log did, beside what the disk can do. */
record LogBenchReport(Latencies raw, List<LogAppends> runs, int entryBytes) {
    static final String SCHEMA = "flotilla.bench.log.v1";

    /** An append of one range may take so many times as long as the floor. */
    static final double RATIO_MAX = 1.2;

    double ratio() {
        return runs.get(0).latencies().micros(0.5) / raw.micros(0.5);
    }

    boolean met() {
        return ratio() <= RATIO_MAX;
    }

    Map<String, Object> fields() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("schema", SCHEMA);
        fields.put("entry_bytes", entryBytes);
        fields.put("cores", Runtime.getRuntime().availableProcessors());
        fields.put("java", Runtime.version().toString());
        fields.put("raw_fdatasync_p50_us", raw.micros(0.5));
        fields.put("raw_fdatasync_p99_us", raw.micros(0.99));
        for (LogAppends run : runs) {
            String ending = "_" + run.ranges();
            fields.put("append_p50_us" + ending, run.latencies().micros(0.5));
            fields.put("append_p99_us" + ending, run.latencies().micros(0.99));
            fields.put("appends_per_s" + ending, run.perSecond());
            fields.put("bytes_per_s" + ending, run.bytesPerSecond());
            fields.put("syncs_per_append" + ending, run.syncsPerAppend());
        }
        fields.put("append_over_raw", ratio());
        fields.put("append_over_raw_max", RATIO_MAX);
        fields.put("met", met());
        return fields;
    }

    String text() {
        StringBuilder text = new StringBuilder();
        text.append(String.format(
                Locale.ROOT,
                "%-26s %10s %10s %12s %10s %14s%n",
                "",
                "p50 us",
                "p99 us",
                "appends/s",
                "MiB/s",
                "syncs/append"));
        text.append(String.format(
                Locale.ROOT, "%-26s %10.0f %10.0f%n", "raw write and fdatasync", raw.micros(0.5), raw.micros(0.99)));
        for (LogAppends run : runs) {
            text.append(String.format(
                    Locale.ROOT,
                    "%-26s %10.0f %10.0f %12.0f %10.2f %14.3f%n",
                    "log, " + run.ranges() + (run.ranges() == 1 ? " range" : " ranges"),
                    run.latencies().micros(0.5),
                    run.latencies().micros(0.99),
                    run.perSecond(),
                    run.bytesPerSecond() / (1 << 20),
                    run.syncsPerAppend()));
        }
        text.append(String.format(
                Locale.ROOT,
                "one range over raw: %.2fx, demanded <= %.1fx: %s",
                ratio(),
                RATIO_MAX,
                met() ? "met" : "missed"));
        return text.toString();
    }
}
