package io.flotilla.node.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.KeySpace;
import io.flotilla.node.mvcc.Mutation;
import io.flotilla.node.mvcc.StateChecksum;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.ReplicaInfo;
import io.flotilla.range.routing.ReplicaInfo.Kind;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConsistencyCheckTest {
    private static final long SECOND = 1_000_000;
    private static final StateChecksum BEFORE = new StateChecksum(10, 0);
    private static final StateChecksum AFTER = new StateChecksum(77, 0);

    private final ConsistencyCheck check = new ConsistencyCheck(BEFORE);
    private final RangeDescriptor three = range(voter(1), voter(2), voter(3));

    @Test
    void aRangeThatDoesNotChangeIsNeverAskedAbout() {
        for (long micros = 0; micros < 1_000 * SECOND; micros += SECOND) {
            check.look(BEFORE, micros);
            assertThat(check.due(BEFORE, three, micros)).isNull();
            assertThat(check.isQuiet(three, micros)).isTrue();
        }
    }

    @Test
    void aChangeIsCheckedSecondsLaterOnce() {
        check.look(AFTER, SECOND);
        assertThat(check.isQuiet(three, SECOND)).isFalse();
        assertThat(check.due(AFTER, three, SECOND)).isNull();
        assertThat(check.due(AFTER, three, 4 * SECOND)).isEqualTo(new Mutation.Check(0, 0));
        assertThat(check.due(AFTER, three, 5 * SECOND)).isNull();
        found(5, 77);
        assertThat(heard(1, 5, 77).diverged()).isEmpty();
        assertThat(check.isQuiet(three, 6 * SECOND)).isFalse();
        heard(2, 5, 77);
        assertThat(heard(3, 5, 77)).isEqualTo(new ConsistencyCheck.Verdict(5, List.of(), false));
        assertThat(check.isQuiet(three, 6 * SECOND)).isTrue();
        assertThat(check.due(AFTER, three, 100 * SECOND)).isNull();
    }

    @Test
    void whoDiffersFromAMajorityIsWrongTheLeaseholderIncluded() {
        found(5, 77);
        heard(1, 5, 66);
        heard(2, 5, 77);
        assertThat(heard(3, 5, 77).diverged()).containsExactly(1);
    }

    @Test
    void twoOfThreeDecideWithoutTheThird() {
        found(5, 77);
        assertThat(heard(1, 5, 77).diverged()).isEmpty();
        assertThat(heard(2, 5, 77).diverged()).isEmpty();
        assertThat(heard(3, 5, 1).diverged()).containsExactly(3);
    }

    @Test
    void withoutAMajorityNobodyIsCondemned() {
        RangeDescriptor two = range(voter(1), voter(2), new ReplicaInfo(new NodeId(3), 3, Kind.VOTER, true));
        found(5, 77);
        check.heard(two, 1, new StateApplier.Checked(5, 77));
        ConsistencyCheck.Verdict verdict = check.heard(two, 2, new StateApplier.Checked(5, 78));
        assertThat(verdict).isEqualTo(new ConsistencyCheck.Verdict(5, List.of(), true));
        found(9, 77);
        heard(1, 9, 1);
        heard(2, 9, 2);
        assertThat(heard(3, 9, 3)).isEqualTo(new ConsistencyCheck.Verdict(9, List.of(), true));
    }

    @Test
    void aLearnerIsJudgedAndDoesNotJudge() {
        RangeDescriptor learning = range(voter(1), new ReplicaInfo(new NodeId(2), 2, Kind.LEARNER, false));
        found(5, 77);
        check.heard(learning, 1, new StateApplier.Checked(5, 77));
        assertThat(check.heard(learning, 2, new StateApplier.Checked(5, 78)).diverged())
                .containsExactly(2);
    }

    @Test
    void whatIsSaidOfAnotherIndexIsNoEvidence() {
        found(5, 77);
        heard(1, 5, 77);
        heard(2, 4, 1);
        assertThat(heard(3, 6, 2)).isEqualTo(ConsistencyCheck.Verdict.FINE);
        assertThat(heard(3, 5, 77).diverged()).isEmpty();
    }

    /** One that is down is not waited for for ever, and the range may sleep. */
    @Test
    void aSilentReplicaIsLeftForTheNextCheck() {
        check.look(AFTER, 0);
        assertThat(check.due(AFTER, three, 3 * SECOND)).isNotNull();
        found(5, 77);
        heard(1, 5, 77);
        heard(2, 5, 77);
        assertThat(check.isQuiet(three, 4 * SECOND)).isFalse();
        assertThat(check.isQuiet(three, 9 * SECOND)).isTrue();
    }

    @Test
    void aRangeWithOneCopyHasNobodyToAsk() {
        check.look(AFTER, 0);
        assertThat(check.due(AFTER, range(voter(1)), 100 * SECOND)).isNull();
        assertThat(check.isQuiet(range(voter(1)), 100 * SECOND)).isTrue();
    }

    @Test
    void whatWasCountedAfterASplitIsTakenOutAtOnceUnlessThereWasAnotherSplit() {
        Mutation.Check foreign = new Mutation.Check(40, 1234);
        check.counted(foreign);
        assertThat(check.isQuiet(three, 0)).isFalse();
        assertThat(check.due(new StateChecksum(10, 40), three, 0)).isEqualTo(foreign);
        check.counted(foreign);
        assertThat(check.due(new StateChecksum(10, 50), three, 10 * SECOND)).isNull();
    }

    private void found(long index, long sum) {
        check.applied(new StateApplier.Checked(index, sum));
    }

    private ConsistencyCheck.Verdict heard(int replica, long index, long sum) {
        return check.heard(three, replica, new StateApplier.Checked(index, sum));
    }

    private static ReplicaInfo voter(int number) {
        return new ReplicaInfo(new NodeId(number), number);
    }

    private static RangeDescriptor range(ReplicaInfo... replicas) {
        return new RangeDescriptor(new RangeId(7), 1, KeySpace.USERS, new ArrayList<>(List.of(replicas)), 9);
    }
}
