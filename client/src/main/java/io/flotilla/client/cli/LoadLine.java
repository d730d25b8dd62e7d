package io.flotilla.client.cli;

import io.flotilla.client.load.LoadSummary;
import io.flotilla.client.load.Sample;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** The live view's lines: headings as those of {@code cockroach workload}, one line a second. */
public final class LoadLine {
    public static final String HEADINGS =
            "_elapsed___errors__ops/sec(inst)___ops/sec(cum)__p50(ms)__p95(ms)__p99(ms)_pMax(ms)";

    private LoadLine() {}

    /** @param errors since the beginning */
    public static String of(Sample sample, long errors) {
        return String.format(
                Locale.ROOT,
                "%7.1fs %8d %15.1f %15.1f %8.1f %8.1f %8.1f %8.1f",
                sample.elapsedMillis() / 1_000.0,
                errors,
                sample.opsPerSecond(),
                sample.opsPerSecondOverall(),
                sample.p50Millis(),
                sample.p95Millis(),
                sample.p99Millis(),
                sample.maxMillis());
    }

    /** The summary's fields as JSON has them. */
    public static Map<String, Object> fields(LoadSummary summary) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("elapsed_s", rounded(summary.elapsedMillis() / 1_000.0));
        fields.put("ops", summary.ops());
        fields.put("errors", summary.errors());
        fields.put("unknown", summary.unknown());
        fields.put("attempts", summary.attempts());
        fields.put("ops_per_s", rounded(summary.opsPerSecond()));
        fields.put("mean_ms", rounded(summary.meanMillis()));
        fields.put("p50_ms", rounded(summary.p50Millis()));
        fields.put("p95_ms", rounded(summary.p95Millis()));
        fields.put("p99_ms", rounded(summary.p99Millis()));
        fields.put("p999_ms", rounded(summary.p999Millis()));
        fields.put("max_ms", rounded(summary.maxMillis()));
        fields.put("longest_gap_ms", summary.longestGapMillis());
        fields.put("longest_gap_at_ms", summary.longestGapAtMillis());
        Map<String, Object> kinds = new LinkedHashMap<>();
        summary.errorsByKind().forEach((kind, count) -> {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("count", count.count());
            one.put("first_message", count.firstMessage());
            kinds.put(kind, one);
        });
        fields.put("errors_by_kind", kinds);
        return fields;
    }

    /** The summary for people, without a line end at the end. */
    public static String text(LoadSummary summary) {
        StringBuilder text = new StringBuilder(String.format(
                Locale.ROOT,
                "%d operations in %.1f s: %.1f/s, mean %.2f ms, p50 %.2f, p95 %.2f, p99 %.2f, p99.9 %.2f, max %.1f ms%n"
                        + "errors %d, of them outcome unknown %d; longest gap %d ms, at %.1f s",
                summary.ops(),
                summary.elapsedMillis() / 1_000.0,
                summary.opsPerSecond(),
                summary.meanMillis(),
                summary.p50Millis(),
                summary.p95Millis(),
                summary.p99Millis(),
                summary.p999Millis(),
                summary.maxMillis(),
                summary.errors(),
                summary.unknown(),
                summary.longestGapMillis(),
                summary.longestGapAtMillis() / 1_000.0));
        summary.errorsByKind()
                .forEach((kind, count) -> text.append(System.lineSeparator())
                        .append("  ")
                        .append(count.count())
                        .append(" x ")
                        .append(kind)
                        .append(", first: ")
                        .append(count.firstMessage()));
        return text.toString();
    }

    /** Three digits after the point are as much as is ever measured. */
    public static double rounded(double value) {
        return Double.isFinite(value) ? Math.round(value * 1_000) / 1_000.0 : 0;
    }
}
