package io.flotilla.node.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.time.Timestamp;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Published bugs of other implementations, one test each; the numbers are those of the project's catalogue of bug classes. */
class RaftBugClassTest {
    private static RaftMessage.VoteReply granted(int from, int to, long term) {
        return new RaftMessage.VoteReply(from, to, term, false, true, Timestamp.ZERO);
    }

    private static LogEntry entry(long index, long term) {
        return new LogEntry(index, term, LogEntry.Kind.NORMAL, new byte[] {1});
    }

    private static RaftMessage.Append append(long term, long prev, long prevTerm, long commit, LogEntry... entries) {
        return new RaftMessage.Append(2, 1, term, prev, prevTerm, List.of(entries), commit, 1);
    }

    /** A candidate in its term that has heard no answer to its real request yet. */
    private static Lab candidate(int size) {
        Lab lab = new Lab(size);
        lab.cut = message -> message instanceof RaftMessage.VoteReply reply && !reply.pre();
        lab.step(1, new RaftEvent.Campaign());
        lab.settle();
        assertThat(lab.status(1).role()).isEqualTo(RaftStatus.Role.CANDIDATE);
        return lab;
    }

    @Test
    void b01AVoteOfAnotherTermDoesNotCount() {
        Lab lab = candidate(3);
        lab.receive(granted(2, 1, 0));
        assertThat(lab.status(1).role()).isEqualTo(RaftStatus.Role.CANDIDATE);
        lab.receive(granted(2, 1, 5));
        assertThat(lab.status(1).role()).isEqualTo(RaftStatus.Role.FOLLOWER);
    }

    @Test
    void b02ARepeatedVoteCountsOnce() {
        Lab lab = candidate(5);
        lab.receive(granted(2, 1, 1));
        lab.receive(granted(2, 1, 1));
        lab.receive(granted(2, 1, 1));
        assertThat(lab.status(1).role()).isEqualTo(RaftStatus.Role.CANDIDATE);
    }

    @Test
    void b03AVoteSurvivesARestart() {
        Lab lab = new Lab(3);
        lab.receive(new RaftMessage.VoteRequest(2, 1, 3, false, 0, 0, false));
        lab.network.clear();
        lab.start(1);
        lab.micros += 5_000_000;
        lab.receive(new RaftMessage.VoteRequest(3, 1, 3, false, 0, 0, false));
        assertThat(lab.take(RaftMessage.VoteReply.class)).noneMatch(RaftMessage.VoteReply::granted);
    }

    @Test
    void b04OfTwoRequestsAtOnceOneIsGranted() {
        Lab lab = new Lab(3);
        lab.autoPersist = false;
        lab.step(
                1,
                new RaftEvent.Group(List.of(
                        new RaftEvent.Received(new RaftMessage.VoteRequest(2, 1, 1, false, 0, 0, false)),
                        new RaftEvent.Received(new RaftMessage.VoteRequest(3, 1, 1, false, 0, 0, false)))));
        assertThat(lab.network).isEmpty();
        lab.persist(1);
        assertThat(lab.take(RaftMessage.VoteReply.class).stream().filter(RaftMessage.VoteReply::granted))
                .hasSize(1);
        assertThat(lab.log(1).hardState).isEqualTo(new HardState(1, 2, 0));
    }

    @Test
    void b05SteppingDownInTheSameTermKeepsTheVote() {
        Lab lab = candidate(3);
        lab.receive(append(1, 0, 0, 0));
        assertThat(lab.status(1).role()).isEqualTo(RaftStatus.Role.FOLLOWER);
        lab.micros += 3_000_000;
        lab.network.clear();
        lab.receive(new RaftMessage.VoteRequest(3, 1, 1, false, 9, 1, false));
        assertThat(lab.take(RaftMessage.VoteReply.class)).noneMatch(RaftMessage.VoteReply::granted);
    }

    @Test
    void b07ReplicasOfSmallerAndLargerTermDoNotWaitForEachOther() {
        Lab lab = new Lab(3);
        lab.cut = Lab.isolating(3);
        // Replica 1 has the longer log and the smaller term, replica 2 the larger term.
        lab.receive(append(1, 0, 0, 0, entry(1, 1)));
        lab.receive(new RaftMessage.VoteRequest(3, 2, 9, false, 0, 0, false));
        lab.network.clear();
        lab.advance(8_000);
        assertThat(lab.leader()).isEqualTo(1);
        assertThat(lab.status(1).term()).isGreaterThan(9);
    }

    @Test
    void b09ALeaderThatComesBackIsElectedByTheOneFollowerLeft() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.cut = Lab.isolating(3);
        lab.start(1);
        lab.advance(6_000);
        assertThat(lab.leader()).isNotZero();
    }

    @Test
    void b10AnsweringAPreVoteDoesNotPutOffTheOwnCampaign() {
        Lab lab = new Lab(3);
        lab.cut = message -> true;
        for (int at = 0; at < 2_500; at += 100) {
            lab.receive(new RaftMessage.VoteRequest(2, 1, 1, true, 0, 0, false));
            lab.advance(100);
        }
        assertThat(lab.status(1).role()).isEqualTo(RaftStatus.Role.PRE_CANDIDATE);
    }

    @Test
    void b11AReplicaLeftAtAnOldTermJoinsAgain() {
        Lab lab = new Lab(3);
        lab.receive(new RaftMessage.VoteRequest(2, 1, 40, false, 0, 0, false));
        lab.network.clear();
        lab.advance(8_000);
        assertThat(lab.leader()).isNotZero();
        for (int id = 1; id <= 3; id++) {
            assertThat(lab.status(id).leader()).isEqualTo(lab.leader());
        }
    }

    @Test
    void b12AReplicaThatWasCutOffDoesNotDeposeTheLeader() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.cut = Lab.isolating(3);
        lab.advance(20_000);
        lab.cut = message -> false;
        lab.advance(3_000);
        assertThat(lab.leader()).isEqualTo(1);
        assertThat(lab.status(1).term()).isEqualTo(1);
        assertThat(lab.status(3).leader()).isEqualTo(1);
    }

    @Test
    void b13ALeaderWithoutQuorumStepsDownAndRefusesItsReads() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.cut = Lab.isolating(1);
        lab.step(1, new RaftEvent.ReadIndex(3));
        lab.settle();
        lab.advance(2_100);
        assertThat(lab.status(1).role()).isNotEqualTo(RaftStatus.Role.LEADER);
        assertThat(lab.status(1).leader()).isZero();
        assertThat(lab.reads).containsExactly(new Ready.ReadGrant(3, 0));
    }

    @Test
    void b14AReplicaThatCannotSeeTheLeaderDoesNotDisturbTheOthers() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.cut = message -> message.from() + message.to() == 1 + 3;
        lab.advance(20_000);
        assertThat(lab.leader()).isEqualTo(1);
        assertThat(lab.status(2).term()).isEqualTo(1);
    }

    @Test
    void b15ALeaderThatCanSendButNotReceiveLosesLeadership() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.cut = message -> message.to() == 1;
        lab.advance(6_000);
        assertThat(lab.leader()).isBetween(2, 3);
    }

    @Test
    void b15ALeaderThatCanReceiveButNotSendLosesLeadership() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.cut = message -> message.from() == 1;
        lab.advance(6_000);
        assertThat(lab.leader()).isBetween(2, 3);
    }

    @Test
    void b19OverlappingAndLateAppendsNeverShortenTheLog() {
        Lab lab = new Lab(3);
        lab.receive(append(1, 0, 0, 0, entry(1, 1), entry(2, 1), entry(3, 1), entry(4, 1)));
        lab.receive(append(1, 1, 1, 2, entry(2, 1)));
        lab.receive(append(1, 0, 0, 0, entry(1, 1)));
        lab.receive(append(1, 2, 1, 2, entry(3, 1), entry(4, 1), entry(5, 1)));
        assertThat(lab.status(1).lastIndex()).isEqualTo(5);
        assertThat(lab.status(1).commit()).isEqualTo(2);
    }

    @Test
    void b20AnAcknowledgementWaitsForTheDisk() {
        Lab lab = new Lab(3);
        lab.autoPersist = false;
        lab.receive(append(1, 0, 0, 0, entry(1, 1)));
        lab.receive(append(1, 1, 1, 0));
        assertThat(lab.network).isEmpty();
        lab.persist(1);
        assertThat(lab.take(RaftMessage.AppendReply.class)).hasSize(2).allMatch(reply -> reply.index() == 1);
        assertThat(lab.log(1).lastIndex()).isEqualTo(1);
    }

    @Test
    void b21ACommitIndexBeyondTheLogIsNotBelieved() {
        Lab lab = new Lab(3);
        lab.receive(append(1, 0, 0, 900));
        assertThat(lab.status(1).commit()).isZero();
    }

    @Test
    void b23ARejectedBatchIsNotSentAgainForEver() {
        Lab lab = new Lab(3);
        lab.receive(append(1, 0, 0, 0, entry(1, 1), entry(2, 1), entry(3, 1)));
        lab.network.clear();
        lab.micros += 3_000_000;
        lab.cut = message -> message.to() == 3 && message instanceof RaftMessage.Append;
        lab.elect(1);
        RaftMessage.AppendReply rejection =
                new RaftMessage.AppendReply(3, 1, lab.status(1).term(), false, 1, 0, 1);
        lab.receive(rejection);
        List<RaftMessage.Append> probes = lab.take(RaftMessage.Append.class);
        assertThat(probes).hasSize(1);
        assertThat(probes.get(0).prevIndex()).isZero();
        lab.receive(rejection);
        lab.receive(rejection);
        assertThat(lab.take(RaftMessage.Append.class)).isEmpty();
    }

    @Test
    void b24ALeaderThatNoLongerHasTheEntriesAsksForASnapshotAgainUntilOneArrives() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.cut = Lab.isolating(3);
        lab.propose(1, "a", "b", "c");
        lab.settle();
        lab.log(1).compactTo(4);
        lab.cut = message -> false;
        lab.advance(400);
        assertThat(lab.snapshotsTo).containsExactly(3);
        lab.step(1, new RaftEvent.SnapshotSent(3, false));
        lab.advance(400);
        assertThat(lab.snapshotsTo).containsExactly(3, 3);
    }

    @Test
    void b16ASnapshotWithinTheLogDropsNoAcknowledgedEntry() {
        Lab lab = new Lab(3);
        lab.receive(append(1, 0, 0, 0, entry(1, 1), entry(2, 1), entry(3, 1)));
        lab.network.clear();
        lab.step(1, new RaftEvent.SnapshotArrived(2, 1, 2, 1));
        assertThat(lab.takeInstallAsked()).isFalse();
        assertThat(lab.status(1).commit()).isEqualTo(2);
        assertThat(lab.status(1).lastIndex()).isEqualTo(3);
        // Asked for while the log was short, installed when it is no longer.
        lab.step(1, new RaftEvent.SnapshotArrived(2, 1, 5, 1));
        assertThat(lab.takeInstallAsked()).isTrue();
        lab.receive(append(1, 3, 1, 3, entry(4, 1), entry(5, 1), entry(6, 1)));
        lab.step(1, new RaftEvent.SnapshotInstalled(2, 5, 1, Membership.of(lab.voters)));
        assertThat(lab.status(1).lastIndex()).isEqualTo(6);
        assertThat(lab.status(1).applied()).isEqualTo(5);
        assertThat(lab.log(1).firstIndex()).isEqualTo(1);
    }

    @Test
    void b26AGroupOfOneAcknowledgesOnlyWhatIsDurable() {
        Lab lab = new Lab(1);
        lab.autoPersist = false;
        lab.step(1, new RaftEvent.Campaign());
        assertThat(lab.status(1).role()).isEqualTo(RaftStatus.Role.CANDIDATE);
        lab.persist(1);
        assertThat(lab.status(1).role()).isEqualTo(RaftStatus.Role.LEADER);
        lab.propose(1, "a");
        assertThat(lab.appliedBy(1)).isEmpty();
        lab.persist(1);
        assertThat(lab.appliedBy(1)).containsExactly("a");
    }

    @Test
    void b06VotesAndAppendsAreJudgedByOneTerm() {
        Lab lab = new Lab(3);
        lab.micros += 2_000_000;
        lab.receive(new RaftMessage.VoteRequest(2, 1, 7, false, 9, 9, false));
        lab.network.clear();
        lab.receive(append(6, 0, 0, 0, entry(1, 6)));
        assertThat(lab.take(RaftMessage.AppendReply.class).get(0).success()).isFalse();
        assertThat(lab.status(1).lastIndex()).isZero();
        lab.receive(append(9, 0, 0, 0, entry(1, 9)));
        lab.network.clear();
        lab.receive(new RaftMessage.VoteRequest(3, 1, 8, false, 9, 9, true));
        RaftMessage.VoteReply reply = lab.take(RaftMessage.VoteReply.class).get(0);
        assertThat(reply.granted()).isFalse();
        assertThat(reply.term()).isEqualTo(9);
    }

    @Test
    void b08AReplicaWithAHigherTermAndAShorterLogWedgesNobody() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.propose(1, "a");
        lab.settle();
        lab.cut = Lab.isolating(3);
        lab.propose(1, "b");
        lab.settle();
        lab.crash(3);
        lab.log(3).hardState = new HardState(40, 0, 0);
        lab.start(3);
        lab.crash(1);
        lab.stores.resign(1);
        lab.cut = Lab.isolating(1);
        lab.advance(6_000);
        assertThat(lab.leader()).isEqualTo(2);
        assertThat(lab.appliedBy(3)).containsExactly("a", "b");
    }

    /** The leader never goes back behind what a voter acknowledged, so one that lost it is not made a voter again. */
    @Test
    void b22AVoterThatLostItsDiskIsNotTakenBackUnderItsOldIdentity() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.propose(1, "a");
        lab.settle();
        lab.cut = Lab.isolating(3);
        for (int i = 0; i < 5; i++) {
            lab.receive(
                    new RaftMessage.AppendReply(3, 1, 1, false, 1, RaftMessage.AppendReply.NOTHING_HERE, 1_000 + i));
        }
        assertThat(lab.snapshotsTo).isEmpty();
        assertThat(lab.take(RaftMessage.Append.class)).as("nor is there a loop").isEmpty();
    }

    @Test
    void b25WhatIsUnderWayStaysAsItWasWhenTheLogChanges() {
        Lab lab = new Lab(3);
        lab.autoPersist = false;
        Ready first = lab.receive(append(1, 0, 0, 0, entry(1, 1), entry(2, 1), entry(3, 1)));
        List<LogEntry> handed = Objects.requireNonNull(first.persist()).entries();
        lab.receive(append(2, 1, 1, 0, entry(2, 2)));
        assertThat(handed).extracting(LogEntry::term).containsExactly(1L, 1L, 1L);
        lab.persist(1);
        assertThat(lab.log(1).lastIndex()).isEqualTo(2);
        assertThat(lab.log(1).termAt(2)).isEqualTo(2);
    }

    @Test
    void b39ALearnerThatWasDownAtTheElectionIsFedWhenItComesBack() {
        Lab lab = new Lab(LabSnapshot.membership("(1 2 3) +4"));
        lab.elect(1);
        lab.crash(4);
        lab.cut = Lab.isolating(4);
        lab.step(1, new RaftEvent.TransferLeadership(2));
        lab.settle();
        lab.propose(2, "a");
        lab.advance(20_000);
        lab.start(4);
        lab.cut = message -> false;
        lab.advance(600);
        assertThat(lab.appliedBy(4)).containsExactly("a");
    }

    /** The published timeline: a leader is cut from one follower, and a moment later from the other, which hears the first again. */
    @Test
    void b44APartitionThatShiftsLeavesNoMomentWithTwoLeases() {
        for (int shiftMillis = 0; shiftMillis <= 2_500; shiftMillis += 50) {
            Lab lab = new Lab(3);
            lab.elect(1);
            lab.advance(400);
            for (int step = 0; step < 6_000; step += 50) {
                boolean before = step < shiftMillis;
                lab.cut = message -> before
                        ? message.from() + message.to() == 4 && message.from() != message.to()
                        : message.from() == 1 || message.to() == 1;
                lab.advance(50);
                int holders = 0;
                for (int id = 1; id <= 3; id++) {
                    holders += lab.lease(id).isHeldAt(lab.micros) ? 1 : 0;
                }
                assertThat(holders)
                        .as("shifted at %d, after %d", shiftMillis, step)
                        .isLessThanOrEqualTo(1);
            }
            assertThat(lab.leader()).isIn(2, 3);
        }
    }
}
