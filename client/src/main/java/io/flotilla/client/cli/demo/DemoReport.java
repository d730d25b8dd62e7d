package io.flotilla.client.cli.demo;

import io.flotilla.client.check.BankVerdict;
import io.flotilla.client.cli.LoadLine;
import io.flotilla.client.load.BankLoad.BankSummary;
import io.flotilla.client.load.LoadSummary;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * How a demo ended.
 *
 * @param crossRangeCommits committed transfers whose accounts lay in different ranges all the time
 * @param oldBooks what is wrong with the books an earlier run left; empty if nothing is, or there are none
 */
public record DemoReport(
        DemoSettings settings,
        int rangesStart,
        int rangesEnd,
        long crossRangeCommits,
        BankSummary summary,
        BankVerdict verdict,
        List<FaultEvent> faults,
        List<String> oldBooks) {
    public static final String SCHEMA = "flotilla.demo.v1";

    public DemoReport {
        faults = List.copyOf(faults);
        oldBooks = List.copyOf(oldBooks);
    }

    /** The total never changed in any consistent read, and every acknowledged transfer is there exactly once. */
    public boolean invariantOk() {
        return findings().isEmpty();
    }

    /** Whether everything was done that makes the invariant worth something. */
    public boolean complete() {
        return shortcomings().isEmpty();
    }

    private List<String> findings() {
        List<String> findings = new ArrayList<>(oldBooks);
        if (summary.totalViolations() > 0) {
            findings.add("the total was wrong in " + summary.totalViolations() + " reads, first: "
                    + summary.firstViolation());
        }
        verdict.findings().forEach(finding -> findings.add(finding.kind() + ": " + finding.detail()));
        return findings;
    }

    private List<String> shortcomings() {
        List<String> shortcomings = new ArrayList<>();
        if (summary.load().ops() == 0) {
            shortcomings.add("no transfer succeeded");
        }
        if (summary.totalChecks() == 0) {
            shortcomings.add("the total was never read while the load ran");
        }
        for (FaultEvent fault : faults) {
            if (!fault.done()) {
                shortcomings.add(fault.detail());
            }
        }
        return shortcomings;
    }

    private long aborts() {
        LoadSummary load = summary.load();
        return Math.max(0, load.attempts() - load.ops() - load.unknown());
    }

    public Map<String, Object> fields() {
        LoadSummary load = summary.load();
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("nodes", settings.nodes());
        fields.put("accounts", settings.accounts());
        fields.put("clients", settings.clients());
        fields.put("ranges_start", rangesStart);
        fields.put("ranges_end", rangesEnd);
        fields.put("cross_range_commits", crossRangeCommits);
        fields.put("commits", load.ops());
        fields.put("aborts", aborts());
        fields.put("errors", load.errors());
        fields.put("unknown", load.unknown());
        fields.put("unknown_committed", verdict.unknownFound());
        fields.put("ops_per_s", LoadLine.rounded(load.opsPerSecond()));
        fields.put("p50_ms", LoadLine.rounded(load.p50Millis()));
        fields.put("p95_ms", LoadLine.rounded(load.p95Millis()));
        fields.put("p99_ms", LoadLine.rounded(load.p99Millis()));
        fields.put("max_ms", LoadLine.rounded(load.maxMillis()));
        fields.put("faults", faults.stream().filter(FaultEvent::done).count());
        fields.put("fault_events", faults.stream().map(FaultEvent::fields).toList());
        fields.put("longest_gap_ms", load.longestGapMillis());
        fields.put("longest_gap_at_ms", load.longestGapAtMillis());
        fields.put("total", verdict.total());
        fields.put("total_expected", verdict.expectedTotal());
        fields.put("total_checks", summary.totalChecks());
        fields.put("total_violations", summary.totalViolations());
        fields.put("acknowledged", verdict.transfersAcknowledged());
        fields.put("ledger_rows", verdict.ledgerRows());
        fields.put("findings", findings());
        fields.put("shortcomings", shortcomings());
        fields.put("invariant_ok", invariantOk());
        return fields;
    }

    /** For people, without a line end at the end. */
    public String text() {
        LoadSummary load = summary.load();
        List<String> lines = new ArrayList<>();
        lines.add("");
        lines.add(String.format(
                Locale.ROOT,
                "%d transfers committed (%d across ranges), %d attempts repeated, %d errors, %d without an answer (%d of them are in the ledger)",
                load.ops(),
                crossRangeCommits,
                aborts(),
                load.errors(),
                verdict.transfersUnknown(),
                verdict.unknownFound()));
        lines.add(String.format(
                Locale.ROOT,
                "%.0f transfers/s, p50 %.1f ms, p95 %.1f ms, p99 %.1f ms, max %.0f ms; longest time without any: %d ms, at %.1f s",
                load.opsPerSecond(),
                load.p50Millis(),
                load.p95Millis(),
                load.p99Millis(),
                load.maxMillis(),
                load.longestGapMillis(),
                load.longestGapAtMillis() / 1_000.0));
        load.errorsByKind()
                .forEach((kind, count) ->
                        lines.add("  " + count.count() + " x " + kind + ", first: " + count.firstMessage()));
        lines.add("ranges " + rangesStart + " -> " + rangesEnd + "; faults: "
                + (faults.isEmpty()
                        ? "none"
                        : faults.stream().map(FaultEvent::kind).collect(Collectors.joining(", "))));
        lines.add(String.format(
                Locale.ROOT,
                "total = %d %s   read consistently %d times while the load ran, wrong %d times",
                verdict.total(),
                verdict.total() == verdict.expectedTotal() ? DemoView.RIGHT : DemoView.WRONG,
                summary.totalChecks(),
                summary.totalViolations()));
        lines.add(String.format(
                Locale.ROOT,
                "ledger: %d rows for %d acknowledged transfers %s",
                verdict.ledgerRows(),
                verdict.transfersAcknowledged(),
                verdict.ok() ? DemoView.RIGHT + " each exactly once" : DemoView.WRONG));
        findings().forEach(finding -> lines.add("BROKEN  " + finding));
        shortcomings().forEach(shortcoming -> lines.add("INCOMPLETE  " + shortcoming));
        lines.add(verdictLine());
        return String.join(System.lineSeparator(), lines);
    }

    private String verdictLine() {
        if (!invariantOk()) {
            return "FAILED: an invariant broke";
        }
        return complete() ? "PASSED: no money was lost or invented" : "INCOMPLETE: the invariants held, but see above";
    }
}
