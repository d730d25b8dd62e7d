package io.flotilla.client.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.client.check.BankVerdict;
import io.flotilla.client.load.BankLoad.BankSummary;
import io.flotilla.client.load.LoadSummary;
import io.flotilla.client.load.Sample;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class DemoReportTest {
    private static final DemoSettings SETTINGS = new DemoSettings(3, 8, 1000, 16, 20, true, null);
    private static final FaultEvent KILL = new FaultEvent(10_000, "kill", "killed node 2", true);
    private static final BankVerdict IN_ORDER = new BankVerdict(1_000_000, 1_000_000, 90, 1, 1, 91, List.of());

    private static BankSummary summary(long ops, long violations) {
        LoadSummary load =
                new LoadSummary(20_000, ops, 2, 1, ops + 5, 50, 2, 1.5, 4, 9, 12, 900, 850, 10_100, Map.of());
        return new BankSummary(load, 40, 0, violations, violations == 0 ? "" : "999999");
    }

    private static DemoReport report(
            BankSummary summary, BankVerdict verdict, List<FaultEvent> faults, List<String> old) {
        return new DemoReport(SETTINGS, 8, 9, 80, summary, verdict, faults, old);
    }

    @Test
    void aGoodRunHasAllFieldsOfTheSchema() {
        DemoReport report = report(summary(90, 0), IN_ORDER, List.of(KILL), List.of());

        assertThat(report.fields())
                .containsKeys("nodes", "ops_per_s", "p50_ms", "p99_ms")
                .containsEntry("ranges_start", 8)
                .containsEntry("ranges_end", 9)
                .containsEntry("cross_range_commits", 80L)
                .containsEntry("commits", 90L)
                .containsEntry("aborts", 4L)
                .containsEntry("unknown", 1L)
                .containsEntry("faults", 1L)
                .containsEntry("longest_gap_ms", 850L)
                .containsEntry("invariant_ok", true);
        assertThat(report.complete()).isTrue();
        assertThat(report.text()).contains("total = 1000000 ✓", "PASSED");
    }

    @Test
    void eachWayOfLosingMoneyBreaksTheInvariant() {
        BankVerdict lost = new BankVerdict(
                1_000_000,
                1_000_000,
                90,
                0,
                0,
                89,
                List.of(new BankVerdict.Finding(BankVerdict.Kind.LOST_TRANSFER, "bank/00/l/1/7")));

        assertThat(report(summary(90, 1), IN_ORDER, List.of(), List.of()).invariantOk())
                .isFalse();
        assertThat(report(summary(90, 0), lost, List.of(), List.of()).invariantOk())
                .isFalse();
        assertThat(report(summary(90, 0), IN_ORDER, List.of(), List.of("rows are missing"))
                        .invariantOk())
                .isFalse();
        assertThat(report(summary(90, 0), lost, List.of(), List.of()).text())
                .contains("BROKEN  LOST_TRANSFER: bank/00/l/1/7", "FAILED");
    }

    @Test
    void aRunInWhichNothingHappenedIsNotComplete() {
        FaultEvent failed = new FaultEvent(1, "split", "could not split", false);

        assertThat(report(summary(0, 0), IN_ORDER, List.of(KILL), List.of()).complete())
                .isFalse();
        assertThat(report(summary(90, 0), IN_ORDER, List.of(failed), List.of()).complete())
                .isFalse();
        assertThat(report(summary(90, 0), IN_ORDER, List.of(failed), List.of()).text())
                .contains("INCOMPLETE");
    }

    @Test
    void theLiveViewCountsErrorsAndMarksTheTotal() {
        List<String> lines = new ArrayList<>();
        DemoView view = new DemoView(lines::add, 1_000);

        view.sample(new Sample(1_000, 50, 2, 0, 50, 50, 1.25, 2, 3, 4), 8, OptionalLong.of(1_000));
        view.sample(new Sample(2_000, 50, 1, 0, 50, 50, 1.25, 2, 3, 4), 9, OptionalLong.of(999));
        view.marker("killed node 2");

        assertThat(lines).hasSize(4);
        assertThat(lines.get(0)).startsWith("_elapsed___errors__ops/sec");
        assertThat(lines.get(1)).matches(" +1\\.0s +2 +50\\.0 +1\\.3 +2\\.0 +3\\.0 +4\\.0 +8  total = 1000 ✓");
        assertThat(lines.get(2)).contains(" 3 ", " 9  total = 999 ✗ expected 1000");
        assertThat(lines.get(3)).isEqualTo("-- killed node 2");
    }
}
