package io.flotilla.client.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SpaceReportTest {
    private static final long LIVE = 100L << 20;

    private static SpaceReport report(long peakBytes, long finalBytes) {
        SpaceReport.Setting setting = new SpaceReport.Setting(3, 1_000, LIVE, 4_000, 300, 60, 5, 2, "17");
        return new SpaceReport(
                setting,
                LIVE,
                10 * LIVE,
                50,
                sample(LIVE),
                sample(peakBytes),
                sample(finalBytes),
                List.of(
                        new SpaceReport.Written(40 * LIVE, 15 * LIVE),
                        new SpaceReport.Written(50 * LIVE, 15 * LIVE),
                        new SpaceReport.Written(60 * LIVE, 15 * LIVE)));
    }

    /** The second store is the largest. */
    private static SpaceReport.Sample sample(long bytes) {
        return new SpaceReport.Sample(
                List.of(bytes / 2, bytes, bytes / 3), List.of(1L, bytes / 4, 3L), List.of(4L, bytes / 5, 6L));
    }

    @Test
    void theFieldsAreWhatWasMeasured() {
        assertThat(report(5 * LIVE, 2 * LIVE).fields())
                .containsEntry("ranges", 1_000)
                .containsEntry("live_bytes", LIVE)
                .containsEntry("user_bytes_written", 10 * LIVE)
                .containsEntry("peak_disk_bytes", 5 * LIVE)
                .containsEntry("peak_multiple", 5.0)
                .containsEntry("final_multiple", 2.0)
                .containsEntry("log_bytes", 2 * LIVE / 4)
                .containsEntry("state_bytes", 2 * LIVE / 5)
                .containsEntry("write_amplification", 15.0)
                .containsEntry("write_amplification_per_replica", 5.0)
                .containsEntry("write_amplification_state", 1.5)
                .containsEntry("write_amplification_log", 3.5)
                .containsEntry("targets_met", true);
    }

    @Test
    void whatIsFixedIsNotCountedAsAMultiple() {
        long most = SpaceReport.FIXED_BYTES + (long) SpaceReport.MULTIPLE * LIVE;
        assertThat(report(most, LIVE).met()).isTrue();
        SpaceReport more = report(most + LIVE, LIVE);
        assertThat(more.met()).isFalse();
        assertThat(more.text()).contains("MISSED");
    }
}
