package io.flotilla.client.cli.bench.outage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

class FailoverReportTest {
    private static final FailoverReport.Setting SETTING =
            new FailoverReport.Setting(3, 2, 1_000, 5, "another node", "17", 0.1);

    private static FailoverReport report(FaultKind kind, double... millis) {
        List<FailoverReport.Trial> trials = Arrays.stream(millis)
                .mapToObj(each -> new FailoverReport.Trial(each, each + 10, 1, "node 1"))
                .toList();
        return new FailoverReport(SETTING, Map.of(kind, trials));
    }

    @Test
    void fieldsAreWhatTheSchemaPromises() {
        Map<String, Object> fields =
                report(FaultKind.ONE_WAY, 1_000, 1_200, 900).fields();

        assertThat(fields).containsEntry("detection_ms", 1_000L).containsEntry("targets_met", true);
        assertThat(fields.get("one_way"))
                .asInstanceOf(InstanceOfAssertFactories.map(String.class, Object.class))
                .containsEntry("trials", 3)
                .containsEntry("p50_ms", 1_000.0)
                .containsEntry("p99_ms", 1_200.0)
                .containsEntry("all_answered_p99_ms", 1_210.0)
                .containsEntry("failed_writes", 3);
    }

    @Test
    void oneSlowTrialInThirtyMissesTheTarget() {
        double[] millis = new double[30];
        Arrays.fill(millis, 1_100);
        assertThat(report(FaultKind.KILL, millis).met()).isTrue();

        millis[17] = 1_301;
        FailoverReport slow = report(FaultKind.KILL, millis);

        assertThat(slow.met()).isFalse();
        assertThat(slow.fields()).containsEntry("targets_met", false);
        assertThat(slow.text()).contains("kill", "1301 ms", "MISSED");
    }

    @Test
    void percentilesAreValuesThatWereMeasured() {
        List<Double> samples = List.of(4.0, 1.0, 3.0, 2.0);

        assertThat(Percentiles.of(samples, 50)).isEqualTo(2.0);
        assertThat(Percentiles.of(samples, 51)).isEqualTo(3.0);
        assertThat(Percentiles.of(samples, 99)).isEqualTo(4.0);
        assertThat(Percentiles.of(samples, 0)).isEqualTo(1.0);
        assertThat(Percentiles.of(List.of(), 50)).isNaN();
    }

    @Test
    void kindsAreKnownByTheirLabels() {
        for (FaultKind kind : FaultKind.values()) {
            assertThat(FaultKind.of(kind.label())).isEqualTo(kind);
        }
        assertThatThrownBy(() -> FaultKind.of("flood"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("flood");
    }
}
