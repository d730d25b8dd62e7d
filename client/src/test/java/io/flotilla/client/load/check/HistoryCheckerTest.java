package io.flotilla.client.load.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.client.load.check.Anomaly.Kind;
import io.flotilla.client.load.check.Txn.Append;
import io.flotilla.client.load.check.Txn.Op;
import io.flotilla.client.load.check.Txn.Outcome;
import io.flotilla.client.load.check.Txn.Read;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class HistoryCheckerTest {
    private final List<Txn> history = new ArrayList<>();

    @Test
    void historyThatCouldHaveHappenedOneAfterTheOtherIsClean() {
        committed(0, 1, append("x", 1));
        committed(2, 5, read("x", 1), append("x", 2), append("y", 1), read("x", 1, 2));
        committed(3, 7, read("y", 1), read("x", 1, 2));
        committed(3, 4, read("y"), read("x", 1));
        committed(8, 9, read("x", 1, 2), read("y", 1), read("z"));
        assertClean();
    }

    @Test
    void emptyHistoryIsClean() {
        assertClean();
    }

    @Test
    void whatNobodyAppendedIsFound() {
        committed(0, 1, append("x", 1));
        committed(2, 3, read("x", 1, 7));
        assertFound(Kind.INVENTED_VALUE, 2);
    }

    @Test
    void whatAnAbortedTransactionAppendedIsFound() {
        txn(0, 1, Outcome.ABORTED, append("x", 1));
        committed(2, 3, read("x", 1));
        assertFound(Kind.ABORTED_READ, 1, 2);
    }

    @Test
    void whatAnAbortedTransactionReadIsNotLookedAt() {
        committed(0, 1, append("x", 1));
        txn(2, 3, Outcome.ABORTED, read("x", 9));
        assertClean();
    }

    @Test
    void halfOfATransactionsAppendsIsFound() {
        committed(0, 5, append("x", 1), append("x", 2));
        committed(1, 3, read("x", 1));
        committed(6, 7, read("x", 1, 2));
        assertThat(kinds()).contains(Kind.INTERMEDIATE_READ);
    }

    @Test
    void valueThatIsThereTwiceIsFound() {
        committed(0, 1, append("x", 1));
        committed(0, 1, append("x", 2));
        committed(2, 3, read("x", 1, 2, 1));
        assertFound(Kind.DUPLICATE_VALUE, 3);
    }

    @Test
    void valueThatIsThereTwiceInAListOfAnotherOrderIsFound() {
        committed(0, 1, append("x", 1));
        committed(0, 1, append("x", 2));
        committed(2, 3, read("x", 1, 2));
        committed(2, 3, read("x", 1, 1, 2));
        assertThat(kinds()).containsExactly(Kind.DUPLICATE_VALUE, Kind.INCOMPATIBLE_ORDER);
    }

    @Test
    void listsThatDidNotGrowFromEachOtherAreFound() {
        committed(0, 9, append("x", 1));
        committed(0, 9, append("x", 2));
        committed(1, 3, read("x", 1));
        committed(1, 3, read("x", 2, 1));
        assertFound(Kind.INCOMPATIBLE_ORDER, 3, 4);
    }

    @Test
    void acknowledgedAppendThatNobodyReadAfterwardsIsFound() {
        committed(0, 1, append("x", 1));
        committed(0, 1, append("x", 2));
        committed(2, 3, read("x", 2));
        assertFound(Kind.LOST_APPEND, 1, 3);
    }

    @Test
    void appendThatNobodyCouldHaveReadIsNotLost() {
        committed(0, 4, append("x", 1));
        committed(0, 1, append("x", 2));
        committed(2, 3, read("x", 2));
        assertClean();
    }

    @Test
    void transactionThatDoesNotSeeItsOwnAppendIsFound() {
        committed(0, 1, append("x", 1), read("x"));
        assertThat(kinds()).containsExactly(Kind.INTERNAL_INCONSISTENCY);
    }

    @Test
    void transactionThatReadsAListDifferentlyTwiceIsFound() {
        committed(0, 9, append("x", 1));
        committed(1, 8, read("x"), read("x", 1));
        assertFound(Kind.INTERNAL_INCONSISTENCY, 2);
    }

    @Test
    void appendsThatOverwriteEachOtherInACircleAreFound() {
        committed(0, 9, append("x", 1), append("y", 1));
        committed(0, 9, append("x", 2), append("y", 2));
        committed(10, 11, read("x", 1, 2));
        committed(10, 11, read("y", 2, 1));
        assertFound(Kind.WRITE_CYCLE, 1, 2);
    }

    @Test
    void transactionsThatSeeEachOtherAreFound() {
        committed(0, 9, append("x", 1), read("y", 1));
        committed(0, 9, append("y", 1), read("x", 1));
        assertFound(Kind.CIRCULAR_INFORMATION, 1, 2);
    }

    @Test
    void readSkewIsFound() {
        committed(0, 9, append("x", 1), append("y", 1));
        committed(0, 9, read("x", 1), read("y"));
        committed(10, 11, read("x", 1), read("y", 1));
        assertFound(Kind.READ_SKEW, 2, 1);
    }

    @Test
    void lostUpdateIsFound() {
        committed(0, 9, read("x"), append("x", 1));
        committed(0, 9, read("x"), append("x", 2));
        committed(10, 11, read("x", 1, 2));
        assertFound(Kind.READ_SKEW, 2, 1);
    }

    @Test
    void writeSkewIsFound() {
        committed(0, 9, read("x"), append("y", 1));
        committed(0, 9, read("y"), append("x", 1));
        committed(10, 11, read("x", 1), read("y", 1));
        assertFound(Kind.WRITE_SKEW, 1, 2);
    }

    @Test
    void writeSkewAmongThreeIsToldWithItsReasons() {
        committed(0, 9, read("x"), append("y", 1));
        committed(0, 9, read("y"), append("z", 1));
        committed(0, 9, read("z"), append("x", 1));
        committed(10, 11, read("x", 1), read("y", 1), read("z", 1));
        assertFound(Kind.WRITE_SKEW, 1, 3, 2);
        assertThat(anomalies().get(0).explanation())
                .contains("T1 before T3: T1 read x without 1, appended by T3")
                .contains("T3, client 0, 0.000000 to 0.000009 s, committed: read z []; append 1 to x");
    }

    @Test
    void longForkIsFound() {
        committed(0, 9, append("x", 1));
        committed(0, 9, append("y", 1));
        committed(0, 9, read("x", 1), read("y"));
        committed(0, 9, read("x"), read("y", 1));
        committed(10, 11, read("x", 1), read("y", 1));
        assertThat(kinds()).containsExactly(Kind.WRITE_SKEW);
    }

    @Test
    void theShortestCircleOfTheGravestKindIsTold() {
        committed(0, 9, read("a"), append("b", 1));
        committed(0, 9, read("b"), append("a", 1), append("c", 1));
        committed(0, 9, read("c", 1), append("b", 2), append("d", 1), append("e", 1));
        committed(0, 9, read("d", 1), read("e"));
        committed(10, 11, read("a", 1), read("b", 1, 2), read("c", 1), read("d", 1), read("e", 1));
        assertThat(kinds()).containsExactly(Kind.READ_SKEW, Kind.WRITE_SKEW);
        assertThat(anomalies().get(0).transactions()).containsExactly(4L, 3L);
    }

    @Test
    void readThatMissesWhatWasAcknowledgedBeforeItsTransactionBeganIsFound() {
        committed(0, 1, append("x", 1));
        committed(2, 3, read("x"));
        committed(4, 5, read("x", 1));
        assertFound(Kind.STALE_READ, 1, 2);
    }

    @Test
    void readThatMissesWhatAnEarlierOneSawIsFound() {
        committed(0, 9, append("x", 1));
        committed(1, 2, read("x", 1));
        committed(3, 4, read("x"));
        assertFound(Kind.STALE_READ, 2, 3);
    }

    @Test
    void appendBeforeAnAcknowledgedOneIsFound() {
        committed(0, 1, append("x", 1));
        committed(2, 3, append("x", 2));
        committed(4, 5, read("x", 2, 1));
        assertFound(Kind.STALE_READ, 1, 2);
    }

    @Test
    void readThatBeganBeforeTheAcknowledgementMayMissIt() {
        committed(0, 2, append("x", 1));
        committed(1, 3, read("x"));
        committed(4, 5, read("x", 1));
        assertClean();
    }

    @Test
    void realTimeIsNotPromisedAcrossKeys() {
        committed(0, 1, append("x", 1));
        committed(2, 3, append("y", 1));
        committed(0, 9, read("x"), read("y", 1));
        committed(10, 11, read("x", 1), read("y", 1));
        assertClean();
    }

    @Test
    void transactionOfUnknownOutcomeHasCommittedIfItWasSeen() {
        txn(0, 1, Outcome.UNKNOWN, read("y"), append("x", 1));
        committed(2, 3, read("x", 1), append("y", 1));
        committed(4, 5, read("x", 1), read("y", 1));
        assertClean();
        txn(0, 9, Outcome.UNKNOWN, read("x"), append("z", 1));
        committed(0, 9, read("z", 1), append("x", 2));
        committed(10, 11, read("x", 1, 2));
        assertThat(kinds()).as("what it read counts as well").isEmpty();
        committed(0, 9, append("w", 1), read("z"));
        txn(0, 9, Outcome.UNKNOWN, read("w"), append("z", 2));
        committed(10, 11, read("z", 1, 2), read("w", 1));
        assertThat(kinds()).containsExactly(Kind.WRITE_SKEW);
    }

    @Test
    void transactionOfUnknownOutcomeThatNobodySawHasNot() {
        txn(0, 1, Outcome.UNKNOWN, read("x", 99), append("x", 1));
        committed(2, 3, read("x"));
        assertClean();
    }

    @Test
    void unknownThatWasSeenOnlyByAnUnknownThatWasSeenHasCommitted() {
        txn(0, 9, Outcome.UNKNOWN, read("y"), append("x", 1));
        txn(0, 9, Outcome.UNKNOWN, read("x", 1), append("z", 1));
        committed(0, 9, read("z", 1), append("y", 1));
        assertClean();
        committed(0, 9, read("z"), append("x", 2));
        committed(10, 11, read("x", 2), read("y", 1));
        assertThat(kinds()).contains(Kind.INCOMPATIBLE_ORDER);
    }

    @Test
    void acknowledgementOfUnknownIsNoProofInTime() {
        txn(0, 1, Outcome.UNKNOWN, append("x", 1));
        committed(2, 3, read("x"));
        committed(4, 5, read("x", 1));
        assertClean();
    }

    @Test
    void everyKindOfWhatABrokenStoreBreaksIsListedTwentyTimesAtMost() {
        for (int i = 0; i < 100; i++) {
            committed(0, 1, append("x" + i, 1));
            committed(2, 3, read("x" + i));
        }
        assertThat(kinds()).containsOnly(Kind.LOST_APPEND).hasSize(Findings.PER_KIND_MAX);
    }

    @Test
    void historyOfWhichNothingCouldBeConcludedIsRefused() {
        committed(0, 1, append("x", 1));
        committed(0, 1, append("x", 1));
        assertThatThrownBy(this::anomalies)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("1 is appended to x twice, by T1 and T2");
    }

    private void assertClean() {
        assertThat(anomalies()).isEmpty();
    }

    private void assertFound(Kind kind, long... transactions) {
        assertThat(kinds()).containsExactly(kind);
        assertThat(anomalies().get(0).transactions())
                .containsExactlyElementsOf(Arrays.stream(transactions).boxed().toList());
    }

    private List<Kind> kinds() {
        return anomalies().stream().map(Anomaly::kind).toList();
    }

    private List<Anomaly> anomalies() {
        return HistoryChecker.check(history);
    }

    private void committed(int startMicros, int endMicros, Op... ops) {
        txn(startMicros, endMicros, Outcome.COMMITTED, ops);
    }

    private void txn(int startMicros, int endMicros, Outcome outcome, Op... ops) {
        history.add(new Txn(history.size() + 1L, 0, startMicros * 1_000L, endMicros * 1_000L, outcome, List.of(ops)));
    }

    private static Op read(String key, long... values) {
        return new Read(key, Arrays.stream(values).boxed().toList());
    }

    private static Op append(String key, long value) {
        return new Append(key, value);
    }
}
