package io.flotilla.client.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FloorReportTest {
    private static final FloorReport.WarmUp WARM_UP = new FloorReport.WarmUp(20, 0.05);

    private static final FloorReport.Setting SETTING =
            new FloorReport.Setting(3, 2, 64, 5, 50, WARM_UP, "/tmp/x", "17", "the leaseholder", 0.1);

    private static FloorReport report(double putMicros, double putCpu) {
        return new FloorReport(SETTING, 20, 80, putMicros, 2_000, 21_000, 60_000, 3_000, 500, 750, 24, putCpu, 380);
    }

    @Test
    void fieldsAreWhatTheSchemaPromises() {
        assertThat(report(300, 140).fields())
                .containsEntry("floor_us", 100.0)
                .containsEntry("put_p50_us_1", 300.0)
                .containsEntry("multiple", 3.0)
                .containsEntry("puts_per_s_1", 2_000.0)
                .containsEntry("puts_per_s_64", 21_000.0)
                .containsEntry("gets_per_s_64", 60_000.0)
                .containsEntry("server_cpu_s_per_kput", 0.14)
                .containsEntry("commit_p50_us_one_range", 500.0)
                .containsEntry("commit_p50_us_two_ranges", 750.0)
                .containsEntry("two_ranges_ratio", 1.5)
                .containsEntry("warm_up_seconds", 20.0)
                .containsEntry("compilers_pct_of_core_at_start", 5.0)
                .containsEntry("targets_met", true);
    }

    @Test
    void aMissedTargetIsNamed() {
        FloorReport slow = report(500, 200);

        assertThat(slow.targets())
                .filteredOn(target -> !target.met())
                .extracting(Target::name)
                .containsExactly("put latency, 1 client, in floors", "server CPU per put");
        assertThat(FloorText.terminal(slow)).contains("MISSED", "5.00x", "<= 4x");
        assertThat(slow.fields()).containsEntry("targets_met", false);
    }

    @Test
    void aLaterRunReplacesItsSectionOfThePageAndNothingElse() {
        String page = "# Performance\n\nWords before.\n";
        String once = FloorText.replaceSection(page, FloorText.markdown(report(300, 140))) + "Words after.\n";
        String twice = FloorText.replaceSection(once, FloorText.markdown(report(900, 140)));

        assertThat(twice)
                .startsWith(page)
                .endsWith("\nWords after.\n")
                .contains("| 900 | us |")
                .doesNotContain("| 300 | us |");
        assertThat(twice).containsOnlyOnce(FloorText.BEGIN).containsOnlyOnce(FloorText.END);
    }

    @Test
    void numbersOfABusyMachineAreMarkedAsSuch() {
        FloorReport.Setting busy =
                new FloorReport.Setting(3, 2, 64, 5, 50, WARM_UP, "/tmp/x", "17", "the leaseholder", 7.5);
        FloorReport report = new FloorReport(busy, 20, 80, 300, 2_000, 21_000, 60_000, 3_000, 500, 750, 24, 140, 380);

        assertThat(FloorText.terminal(report)).contains("load average 7.5");
        assertThat(FloorText.markdown(report)).contains("load average 7.5");
        assertThat(FloorText.terminal(report(300, 140))).doesNotContain("load average");
    }

    @Test
    void mediansAreTheMiddle() {
        assertThat(Medians.of(3, 1, 2)).isEqualTo(2);
        assertThat(Medians.of(4, 1, 2, 3)).isEqualTo(2.5);
        assertThat(Medians.of()).isNaN();
    }

    @Test
    void theFloorIsMeasuredByRealRoundTripsAndRealAppends(@TempDir Path directory) throws Exception {
        try (LoopbackEcho echo = new LoopbackEcho();
                ForcedAppend append = new ForcedAppend(directory.resolve("floor"))) {
            assertThat(echo.roundTripMicros()).isPositive();
            assertThat(append.appendMicros()).isPositive();
        }
        assertThat(directory.resolve("floor")).doesNotExist();
    }

    @Test
    void aClosedLoopCountsAllOperationsAndStopsAtTheFirstFailure() throws Exception {
        AtomicLong done = new AtomicLong();
        ClosedLoop.Result result = ClosedLoop.run(4, 0.02, random -> done.incrementAndGet());
        assertThat(result.operations()).isEqualTo(done.get()).isPositive();

        assertThatThrownBy(() -> ClosedLoop.run(2, 60, random -> {
                    throw new IllegalStateException("broken");
                }))
                .hasMessage("broken");
    }
}
