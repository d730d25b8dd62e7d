package io.flotilla.node.sim;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Seeds in the build: {@code -Dsim.seed=S -Dsim.runs=N} chooses others. */
class SimulatorTest {
    private static final long FIRST_SEED = Long.getLong("sim.seed", 1);
    private static final long RUNS = Long.getLong("sim.runs", 2_000);

    @Test
    void noSeedBreaksAPromise() throws InterruptedException {
        SimSummary summary = new SimSummary();
        Simulation.run(FIRST_SEED, RUNS, Runtime.getRuntime().availableProcessors(), () -> false, summary::add);
        assertThat(summary.violations()).isEmpty();
        assertThat(summary.seeds()).isEqualTo(RUNS);
        assertThat(summary.events()).isGreaterThan(RUNS * 100);
        if (RUNS >= 100) {
            assertThat(summary.faults())
                    .allSatisfy((kind, times) -> assertThat(times).as(kind).isPositive());
        }
    }

    @Test
    void resultsDoNotDependOnTheNumberOfThreads() throws InterruptedException {
        SimSummary one = new SimSummary();
        SimSummary three = new SimSummary();
        Simulation.run(77, 20, 1, () -> false, one::add);
        Simulation.run(77, 20, 3, () -> false, three::add);
        assertThat(one.traceHash()).isEqualTo(three.traceHash());
        assertThat(one.faults()).isEqualTo(three.faults());
    }

    @Test
    void differentSeedsAreDifferentWorlds() {
        assertThat(Simulation.run(1).traceHash()).isNotEqualTo(Simulation.run(2).traceHash());
    }
}
