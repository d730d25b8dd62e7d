package io.flotilla.node.replica;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Whole clusters under faults, and what their clients saw: {@code -Dtxn.sim.seed=S -Dtxn.sim.runs=N} chooses other seeds. */
class TransactionSimulatorTest {
    private static final long FIRST_SEED = Long.getLong("txn.sim.seed", 1);
    private static final long RUNS = Long.getLong("txn.sim.runs", 30);

    @Test
    void aCalmClusterIsSerializable() {
        TxnWorld.Result result = new TxnWorld(1, TxnWeather.calm()).run();
        assertThat(result.violation()).isNull();
        assertThat(result.committed()).isGreaterThan(100);
    }

    @Test
    void noSeedBreaksSerializability() {
        List<String> found = new ArrayList<>();
        long committed = 0;
        long aborted = 0;
        long unknown = 0;
        long events = 0;
        EnumMap<TxnSight, Integer> sights = new EnumMap<>(TxnSight.class);
        for (long seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) {
            TxnWorld.Result result = TxnWorld.run(seed);
            if (result.violation() != null) {
                found.add(result.line());
                System.out.println(result.line());
            }
            committed += result.committed();
            aborted += result.aborted();
            unknown += result.unknown();
            events += result.events();
            result.sights().forEach((sight, times) -> sights.merge(sight, times, Integer::sum));
        }
        System.out.println(RUNS + " seeds, " + events + " events, " + committed + " committed, " + aborted
                + " aborted, " + unknown + " unknown, " + found.size() + " violations; " + sights);
        assertThat(found).isEmpty();
        assertThat(committed).isGreaterThan(RUNS * 20);
        if (RUNS >= 30) {
            assertThat(sights).containsKeys(TxnSight.OFTEN);
        }
    }

    /** Nobody led a range that was split off while a node lagged, and whose other replica was lost: who lagged had no replica of it to vote with. */
    @Test
    void whoLagsBehindASplitVotesForItsRightSide() {
        TxnWorld.Result result = TxnWorld.run(70_077);
        assertThat(result.violation()).isNull();
        assertThat(result.sights())
                .as("if worlds have changed, another seed in which that happens is to be found")
                .containsKey(TxnSight.VOTE_OF_ABSENT);
    }

    @Test
    void aSeedIsAlwaysTheSameWorld() {
        assertThat(TxnWorld.run(3)).isEqualTo(TxnWorld.run(3));
    }
}
