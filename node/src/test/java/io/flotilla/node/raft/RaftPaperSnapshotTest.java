package io.flotilla.node.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Sentences about compaction of the log and snapshots (Raft §7; thesis chapter 5), one test each. */
class RaftPaperSnapshotTest {
    private static LogEntry entry(long index, long term) {
        return new LogEntry(index, term, LogEntry.Kind.NORMAL, new byte[] {(byte) index, (byte) term});
    }

    /** To replica 1, from leader 2. */
    private static RaftMessage.Append append(long term, long prev, long prevTerm, long commit, LogEntry... entries) {
        return new RaftMessage.Append(2, 1, term, prev, prevTerm, List.of(entries), commit, 1);
    }

    private static LabSnapshot snapshot(long index, long term) {
        return new LabSnapshot(index, term, Membership.of(List.of(1, 2, 3)), List.of());
    }

    private static void install(Lab lab, int to, long leaderTerm, LabSnapshot state) {
        lab.step(to, new RaftEvent.SnapshotArrived(2, leaderTerm, state.index(), state.term()));
        assertThat(lab.takeInstallAsked()).isTrue();
        lab.install(to, state);
        lab.step(to, new RaftEvent.SnapshotInstalled(2, state.index(), state.term(), state.membership()));
    }

    private static RaftMessage.AppendReply answer(Lab lab) {
        List<RaftMessage.AppendReply> replies = lab.take(RaftMessage.AppendReply.class);
        assertThat(replies).hasSize(1);
        return replies.get(0);
    }

    private static Lab ledWithoutThree() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.cut = Lab.isolating(3);
        for (int i = 0; i < 10; i++) {
            lab.propose(1, "x" + i);
            lab.settle();
        }
        return lab;
    }

    @Test
    void eachServerDropsItsOwnLogWithoutAskingTheLeader() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.propose(1, "a", "b");
        lab.settle();
        lab.advance(300);
        lab.compact(2, 3);
        lab.propose(1, "c");
        lab.settle();
        lab.advance(300);
        assertThat(lab.log(2).firstIndex()).isEqualTo(4);
        assertThat(lab.log(1).firstIndex()).isEqualTo(1);
        assertThat(lab.status(2).commit()).isEqualTo(4);
        assertThat(lab.snapshotsTo).isEmpty();
    }

    @Test
    void theFirstEntryBehindASnapshotIsCheckedAgainstItsIndexAndTerm() {
        Lab lab = new Lab(3);
        install(lab, 1, 4, snapshot(8, 3));
        lab.network.clear();
        lab.receive(append(4, 8, 3, 8, entry(9, 4)));
        assertThat(answer(lab).success()).isTrue();
        lab.receive(append(4, 10, 4, 8, entry(11, 4)));
        RaftMessage.AppendReply refusal = answer(lab);
        assertThat(refusal.success()).isFalse();
        assertThat(refusal.index()).isEqualTo(10);
    }

    @Test
    void aServerThatRestartsBeginsWithItsSnapshotAndTheLogBehindIt() {
        Lab lab = new Lab(3);
        install(lab, 1, 4, snapshot(8, 3));
        lab.receive(append(4, 8, 3, 9, entry(9, 4), entry(10, 4)));
        lab.crash(1);
        lab.start(1);
        assertThat(lab.status(1).applied()).isEqualTo(8);
        assertThat(lab.status(1).lastIndex()).isEqualTo(10);
        assertThat(lab.status(1).commit()).isGreaterThanOrEqualTo(8);
    }

    @Test
    void aSnapshotHasTheConfigurationAsOfItsIndex() {
        Lab lab = new Lab(3);
        LabSnapshot state = new LabSnapshot(8, 3, LabSnapshot.membership("(1 2 4) +5"), List.of());
        install(lab, 1, 4, state);
        assertThat(lab.core(1).membership()).isEqualTo(LabSnapshot.membership("(1 2 4) +5"));
        lab.crash(1);
        lab.start(1);
        assertThat(lab.core(1).membership()).isEqualTo(LabSnapshot.membership("(1 2 4) +5"));
    }

    @Test
    void aLeaderSendsASnapshotWhenItHasDroppedWhatTheFollowerNeedsNext() {
        Lab lab = ledWithoutThree();
        lab.compact(1, 9);
        lab.cut = message -> false;
        lab.advance(600);
        assertThat(lab.snapshotsTo).containsExactly(3);
    }

    @Test
    void aLeaderSendsEntriesAsLongAsItHasThem() {
        Lab lab = ledWithoutThree();
        lab.compact(1, 1);
        lab.cut = message -> false;
        lab.advance(600);
        assertThat(lab.snapshotsTo).isEmpty();
        assertThat(lab.appliedBy(3)).hasSize(10);
    }

    @Test
    void aSnapshotAheadOfTheLogTakesThePlaceOfAllOfIt() {
        Lab lab = new Lab(3);
        lab.receive(append(2, 0, 0, 1, entry(1, 1), entry(2, 2)));
        install(lab, 1, 4, snapshot(8, 3));
        assertThat(lab.log(1).firstIndex()).isEqualTo(9);
        assertThat(lab.status(1).lastIndex()).isEqualTo(8);
        assertThat(lab.status(1).commit()).isEqualTo(8);
        assertThat(lab.status(1).applied()).isEqualTo(8);
    }

    @Test
    void entriesThatConflictWithASnapshotGoWithTheLog() {
        Lab lab = new Lab(3);
        lab.receive(append(2, 0, 0, 1, entry(1, 1), entry(2, 2), entry(3, 2), entry(4, 2), entry(5, 2)));
        install(lab, 1, 4, snapshot(3, 3));
        assertThat(lab.status(1).lastIndex()).isEqualTo(3);
        lab.network.clear();
        lab.receive(append(4, 3, 3, 4, entry(4, 4)));
        assertThat(answer(lab).success()).isTrue();
        assertThat(lab.log(1).termAt(4)).isEqualTo(4);
    }

    @Test
    void ofASnapshotOfTheLogsBeginningWhatFollowsStays() {
        Lab lab = new Lab(3);
        lab.receive(append(1, 0, 0, 0, entry(1, 1), entry(2, 1), entry(3, 1)));
        lab.step(1, new RaftEvent.SnapshotArrived(2, 1, 2, 1));
        assertThat(lab.takeInstallAsked()).isFalse();
        assertThat(lab.status(1).lastIndex()).isEqualTo(3);
        assertThat(lab.status(1).commit()).isEqualTo(2);
    }

    @Test
    void aSnapshotSentByALeaderOfThePastIsIgnored() {
        Lab lab = new Lab(3);
        lab.receive(append(5, 0, 0, 0, entry(1, 5)));
        lab.network.clear();
        lab.step(1, new RaftEvent.SnapshotArrived(3, 4, 8, 3));
        assertThat(lab.takeInstallAsked()).isFalse();
        assertThat(lab.status(1).leader()).isEqualTo(2);
        assertThat(lab.network).isEmpty();
    }

    @Test
    void aSnapshotShowsThatItsSenderLeads() {
        Lab lab = new Lab(3);
        lab.advance(950);
        lab.step(1, new RaftEvent.SnapshotArrived(2, 7, 8, 3));
        assertThat(lab.status(1).term()).isEqualTo(7);
        assertThat(lab.status(1).leader()).isEqualTo(2);
        lab.cut = message -> true;
        lab.advance(900);
        assertThat(lab.status(1).role()).isEqualTo(RaftStatus.Role.FOLLOWER);
    }

    @Test
    void aSnapshotThatIsHereAlreadyIsOnlyAcknowledged() {
        Lab lab = new Lab(3);
        install(lab, 1, 4, snapshot(8, 3));
        lab.network.clear();
        lab.step(1, new RaftEvent.SnapshotArrived(2, 4, 8, 3));
        assertThat(lab.takeInstallAsked()).isFalse();
        assertThat(answer(lab).index()).isEqualTo(8);
    }

    @Test
    void whileASnapshotIsInstalledNothingIsApplied() {
        Lab lab = new Lab(3);
        lab.receive(append(4, 0, 0, 0, entry(1, 4)));
        lab.step(1, new RaftEvent.SnapshotArrived(2, 4, 8, 3));
        assertThat(lab.takeInstallAsked()).isTrue();
        lab.receive(append(4, 1, 4, 2, entry(2, 4)));
        assertThat(lab.appliedBy(1)).isEmpty();
        assertThat(lab.status(1).applied()).isZero();
    }

    @Test
    void aSnapshotIsAcknowledgedOnlyWhenTheLogThatBeginsBehindItIsDurable() {
        Lab lab = new Lab(3);
        lab.autoPersist = false;
        LabSnapshot state = snapshot(8, 3);
        lab.step(1, new RaftEvent.SnapshotArrived(2, 4, 8, 3));
        lab.install(1, state);
        lab.step(1, new RaftEvent.SnapshotInstalled(2, 8, 3, state.membership()));
        assertThat(lab.take(RaftMessage.AppendReply.class)).isEmpty();
        lab.persist(1);
        assertThat(lab.take(RaftMessage.AppendReply.class))
                .extracting(RaftMessage.AppendReply::index)
                .contains(8L);
    }

    @Test
    void replicationGoesOnBehindTheSnapshot() {
        Lab lab = ledWithoutThree();
        lab.compact(1, 9);
        lab.cut = message -> false;
        lab.advance(600);
        LabSnapshot state = lab.state(1);
        lab.step(3, new RaftEvent.SnapshotArrived(1, 1, state.index(), state.term()));
        lab.install(3, state);
        lab.step(3, new RaftEvent.SnapshotInstalled(1, state.index(), state.term(), state.membership()));
        lab.settle();
        lab.propose(1, "after");
        lab.settle();
        lab.advance(300);
        List<String> all = new ArrayList<>(lab.appliedBy(1));
        assertThat(all).endsWith("after");
        assertThat(lab.appliedBy(3)).containsExactly("after");
        assertThat(lab.snapshotsTo).containsExactly(3);
    }

    @Test
    void aSnapshotThatGotLostIsSentAgain() {
        Lab lab = ledWithoutThree();
        lab.compact(1, 9);
        lab.cut = message -> false;
        lab.advance(600);
        lab.step(1, new RaftEvent.SnapshotSent(3, true));
        lab.advance(5_000);
        assertThat(lab.snapshotsTo).as("it never showed up").hasSizeGreaterThan(1);
    }
}
