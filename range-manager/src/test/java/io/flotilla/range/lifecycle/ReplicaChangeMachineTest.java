package io.flotilla.range.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.txn.TxnId;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.Ranges;
import io.flotilla.range.routing.ReplicaInfo;
import io.flotilla.range.routing.ReplicaInfo.Kind;
import io.flotilla.range.routing.VirtualScheduler;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class ReplicaChangeMachineTest {
    private static final long TIMEOUT_MICROS = 20_000_000;
    private static final NodeId N4 = new NodeId(4);
    private static final NodeId N5 = new NodeId(5);
    private static final RangeDescriptor RANGE = Ranges.range(2, 3, "b", "m");

    private final VirtualScheduler scheduler = new VirtualScheduler();
    private final FakeGroup group = new FakeGroup(scheduler, RANGE, 1);

    @Test
    void aNewReplicaLearnsFirstThenVotesThroughAJointConfiguration() {
        ReplicaChangeResult result = change(new ReplicaChange.Add(N4, false));
        assertThat(kinds()).containsExactly("1 2 3", "1 2 3 4L", "1 2 3 4I", "1 2 3 4");
        assertThat(result).isEqualTo(new ReplicaChangeResult.Done(group.now(), true));
        assertThat(group.now().nextReplicaId()).isEqualTo(5);
        assertThat(group.now().generation()).isEqualTo(6);
    }

    @Test
    void aMoveIsOneJointStep() {
        assertThat(change(new ReplicaChange.Move(Ranges.N3, N4))).isInstanceOf(ReplicaChangeResult.Done.class);
        assertThat(kinds()).containsExactly("1 2 3", "1 2 3 4L", "1 2 3O 4I", "1 2 4");
    }

    @Test
    void aRemovalGoesThroughAJointConfigurationToo() {
        assertThat(change(new ReplicaChange.Remove(Ranges.N3))).isInstanceOf(ReplicaChangeResult.Done.class);
        assertThat(kinds()).containsExactly("1 2 3", "1 2 3O", "1 2");
    }

    @Test
    void aLeaderThatMustGoHandsOverBeforeTheJointConfigurationIsLeft() {
        assertThat(change(new ReplicaChange.Move(Ranges.N1, N4))).isInstanceOf(ReplicaChangeResult.Done.class);
        assertThat(kinds()).containsExactly("1 2 3", "1 2 3 4L", "1O 2 3 4I", "2 3 4");
        assertThat(group.leases).hasSize(1).doesNotContain(Ranges.N1);
    }

    @Test
    void whoHandsOverTriesTheNextIfOneDoesNotTakeIt() {
        group.before.add(() -> {});
        group.before.add(() -> group.behind.add(2));
        change(new ReplicaChange.Move(Ranges.N1, N4));
        assertThat(kinds()).endsWith("2 3 4");
        assertThat(group.leases).doesNotContain(Ranges.N1, Ranges.N2);
    }

    @Test
    void aLearnerThatIsNotCaughtUpDoesNotVote() {
        group.catchUpMicros = 10 * TIMEOUT_MICROS;
        ReplicaChangeResult result = change(new ReplicaChange.Add(N4, false));
        assertThat(kinds()).containsExactly("1 2 3", "1 2 3 4L");
        assertThat(result).isInstanceOf(ReplicaChangeResult.Unfinished.class);
        assertThat(((ReplicaChangeResult.Unfinished) result).waitsFor()).contains("n4", "caught up");

        scheduler.advance(10 * TIMEOUT_MICROS);
        assertThat(change(new ReplicaChange.Add(N4, false))).isInstanceOf(ReplicaChangeResult.Done.class);
        assertThat(kinds()).endsWith("1 2 3 4I", "1 2 3 4");
    }

    /** The last of all looks has next to no time, and what became of it was all that was told. */
    @Test
    void whatWasWaitedForIsToldAndNotThatTheLastLookCameTooLate() {
        group.catchUpMicros = 10 * TIMEOUT_MICROS;
        group.unreadableMicros = scheduler.nowMicros() + TIMEOUT_MICROS - 1_000_000;
        ReplicaChangeResult result = change(new ReplicaChange.Add(N4, false));
        assertThat(((ReplicaChangeResult.Unfinished) result).waitsFor()).isEqualTo("the copy on n4 to be caught up");
    }

    @Test
    void aMetaRangeThatCannotBeReadAnyMoreIsNamed() {
        group.catchUpMicros = 10 * TIMEOUT_MICROS;
        group.unreadableMicros = scheduler.nowMicros() + TIMEOUT_MICROS / 2;
        ReplicaChangeResult result = change(new ReplicaChange.Add(N4, false));
        assertThat(((ReplicaChangeResult.Unfinished) result).waitsFor())
                .isEqualTo("the meta range (deadline exceeded in phase ROUTE)");
    }

    /** An error that a step met was told of whatever came after it. */
    @Test
    void whatAStepMetIsNotToldOfTheNext() {
        group.catchUpMicros = 10 * TIMEOUT_MICROS;
        group.lies.add(new KvError.DeadlineExceeded("COMMIT", true));
        ReplicaChangeResult result = change(new ReplicaChange.Add(N4, false));
        assertThat(((ReplicaChangeResult.Unfinished) result).waitsFor()).isEqualTo("the copy on n4 to be caught up");
    }

    @Test
    void aJointConfigurationThatIsFoundIsLeftFirst() {
        change(new ReplicaChange.Add(N4, false));
        RangeDescriptor four = group.now();
        group.became(four.with(with(four, Ranges.N2, Kind.OUTGOING), four.nextReplicaId()));
        assertThat(change(new ReplicaChange.Add(N5, false))).isInstanceOf(ReplicaChangeResult.Done.class);
        assertThat(kinds()).endsWith("1 2O 3 4", "1 3 4", "1 3 4 5L", "1 3 4 5I", "1 3 4 5");
    }

    @Test
    void settlingLeavesAJointConfigurationAndNothingElse() {
        RangeDescriptor joint = RANGE.with(with(RANGE, Ranges.N2, Kind.OUTGOING), 4);
        group.became(joint);
        assertThat(change(new ReplicaChange.Settle())).isEqualTo(new ReplicaChangeResult.Done(group.now(), true));
        assertThat(kinds()).endsWith("1 2O 3", "1 3");
        assertThat(change(new ReplicaChange.Settle())).isEqualTo(new ReplicaChangeResult.Done(group.now(), false));
    }

    @Test
    void aLearnerThatNobodyWorksOnIsTakenBack() {
        RangeDescriptor abandoned = abandonedLearner();
        ReplicaChange takeBack = new ReplicaChange.TakeBack(4);
        assertThat(change(takeBack)).isEqualTo(new ReplicaChangeResult.Done(group.now(), true));
        assertThat(kinds()).containsExactly("1 2 3", "1 2 3 4L", "1 2 3");
        assertThat(group.now().nextReplicaId()).isEqualTo(abandoned.nextReplicaId());
        assertThat(change(takeBack)).isEqualTo(new ReplicaChangeResult.Done(group.now(), false));
    }

    /** Somebody came for it between the look and the deed. */
    @Test
    void aLearnerThatIsBeingMadeAVoterIsNotTakenBack() {
        RangeDescriptor learner = abandonedLearner();
        group.before.add(() -> group.became(learner.with(with(learner, N4, Kind.INCOMING), learner.nextReplicaId())));
        assertThat(change(new ReplicaChange.TakeBack(4))).isInstanceOf(ReplicaChangeResult.Done.class);
        assertThat(kinds()).endsWith("1 2 3 4L", "1 2 3 4I");
        assertThat(change(new ReplicaChange.Settle())).isInstanceOf(ReplicaChangeResult.Done.class);
        assertThat(change(new ReplicaChange.TakeBack(4))).isInstanceOf(ReplicaChangeResult.Done.class);
        assertThat(kinds()).endsWith("1 2 3 4I", "1 2 3 4");
    }

    /** It was taken for dead and is not: it begins anew. */
    @Test
    void aDriverWhoseLearnerIsTakenBackGoesOn() {
        group.catchUpMicros = 2_000_000;
        scheduler.schedule(
                1_000_000,
                () -> group.machine().change(RANGE, new ReplicaChange.TakeBack(4), TIMEOUT_MICROS, ignored -> {}));
        assertThat(change(new ReplicaChange.Move(Ranges.N3, N4))).isInstanceOf(ReplicaChangeResult.Done.class);
        assertThat(kinds()).containsExactly("1 2 3", "1 2 3 4L", "1 2 3", "1 2 3 4L", "1 2 3O 4I", "1 2 4");
    }

    private RangeDescriptor abandonedLearner() {
        group.catchUpMicros = 0;
        List<ReplicaInfo> replicas = new ArrayList<>(RANGE.replicas());
        replicas.add(new ReplicaInfo(N4, 4, Kind.LEARNER, false));
        RangeDescriptor learner = RANGE.with(replicas, 5);
        group.became(learner);
        return learner;
    }

    @Test
    void whatIsSoAlreadyIsNoChange() {
        assertThat(change(new ReplicaChange.Add(Ranges.N2, false)))
                .isEqualTo(new ReplicaChangeResult.Done(RANGE, false));
        assertThat(change(new ReplicaChange.Remove(N4))).isEqualTo(new ReplicaChangeResult.Done(RANGE, false));
        assertThat(group.history).hasSize(1);
    }

    @Test
    void aWitnessIsAddedAndMovedAsAWitness() {
        change(new ReplicaChange.Add(N4, true));
        assertThat(group.now().replicaOn(N4)).contains(new ReplicaInfo(N4, 4, Kind.VOTER, true));
        change(new ReplicaChange.Move(N4, N5));
        assertThat(group.now().replicaOn(N5)).contains(new ReplicaInfo(N5, 5, Kind.VOTER, true));
        assertThat(group.leases).isEmpty();
    }

    @Test
    void whatCannotBeIsRefusedBeforeAnythingChanges() {
        change(new ReplicaChange.Add(N4, true));
        int before = group.history.size();
        assertRefused(new ReplicaChange.Add(N4, false), "a witness");
        assertRefused(new ReplicaChange.Move(Ranges.N1, Ranges.N2), "already");
        assertRefused(new ReplicaChange.Move(N5, new NodeId(6)), "no replica on n5");
        assertRefused(new ReplicaChange.Move(Ranges.N1, Ranges.N1), "itself");
        assertThat(group.history).hasSize(before);
    }

    @Test
    void theLastReplicaWithDataStays() {
        change(new ReplicaChange.Remove(Ranges.N3));
        change(new ReplicaChange.Remove(Ranges.N2));
        assertRefused(new ReplicaChange.Remove(Ranges.N1), "no replica would be left");
        assertThat(group.now().replicas()).hasSize(1);
    }

    @Test
    void witnessesNeverBecomeAMajority() {
        change(new ReplicaChange.Add(N4, true));
        change(new ReplicaChange.Remove(Ranges.N3));
        change(new ReplicaChange.Remove(Ranges.N2));
        assertThat(group.now().replicas()).hasSize(2);
        assertRefused(new ReplicaChange.Add(N5, true), "witnesses");
        assertRefused(new ReplicaChange.Remove(Ranges.N1), "no replica would be left");
    }

    @Test
    void aReplicaThatComesBackIsAnotherOne() {
        change(new ReplicaChange.Remove(Ranges.N3));
        change(new ReplicaChange.Add(Ranges.N3, false));
        assertThat(group.now().replicaOn(Ranges.N3)).contains(new ReplicaInfo(Ranges.N3, 4));
        assertThat(group.now().hasRemoved(3)).isTrue();
    }

    @Test
    void aCommitWhoseAnswerWasLostIsSeenInTheNextRound() {
        for (int i = 0; i < 3; i++) {
            group.lies.add(new KvError.OutcomeUnknown(new TxnId(1, 1), Ranges.key("b")));
        }
        assertThat(change(new ReplicaChange.Add(N4, false))).isEqualTo(new ReplicaChangeResult.Done(group.now(), true));
        assertThat(kinds()).containsExactly("1 2 3", "1 2 3 4L", "1 2 3 4I", "1 2 3 4");
    }

    @Test
    void aVainWishTakesItsLearnerOutAgain() {
        group.before.add(() -> scheduler.schedule(100_000, () -> {
            RangeDescriptor learner = group.now();
            group.became(learner.with(with(learner, Ranges.N3, Kind.OUTGOING), learner.nextReplicaId()));
        }));
        ReplicaChangeResult result = change(new ReplicaChange.Move(Ranges.N3, N4));
        assertThat(result).isInstanceOf(ReplicaChangeResult.Refused.class);
        assertThat(kinds()).containsExactly("1 2 3", "1 2 3 4L", "1 2 3O 4L", "1 2 4L", "1 2");
    }

    /** Whoever empties the node looks for its replicas once it is marked, and must not miss one. */
    @Test
    void aNodeThatBeginsToLeaveJustBeforeALearnerComesGetsNone() {
        group.before.add(() -> group.leaves(N4));
        assertRefused(new ReplicaChange.Add(N4, false), "n4 leaves");
        assertRefused(new ReplicaChange.Move(Ranges.N3, N4), "n4 leaves");
        assertThat(group.history).hasSize(1);
    }

    /** The id that was to be this driver's learner's became the other's. */
    @Test
    void aVainWishLeavesTheLearnerAloneThatAnotherDriverBrought() {
        group.before.add(() -> {
            group.leaves(N4);
            List<ReplicaInfo> replicas = new ArrayList<>(RANGE.replicas());
            replicas.add(new ReplicaInfo(N5, 4, Kind.LEARNER, false));
            group.became(RANGE.with(replicas, 5));
        });
        assertRefused(new ReplicaChange.Add(N4, false), "n4 leaves");
        assertThat(kinds()).containsExactly("1 2 3", "1 2 3 5L");
    }

    @Test
    void aRangeThatIsSplitMeanwhileGoesOn() {
        group.before.add(() -> {
            RangeDescriptor left = Ranges.range(2, 4, "b", "f");
            group.history.add(left);
            group.meta.clear();
            group.put(left);
            group.put(Ranges.range(9, 4, "f", "m"));
        });
        assertThat(change(new ReplicaChange.Add(N4, false))).isInstanceOf(ReplicaChangeResult.Done.class);
        assertThat(group.now().replicas()).hasSize(4);
        assertThat(group.now().span()).isEqualTo(Ranges.range(2, 4, "b", "f").span());
    }

    @Test
    void aRangeThatIsGoneIsRefusedAsAbsent() {
        group.meta.clear();
        ReplicaChangeResult result = change(new ReplicaChange.Add(N4, false));
        assertThat(((ReplicaChangeResult.Refused) result).absent()).isTrue();
    }

    @Test
    void withoutALeaseholderNothingIsDoneAndThatIsSaid() {
        group.leaderless = true;
        ReplicaChangeResult result = change(new ReplicaChange.Remove(Ranges.N3));
        assertThat(((ReplicaChangeResult.Unfinished) result).waitsFor()).contains("no leaseholder");
        assertThat(group.history).hasSize(1);
    }

    /** For every wish and every call after which the driver may die: the next one that is asked ends where an undisturbed one would. */
    @Test
    void aDriverMayDieAnywhere() {
        List<ReplicaChange> wishes = List.of(
                new ReplicaChange.Add(N4, false),
                new ReplicaChange.Add(N4, true),
                new ReplicaChange.Remove(Ranges.N1),
                new ReplicaChange.Move(Ranges.N1, N4),
                new ReplicaChange.Move(Ranges.N3, N5));
        for (ReplicaChange wish : wishes) {
            List<String> undisturbed = undisturbed(wish);
            for (long calls = 0; calls < 60; calls++) {
                VirtualScheduler time = new VirtualScheduler();
                FakeGroup disturbed = new FakeGroup(time, RANGE, calls);
                disturbed.answers = calls;
                disturbed.machine().change(RANGE, wish, TIMEOUT_MICROS, ignored -> {});
                time.advance(TIMEOUT_MICROS);
                disturbed.answers = Long.MAX_VALUE;
                List<ReplicaChangeResult> results = new ArrayList<>();
                disturbed.machine().change(RANGE, wish, TIMEOUT_MICROS, results::add);
                time.advance(2 * TIMEOUT_MICROS);
                assertThat(results).as(wish + " " + calls).hasSize(1);
                assertThat(results.get(0)).as(wish + " " + calls).isInstanceOf(ReplicaChangeResult.Done.class);
                assertThat(kinds(disturbed)).as(wish + " " + calls).isEqualTo(undisturbed);
            }
        }
    }

    /** Several drivers with wishes of all kinds on one range: the group refuses what is not legal; all come to an end; the last state is no joint one. */
    @Test
    void driversTakeTurns() {
        int done = 0;
        for (int seed = 0; seed < 500; seed++) {
            Random random = new Random(seed);
            VirtualScheduler time = new VirtualScheduler();
            FakeGroup shared = new FakeGroup(time, RANGE, seed);
            List<ReplicaChangeResult> results = new ArrayList<>();
            int drivers = 2 + random.nextInt(3);
            for (int i = 0; i < drivers; i++) {
                ReplicaChange wish = randomWish(random);
                time.schedule(
                        random.nextInt(300_000),
                        () -> shared.machine().change(RANGE, wish, TIMEOUT_MICROS, results::add));
            }
            time.advance(3 * TIMEOUT_MICROS);
            assertThat(results).as("seed " + seed).hasSize(drivers);
            for (ReplicaChangeResult result : results) {
                assertThat(result).as("seed " + seed).isNotInstanceOf(ReplicaChangeResult.Failed.class);
                done += result instanceof ReplicaChangeResult.Done ? 1 : 0;
            }
            assertThat(shared.now().isJoint()).as("seed " + seed).isFalse();
            assertIdsAreNeverReused(shared);
        }
        assertThat(done).isGreaterThan(800);
    }

    private static ReplicaChange randomWish(Random random) {
        NodeId node = new NodeId(1 + random.nextInt(6));
        return switch (random.nextInt(3)) {
            case 0 -> new ReplicaChange.Add(node, random.nextInt(4) == 0);
            case 1 -> new ReplicaChange.Remove(node);
            default -> new ReplicaChange.Move(node, new NodeId(1 + random.nextInt(6)));
        };
    }

    private static void assertIdsAreNeverReused(FakeGroup shared) {
        TreeSet<Integer> gone = new TreeSet<>();
        RangeDescriptor before = shared.history.get(0);
        for (RangeDescriptor descriptor : shared.history) {
            for (ReplicaInfo replica : before.replicas()) {
                if (descriptor.replica(replica.replicaId()).isEmpty()) {
                    gone.add(replica.replicaId());
                }
            }
            for (ReplicaInfo replica : descriptor.replicas()) {
                assertThat(gone).doesNotContain(replica.replicaId());
            }
            before = descriptor;
        }
    }

    private List<String> undisturbed(ReplicaChange wish) {
        VirtualScheduler time = new VirtualScheduler();
        FakeGroup alone = new FakeGroup(time, RANGE, 9);
        alone.machine().change(RANGE, wish, TIMEOUT_MICROS, ignored -> {});
        time.advance(TIMEOUT_MICROS);
        return kinds(alone);
    }

    private void assertRefused(ReplicaChange wish, String why) {
        ReplicaChangeResult result = change(wish);
        assertThat(result).isInstanceOf(ReplicaChangeResult.Refused.class);
        assertThat(((ReplicaChangeResult.Refused) result).why()).contains(why);
    }

    private ReplicaChangeResult change(ReplicaChange wish) {
        List<ReplicaChangeResult> results = new ArrayList<>();
        group.machine().change(RANGE, wish, TIMEOUT_MICROS, results::add);
        scheduler.advance(2 * TIMEOUT_MICROS);
        assertThat(results).hasSize(1);
        return results.get(0);
    }

    private static List<ReplicaInfo> with(RangeDescriptor range, NodeId node, Kind kind) {
        List<ReplicaInfo> changed = new ArrayList<>();
        for (ReplicaInfo replica : range.replicas()) {
            changed.add(replica.node().equals(node) ? replica.as(kind) : replica);
        }
        return changed;
    }

    private List<String> kinds() {
        return kinds(group);
    }

    /** Each descriptor as its nodes, with the first letter of what is not a voter. */
    private static List<String> kinds(FakeGroup of) {
        List<String> lines = new ArrayList<>();
        for (RangeDescriptor descriptor : of.history) {
            List<String> words = new ArrayList<>();
            for (ReplicaInfo replica : descriptor.replicas()) {
                words.add(replica.node().value()
                        + (replica.kind() == Kind.VOTER
                                ? ""
                                : replica.kind().name().substring(0, 1)));
            }
            lines.add(String.join(" ", words));
        }
        return lines;
    }
}
