package io.flotilla.client.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class IdleReportTest {
    private static IdleReport report(double oneDownPercent) {
        return new IdleReport(
                new IdleReport.Setting(3, 2, 10_000, 60, 120, "17"),
                40,
                List.of(0.3, 0.4, 0.3),
                List.of(0.5, 0.6, 0.5),
                List.of(0.5, oneDownPercent),
                List.of(20e6, 20e6, 20e6),
                List.of(30e6, 35e6, 31e6),
                new IdleReport.Percentiles(1, 5, 9),
                new IdleReport.Percentiles(2, 8, 11),
                IdleReport.Percentiles.NONE,
                2);
    }

    @Test
    void fieldsAreThoseOfTheWorstNode() {
        assertThat(report(0.9).fields())
                .containsEntry("ranges", 10_000)
                .containsEntry("idle_cpu_pct_per_node", 0.6)
                .containsEntry("idle_cpu_pct_per_node_one_down", 0.9)
                .containsEntry("heap_bytes_per_replica", 1_500.0)
                .containsEntry("wake_p99_ms", 8.0)
                .containsEntry("wake_read_p99_ms", 5.0)
                .containsEntry("targets_met", true);
    }

    @Test
    void whatIsTooMuchIsNamed() {
        assertThat(report(1.2).targets())
                .filteredOn(target -> !target.met())
                .extracting(Target::name)
                .containsExactly("the same, one node dead");
        assertThat(report(1.2).text()).contains("MISSED");
        assertThat(report(1.2).fields()).containsEntry("targets_met", false);
    }

    @Test
    void splitsGoToTheMiddleFirstAndLeaveNothingOut() {
        List<Integer> order = RangeMaker.bisected(10, 110);

        assertThat(order.subList(0, 3)).containsExactly(60, 35, 85);
        assertThat(order)
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(10, 110).boxed().toList());
    }
}
