package io.flotilla.node.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.config.lang.Invariant;
import io.flotilla.config.time.Timestamp;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Sentences of the Raft paper (Ongaro and Ousterhout 2014), one test each. */
class RaftPaperTest {
    private static final Timestamp NO_LEASE = Timestamp.ZERO;

    private static RaftMessage.VoteRequest vote(int from, int to, long term, long lastIndex, long lastTerm) {
        return new RaftMessage.VoteRequest(from, to, term, false, lastIndex, lastTerm, false);
    }

    private static RaftMessage.Append append(
            int from, int to, long term, long prev, long prevTerm, long commit, LogEntry... entries) {
        return new RaftMessage.Append(from, to, term, prev, prevTerm, List.of(entries), commit, 1);
    }

    private static LogEntry entry(long index, long term) {
        return new LogEntry(index, term, LogEntry.Kind.NORMAL, new byte[] {(byte) index, (byte) term});
    }

    private static <M extends RaftMessage> M only(Lab lab, Class<M> type) {
        List<M> messages = lab.take(type);
        assertThat(messages).hasSize(1);
        return messages.get(0);
    }

    @Test
    void aGroupElectsAndReplicates() {
        Lab lab = new Lab(3);
        lab.elect(1);
        assertThat(lab.propose(1, "a", "b")).isEqualTo(2);
        lab.settle();
        lab.advance(250);
        for (int id = 1; id <= 3; id++) {
            assertThat(lab.appliedBy(id)).containsExactly("a", "b");
            assertThat(lab.status(id).leader()).isEqualTo(1);
        }
    }

    // §5.1

    @Test
    void aServerWithAStaleTermUpdatesItToTheLargerValue() {
        Lab lab = new Lab(3);
        lab.receive(append(2, 1, 7, 0, 0, 0));
        assertThat(lab.status(1).term()).isEqualTo(7);
        assertThat(lab.log(1).hardState.term()).isEqualTo(7);
    }

    @Test
    void aLeaderThatDiscoversALargerTermRevertsToFollower() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.receive(new RaftMessage.AppendReply(2, 1, 9, false, 1, 0, 0));
        assertThat(lab.status(1).role()).isEqualTo(RaftStatus.Role.FOLLOWER);
        assertThat(lab.status(1).term()).isEqualTo(9);
    }

    @Test
    void aCandidateThatDiscoversALargerTermRevertsToFollower() {
        Lab lab = new Lab(3);
        lab.cut = message -> message instanceof RaftMessage.VoteReply reply && !reply.pre();
        lab.step(1, new RaftEvent.Campaign());
        lab.settle();
        assertThat(lab.status(1).role()).isEqualTo(RaftStatus.Role.CANDIDATE);
        lab.receive(new RaftMessage.VoteReply(2, 1, 5, false, false, NO_LEASE));
        assertThat(lab.status(1).role()).isEqualTo(RaftStatus.Role.FOLLOWER);
        assertThat(lab.status(1).term()).isEqualTo(5);
    }

    @Test
    void aRequestWithAStaleTermIsRejected() {
        Lab lab = new Lab(3);
        lab.receive(append(2, 1, 7, 0, 0, 0));
        lab.network.clear();
        lab.receive(append(3, 1, 6, 0, 0, 0, entry(1, 6)));
        RaftMessage.AppendReply reply = only(lab, RaftMessage.AppendReply.class);
        assertThat(reply.success()).isFalse();
        assertThat(reply.term()).isEqualTo(7);
        assertThat(lab.status(1).lastIndex()).isZero();
    }

    // §5.2

    @Test
    void serversStartAsFollowers() {
        assertThat(new Lab(3).status(2).role()).isEqualTo(RaftStatus.Role.FOLLOWER);
    }

    @Test
    void aFollowerThatHearsFromALeaderDoesNotCampaign() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.advance(20_000);
        assertThat(lab.status(1).term()).isEqualTo(1);
        assertThat(lab.leader()).isEqualTo(1);
    }

    @Test
    void aFollowerThatHearsNothingCampaigns() {
        Lab lab = new Lab(3);
        lab.cut = message -> true;
        lab.advance(2_100);
        assertThat(lab.status(1).role()).isEqualTo(RaftStatus.Role.PRE_CANDIDATE);
    }

    @Test
    void aServerVotesForAtMostOneCandidateInATerm() {
        Lab lab = new Lab(3);
        lab.receive(vote(2, 1, 1, 0, 0));
        assertThat(only(lab, RaftMessage.VoteReply.class).granted()).isTrue();
        lab.receive(vote(3, 1, 1, 0, 0));
        assertThat(only(lab, RaftMessage.VoteReply.class).granted()).isFalse();
        lab.receive(vote(2, 1, 1, 0, 0));
        assertThat(only(lab, RaftMessage.VoteReply.class).granted()).isTrue();
    }

    @Test
    void aCandidateWinsOnlyWithAMajorityOfTheFullGroup() {
        Lab lab = new Lab(5);
        lab.cut = message -> message instanceof RaftMessage.VoteReply reply && !reply.pre();
        lab.step(1, new RaftEvent.Campaign());
        lab.settle();
        lab.receive(new RaftMessage.VoteReply(2, 1, 1, false, true, NO_LEASE));
        assertThat(lab.status(1).role()).isEqualTo(RaftStatus.Role.CANDIDATE);
        lab.receive(new RaftMessage.VoteReply(3, 1, 1, false, true, NO_LEASE));
        assertThat(lab.status(1).role()).isEqualTo(RaftStatus.Role.LEADER);
    }

    @Test
    void aNewLeaderSendsHeartbeatsAtOnce() {
        Lab lab = new Lab(3);
        lab.cut = message -> message instanceof RaftMessage.VoteReply reply && !reply.pre();
        lab.step(1, new RaftEvent.Campaign());
        lab.settle();
        lab.receive(new RaftMessage.VoteReply(2, 1, 1, false, true, NO_LEASE));
        assertThat(lab.take(RaftMessage.Append.class))
                .extracting(RaftMessage.Append::to)
                .containsExactly(2, 3);
    }

    @Test
    void aCandidateThatHearsFromALeaderOfItsTermBecomesFollower() {
        Lab lab = new Lab(3);
        lab.cut = message -> message instanceof RaftMessage.VoteReply reply && !reply.pre();
        lab.step(1, new RaftEvent.Campaign());
        lab.settle();
        lab.receive(append(2, 1, 1, 0, 0, 0));
        assertThat(lab.status(1).role()).isEqualTo(RaftStatus.Role.FOLLOWER);
        assertThat(lab.status(1).leader()).isEqualTo(2);
    }

    @Test
    void aCandidateThatNeitherWinsNorLosesTriesAgain() {
        Lab lab = new Lab(3);
        lab.cut = message -> message instanceof RaftMessage.VoteReply reply && !reply.pre();
        lab.step(1, new RaftEvent.Campaign());
        lab.settle();
        lab.advance(6_000);
        assertThat(lab.leader()).isZero();
        assertThat(lab.status(1).term()).isGreaterThan(1);
        lab.cut = message -> false;
        lab.advance(4_000);
        assertThat(lab.leader()).isNotZero();
    }

    @Test
    void electionTimeoutsDiffer() {
        Lab lab = new Lab(5);
        lab.cut = message -> true;
        int campaigning = 0;
        for (int at = 0; at < 1_500; at += 50) {
            lab.advance(50);
        }
        for (int id = 1; id <= 5; id++) {
            campaigning += lab.status(id).role() == RaftStatus.Role.PRE_CANDIDATE ? 1 : 0;
        }
        assertThat(campaigning).isBetween(1, 4);
    }

    // §5.3

    @Test
    void aLeaderSendsToItsPeersInParallelWithItsOwnDisk() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.autoPersist = false;
        lab.propose(1, "a");
        assertThat(lab.take(RaftMessage.Append.class)).hasSize(2);
        assertThat(lab.log(1).lastIndex()).isEqualTo(1);
    }

    @Test
    void anEntryIsCommittedOnceAMajorityHasIt() {
        Lab lab = new Lab(5);
        lab.elect(1);
        lab.cut = message -> message.to() > 2;
        lab.propose(1, "a");
        lab.settle();
        assertThat(lab.appliedBy(1)).isEmpty();
        lab.cut = message -> message.to() > 3;
        lab.advance(250);
        assertThat(lab.appliedBy(1)).containsExactly("a");
    }

    @Test
    void aLeaderCountsItselfOnlyForWhatIsOnItsDisk() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.cut = Lab.isolating(3);
        lab.autoPersist = false;
        lab.propose(1, "a");
        lab.autoPersist = true;
        for (RaftMessage message : List.copyOf(lab.take(RaftMessage.Append.class))) {
            if (message.to() == 2) {
                lab.receive(message);
            }
        }
        RaftMessage.AppendReply reply = only(lab, RaftMessage.AppendReply.class);
        lab.autoPersist = false;
        lab.receive(reply);
        assertThat(lab.status(1).commit()).isEqualTo(1);
        lab.persist(1);
        assertThat(lab.status(1).commit()).isEqualTo(2);
    }

    @Test
    void followersLearnTheCommitIndexFromTheLeader() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.propose(1, "a");
        lab.settle();
        lab.advance(200);
        assertThat(lab.status(2).commit()).isEqualTo(2);
    }

    @Test
    void aFollowersCommitIndexStaysWithinWhatMatched() {
        Lab lab = new Lab(3);
        lab.receive(append(2, 1, 1, 0, 0, 0, entry(1, 1), entry(2, 1)));
        lab.receive(append(3, 1, 2, 1, 1, 2));
        assertThat(lab.status(1).commit()).isEqualTo(1);
    }

    @Test
    void aFollowerRefusesEntriesWhosePredecessorItLacks() {
        Lab lab = new Lab(3);
        lab.receive(append(2, 1, 1, 4, 1, 0, entry(5, 1)));
        RaftMessage.AppendReply reply = only(lab, RaftMessage.AppendReply.class);
        assertThat(reply.success()).isFalse();
        assertThat(reply.index()).isEqualTo(1);
        assertThat(lab.status(1).lastIndex()).isZero();
    }

    @Test
    void conflictingEntriesAreReplacedByTheLeaders() {
        Lab lab = new Lab(3);
        lab.receive(append(2, 1, 1, 0, 0, 0, entry(1, 1), entry(2, 1), entry(3, 1)));
        lab.receive(append(3, 1, 2, 1, 1, 0, entry(2, 2)));
        assertThat(lab.status(1).lastIndex()).isEqualTo(2);
        assertThat(lab.log(1).termAt(2)).isEqualTo(2);
    }

    @Test
    void aWholeTermIsSkippedByOneRejection() {
        Lab lab = new Lab(3);
        LogEntry[] stale = new LogEntry[50];
        for (int i = 0; i < stale.length; i++) {
            stale[i] = entry(i + 1, 2);
        }
        lab.receive(append(2, 1, 2, 0, 0, 0, stale));
        lab.network.clear();
        lab.receive(append(3, 1, 5, 40, 1, 0));
        RaftMessage.AppendReply reply = only(lab, RaftMessage.AppendReply.class);
        assertThat(reply.index()).isEqualTo(1);
    }

    @Test
    void aFollowerWithADifferentLogIsBroughtInLine() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.cut = Lab.isolating(1);
        for (int i = 0; i < 20; i++) {
            lab.propose(1, "lost" + i);
        }
        lab.settle();
        lab.advance(4_000);
        int leader = lab.leader();
        assertThat(leader).isNotEqualTo(1);
        for (int i = 0; i < 20; i++) {
            lab.propose(leader, "kept" + i);
            lab.settle();
        }
        lab.cut = message -> false;
        lab.advance(2_000);
        assertThat(lab.appliedBy(1)).hasSize(20).allMatch(each -> each.startsWith("kept"));
    }

    @Test
    void aRepeatedAppendChangesNothing() {
        Lab lab = new Lab(3);
        RaftMessage.Append first = append(2, 1, 1, 0, 0, 0, entry(1, 1));
        lab.receive(first);
        lab.receive(append(2, 1, 1, 1, 1, 0, entry(2, 1), entry(3, 1)));
        lab.receive(first);
        assertThat(lab.status(1).lastIndex()).isEqualTo(3);
    }

    // §5.4

    @Test
    void aVoterDeniesItsVoteIfItsOwnLogIsMoreUpToDate() {
        Lab lab = new Lab(3);
        lab.receive(append(2, 1, 2, 0, 0, 0, entry(1, 1), entry(2, 2)));
        lab.stores.resign(2);
        lab.network.clear();
        lab.receive(vote(3, 1, 10, 5, 1));
        assertThat(only(lab, RaftMessage.VoteReply.class).granted()).isFalse();
        lab.receive(vote(3, 1, 11, 1, 2));
        assertThat(only(lab, RaftMessage.VoteReply.class).granted()).isFalse();
        lab.receive(vote(3, 1, 12, 2, 2));
        assertThat(only(lab, RaftMessage.VoteReply.class).granted()).isTrue();
    }

    @Test
    void entriesOfEarlierTermsAreNotCommittedByCounting() {
        Lab lab = new Lab(3);
        lab.receive(append(2, 1, 1, 0, 0, 0, entry(1, 1), entry(2, 1)));
        lab.network.clear();
        lab.cut = message -> message instanceof RaftMessage.VoteReply reply && !reply.pre() || message.to() == 3;
        lab.micros += 2_000_000;
        lab.step(1, new RaftEvent.Campaign());
        lab.settle();
        lab.receive(new RaftMessage.VoteReply(3, 1, 2, false, true, NO_LEASE));
        assertThat(lab.status(1).role()).isEqualTo(RaftStatus.Role.LEADER);
        lab.network.clear();
        lab.receive(new RaftMessage.AppendReply(2, 1, 2, true, 2, 0, 1));
        assertThat(lab.status(1).commit()).isZero();
        lab.receive(new RaftMessage.AppendReply(2, 1, 2, true, 3, 0, 1));
        assertThat(lab.status(1).commit()).isEqualTo(3);
    }

    @Test
    void aCommittedEntryIsNeverOverwritten() {
        Lab lab = new Lab(3);
        lab.receive(append(2, 1, 1, 0, 0, 2, entry(1, 1), entry(2, 1)));
        assertThatThrownBy(() -> lab.receive(append(3, 1, 2, 1, 1, 2, entry(2, 2), entry(3, 2))))
                .isInstanceOf(Invariant.Violation.class);
    }

    // §5.5, §8, §7

    @Test
    void aRestartedServerKeepsItsTermVoteAndLog() {
        Lab lab = new Lab(3);
        lab.receive(append(2, 1, 1, 0, 0, 0, entry(1, 1)));
        lab.micros += 2_000_000;
        lab.receive(vote(3, 1, 4, 1, 1));
        lab.network.clear();
        lab.start(1);
        assertThat(lab.status(1).term()).isEqualTo(4);
        assertThat(lab.status(1).lastIndex()).isEqualTo(1);
        lab.micros += 2_000_000;
        lab.receive(vote(2, 1, 4, 9, 3));
        assertThat(only(lab, RaftMessage.VoteReply.class).granted()).isFalse();
    }

    @Test
    void aNewLeaderCommitsAnEmptyEntryOfItsTerm() {
        Lab lab = new Lab(3);
        lab.elect(1);
        assertThat(lab.status(1).commit()).isEqualTo(1);
        assertThat(lab.applied(1).get(0).kind()).isEqualTo(LogEntry.Kind.EMPTY);
    }

    @Test
    void aReadIndexIsConfirmedByARoundOfHeartbeats() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.propose(1, "a");
        lab.settle();
        lab.step(1, new RaftEvent.ReadIndex(77));
        assertThat(lab.reads).isEmpty();
        lab.settle();
        assertThat(lab.reads).containsExactly(new Ready.ReadGrant(77, 2));
    }

    @Test
    void aReadIndexIsRefusedByWhoDoesNotLead() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.step(2, new RaftEvent.ReadIndex(5));
        assertThat(lab.reads).containsExactly(new Ready.ReadGrant(5, 0));
    }

    @Test
    void aFollowerFarBehindIsSentASnapshot() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.cut = Lab.isolating(3);
        for (int i = 0; i < 10; i++) {
            lab.propose(1, "x" + i);
            lab.settle();
        }
        lab.log(1).compactTo(9);
        lab.cut = message -> false;
        lab.advance(600);
        assertThat(lab.snapshotsTo).containsExactly(3);
        lab.step(3, new RaftEvent.SnapshotArrived(1, lab.status(1).term(), 11, 1));
        assertThat(lab.takeInstallAsked()).isTrue();
        lab.step(3, new RaftEvent.SnapshotInstalled(1, 11, 1, Membership.of(lab.voters)));
        lab.settle();
        assertThat(lab.log(3).firstIndex()).isEqualTo(12);
        lab.propose(1, "after");
        lab.settle();
        lab.advance(250);
        assertThat(lab.appliedBy(3)).containsExactly("after");
    }
}
