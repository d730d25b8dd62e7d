package io.flotilla.client.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RecoveryReportTest {
    @Test
    void theFieldsAreWhatWasMeasured() {
        RecoveryReport report = new RecoveryReport(1L << 30, 1_000, 1_500, 9_000, 2, "17");
        assertThat(report.fields())
                .containsEntry("log_bytes", 1L << 30)
                .containsEntry("ranges", 1_000)
                .containsEntry("first_range_ms", 1_500L)
                .containsEntry("all_ranges_ms", 9_000L)
                .containsEntry("targets_met", true);
    }

    @Test
    void whatIsTooSlowIsNamed() {
        RecoveryReport slow = new RecoveryReport(1L << 30, 1_000, 1_500, 12_000, 2, "17");
        assertThat(slow.met()).isFalse();
        assertThat(slow.text()).contains("MISSED").contains("1024 MiB");
    }
}
