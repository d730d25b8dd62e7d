package io.flotilla.client.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class OverloadReportTest {
    private static OverloadReport report(double goodput, double writeP99) {
        OverloadReport.Latency short1 = new OverloadReport.Latency(1, 5, 20);
        return new OverloadReport(
                new OverloadReport.Setting(3, 2, 64, 3, 15, "17"),
                new OverloadReport.Phase(8_000, short1, short1),
                new OverloadReport.Phase(goodput, new OverloadReport.Latency(90, writeP99, 900), short1),
                new OverloadReport.Phase(7_600, short1, short1),
                24_000,
                12_345,
                0,
                60_000,
                3 * 1024 * 1024);
    }

    @Test
    void ratiosAreOfWhatWasPossibleBefore() {
        assertThat(report(6_000, 700).fields())
                .containsEntry("goodput_ratio", 0.75)
                .containsEntry("recovery_ratio", 0.95)
                .containsEntry("write_p99_ms_during", 700.0)
                .containsEntry("targets_met", true);
        assertThat(report(6_000, 700).text()).contains("24000 writes/s were offered", "3.0 MiB");
    }

    @Test
    void aCollapseIsNoSuccess() {
        assertThat(report(1_000, 700).targets())
                .filteredOn(target -> !target.met())
                .extracting(Target::name)
                .containsExactly("goodput in the flood, of what is possible");
        assertThat(report(6_000, 2_500).fields()).containsEntry("targets_met", false);
    }
}
