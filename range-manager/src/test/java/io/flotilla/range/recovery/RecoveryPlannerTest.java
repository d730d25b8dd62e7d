package io.flotilla.range.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.key.Span;
import io.flotilla.config.time.Timestamp;
import io.flotilla.range.recovery.RecoveryPlan.Forced;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.Ranges;
import io.flotilla.range.routing.ReplicaInfo;
import io.flotilla.range.routing.ReplicaInfo.Kind;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** From which survivor each range goes on; with nodes 1 to 5, of which some are lost. */
class RecoveryPlannerTest {
    private static final RangeDescriptor LEFT = Ranges.range(2, 3, "", "m");
    private static final RangeDescriptor RIGHT = Ranges.range(3, 1, "m", "");

    @Test
    void oneSurvivorOfThreeGoesOnAlone() {
        RecoveryPlan plan = plan(at(1, Ranges.META, 4, 10), at(1, LEFT, 6, 20), at(1, RIGHT, 5, 30));
        assertThat(plan.problems()).isEmpty();
        assertThat(plan.unrecoverable()).isEmpty();
        assertThat(plan.untouched()).isZero();
        assertThat(plan.forced()).extracting(Forced::before).containsExactly(Ranges.META, LEFT, RIGHT);
        Forced left = plan.forced().get(1);
        assertThat(left.after().replicas()).containsExactly(new ReplicaInfo(Ranges.N1, 1));
        assertThat(left.after().span()).isEqualTo(LEFT.span());
        assertThat(left.after().generation()).isGreaterThan(LEFT.generation() + 1);
        assertThat(left.after().nextReplicaId()).isEqualTo(LEFT.nextReplicaId());
        assertThat(left.term()).isGreaterThan(6);
        assertThat(left.knownLost()).isZero();
    }

    @Test
    void aRangeWithItsQuorumIsNotTouched() {
        RecoveryPlan plan = plan(
                at(1, Ranges.META, 4, 10),
                at(2, Ranges.META, 4, 10),
                at(1, LEFT, 4, 1),
                at(2, LEFT, 4, 1),
                at(1, RIGHT, 4, 1));
        assertThat(plan.untouched()).isEqualTo(2);
        assertThat(plan.forced()).extracting(Forced::before).containsExactly(RIGHT);
    }

    @Test
    void theMostCompleteLogIsTheSourceAndTheOthersStay() {
        RangeDescriptor five = onFive();
        RecoveryPlan plan = plan(at(1, five, 4, 90), at(2, five, 5, 80), at(1, Ranges.META, 1, 1));
        Forced forced = forced(plan, five);
        assertThat(forced.source().node()).isEqualTo(Ranges.N2);
        assertThat(forced.after().replicas()).extracting(ReplicaInfo::node).containsExactly(Ranges.N1, Ranges.N2);
    }

    @Test
    void aSurvivorThatKnowsMoreToBeCommittedThanTheSourceHasDoesNotStay() {
        RangeDescriptor five = onFive();
        Survivor source = at(2, five, 5, 80);
        Survivor other = new Survivor(Ranges.N1, five, five, 4, 4, 90, 85, Timestamp.ZERO);
        Forced forced = forced(plan(source, other, at(1, Ranges.META, 1, 1)), five);
        assertThat(forced.source()).isEqualTo(source);
        assertThat(forced.after().replicas()).extracting(ReplicaInfo::node).containsExactly(Ranges.N2);
        assertThat(forced.knownLost()).isEqualTo(5);
    }

    @Test
    void aWitnessIsNoSourceButTellsWhatIsLost() {
        RangeDescriptor range = LEFT.with(
                List.of(
                        new ReplicaInfo(Ranges.N1, 1),
                        new ReplicaInfo(Ranges.N2, 2),
                        new ReplicaInfo(Ranges.N3, 3, Kind.VOTER, true)),
                4);
        RecoveryPlan alone =
                plan(new Survivor(Ranges.N3, range, range, 7, 7, 50, 50, Timestamp.ZERO), at(1, Ranges.META, 1, 1));
        assertThat(alone.forced()).extracting(Forced::before).containsExactly(Ranges.META);
        assertThat(alone.unrecoverable()).containsExactly(new Span(KeySpace.USERS.start(), Key.MAX));
    }

    @Test
    void ofFiveWithTwoWitnessesOneFullReplicaGoesOnWithoutThem() {
        List<ReplicaInfo> replicas = List.of(
                new ReplicaInfo(Ranges.N1, 1),
                new ReplicaInfo(Ranges.N2, 2),
                new ReplicaInfo(Ranges.N3, 3),
                new ReplicaInfo(new NodeId(4), 4, Kind.VOTER, true),
                new ReplicaInfo(new NodeId(5), 5, Kind.VOTER, true));
        RangeDescriptor range = LEFT.with(replicas, 6);
        // Joint: the half that comes has a third full one more, so the three here are no quorum of it.
        List<ReplicaInfo> joint = new ArrayList<>(replicas);
        joint.add(new ReplicaInfo(new NodeId(6), 6, Kind.INCOMING, false));
        RangeDescriptor changing = range.with(joint, 7);
        Forced forced = forced(
                plan(at(1, changing, 4, 9), at(4, changing, 4, 9), at(5, changing, 4, 9), at(1, Ranges.META, 1, 1)),
                changing);
        assertThat(forced.after().replicas()).containsExactly(new ReplicaInfo(Ranges.N1, 1));
    }

    @Test
    void aJointStateThatLostItsQuorumIsLeftBehind() {
        RangeDescriptor joint = LEFT.with(
                List.of(
                        new ReplicaInfo(Ranges.N1, 1, Kind.OUTGOING, false),
                        new ReplicaInfo(Ranges.N2, 2),
                        new ReplicaInfo(Ranges.N3, 3),
                        new ReplicaInfo(new NodeId(4), 4, Kind.INCOMING, false)),
                5);
        Forced forced = forced(plan(at(1, joint, 3, 8), at(4, joint, 3, 9), at(1, Ranges.META, 1, 1)), joint);
        assertThat(forced.source().node()).isEqualTo(new NodeId(4));
        assertThat(forced.after().isJoint()).isFalse();
        assertThat(forced.after().replicas()).extracting(ReplicaInfo::kind).containsOnly(Kind.VOTER);
    }

    @Test
    void aLearnerIsBetterThanNothing() {
        RangeDescriptor range = LEFT.with(
                List.of(
                        new ReplicaInfo(Ranges.N2, 2),
                        new ReplicaInfo(Ranges.N3, 3),
                        new ReplicaInfo(Ranges.N1, 5, Kind.LEARNER, false)),
                6);
        Forced forced = forced(plan(at(1, range, 3, 8), at(1, Ranges.META, 1, 1)), range);
        assertThat(forced.after().replicas()).containsExactly(new ReplicaInfo(Ranges.N1, 5));
    }

    /** It never heard that it was removed; the range is elsewhere, and has its quorum. */
    @Test
    void aReplicaThatWasRemovedLongAgoIsNoSource() {
        RangeDescriptor moved = LEFT.with(
                List.of(
                        new ReplicaInfo(new NodeId(4), 4),
                        new ReplicaInfo(new NodeId(5), 5),
                        new ReplicaInfo(Ranges.N3, 3)),
                6);
        RecoveryPlan plan = plan(at(1, LEFT, 9, 99), at(4, moved, 3, 8), at(5, moved, 3, 8), at(1, Ranges.META, 1, 1));
        assertThat(plan.untouched()).isEqualTo(1);
        assertThat(plan.forced()).extracting(Forced::before).containsExactly(Ranges.META);
    }

    @Test
    void whatNobodyHasIsNamed() {
        RecoveryPlan plan = plan(at(1, Ranges.META, 4, 10), at(1, RIGHT, 5, 30));
        assertThat(plan.unrecoverable()).containsExactly(LEFT.span());
        assertThat(plan.forced()).hasSize(2);
        assertThat(plan(at(1, LEFT, 5, 30)).unrecoverable()).containsExactly(KeySpace.SYSTEM, RIGHT.span());
        assertThat(plan().unrecoverable()).containsExactly(new Span(Key.MIN, Key.MAX));
    }

    /** One store has not applied the split that another one has. */
    @Test
    void survivorsThatContradictEachOtherAreLeftAlone() {
        RangeDescriptor unsplit = Ranges.range(2, 2, "", "");
        RecoveryPlan plan = plan(at(1, Ranges.META, 4, 10), at(1, unsplit, 6, 20), at(2, RIGHT, 5, 30));
        assertThat(plan.problems()).hasSize(1);
        assertThat(plan.problems().get(0)).contains("r2 and r3 both claim");
        assertThat(plan.forced()).extracting(Forced::before).containsExactly(Ranges.META);
    }

    private static RangeDescriptor onFive() {
        List<ReplicaInfo> replicas = new ArrayList<>(Ranges.REPLICAS);
        replicas.add(new ReplicaInfo(new NodeId(4), 4));
        replicas.add(new ReplicaInfo(new NodeId(5), 5));
        return LEFT.with(replicas, 6);
    }

    private static RecoveryPlan plan(Survivor... survivors) {
        return RecoveryPlanner.plan(List.of(survivors));
    }

    private static Forced forced(RecoveryPlan plan, RangeDescriptor range) {
        return plan.forced().stream()
                .filter(forced -> forced.before().equals(range))
                .findFirst()
                .orElseThrow();
    }

    private static Survivor at(int node, RangeDescriptor range, long lastTerm, long lastIndex) {
        return new Survivor(new NodeId(node), range, range, lastTerm, lastTerm, lastIndex, 1, Timestamp.ZERO);
    }
}
