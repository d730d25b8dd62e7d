package io.flotilla.node.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Sentences about changes of membership (Raft §6; thesis chapter 4 and the correction of 2015), one test each. */
class RaftPaperMembershipTest {
    private static final String JOINT = "(3 4 5)&(1 2 3)";

    private static Lab led(String membership) {
        Lab lab = new Lab(LabSnapshot.membership(membership));
        lab.micros += 2_000_000;
        lab.elect(1);
        lab.advance(400);
        return lab;
    }

    /** A group of 1, 2 and 3, led by 1, with 4 and 5 as learners that have everything. */
    private static Lab withLearners() {
        Lab lab = led("(1 2 3)");
        join(lab, "(1 2 3) +4", 4);
        join(lab, "(1 2 3) +4 +5", 5);
        return lab;
    }

    private static void change(Lab lab, String membership) {
        assertThat(lab.change(1, membership).refusal()).isNull();
    }

    private static void join(Lab lab, String membership, int id) {
        change(lab, membership);
        lab.settle();
        lab.found(id, lab.state(1));
        lab.advance(600);
    }

    private static Membership of(String text) {
        return LabSnapshot.membership(text);
    }

    private static void cutOff(Lab lab, Integer... ids) {
        List<Integer> gone = List.of(ids);
        lab.cut = message -> gone.contains(message.from()) || gone.contains(message.to());
    }

    private static RaftMessage.VoteRequest vote(int from, int to, long term) {
        return new RaftMessage.VoteRequest(from, to, term, false, 99, 9, false);
    }

    // Which configuration counts

    @Test
    void aServerActsByTheLatestConfigurationInItsLogCommittedOrNot() {
        Lab lab = withLearners();
        cutOff(lab, 1, 2);
        change(lab, JOINT);
        assertThat(lab.core(1).membership()).isEqualTo(of(JOINT));
        assertThat(lab.status(1).commit()).isLessThan(lab.status(1).lastIndex());
    }

    @Test
    void aServerFallsBackToTheConfigurationBeforeWhenTheEntryIsRemoved() {
        Lab lab = withLearners();
        cutOff(lab, 1);
        change(lab, JOINT);
        lab.advance(3_000);
        lab.propose(lab.leader(), "a");
        lab.settle();
        lab.cut = message -> false;
        lab.advance(600);
        assertThat(lab.core(1).membership()).isEqualTo(of("(1 2 3) +4 +5"));
        assertThat(lab.appliedBy(1)).containsExactly("a");
    }

    @Test
    void aRestartedServerTakesTheConfigurationFromItsLog() {
        Lab lab = withLearners();
        cutOff(lab, 1, 2);
        change(lab, JOINT);
        lab.crash(1);
        lab.start(1);
        assertThat(lab.core(1).membership()).isEqualTo(of(JOINT));
    }

    // Joint consensus

    @Test
    void inAJointStateEntriesGoToTheServersOfBothHalves() {
        Lab lab = withLearners();
        cutOff(lab, 1, 2);
        change(lab, JOINT);
        lab.network.clear();
        lab.propose(1, "a");
        assertThat(lab.take(RaftMessage.Append.class))
                .extracting(RaftMessage.Append::to)
                .contains(2, 3, 4, 5);
    }

    @Test
    void inAJointStateNothingIsCommittedByTheOldMajorityAlone() {
        Lab lab = withLearners();
        change(lab, JOINT);
        lab.settle();
        cutOff(lab, 4, 5);
        long index = lab.propose(1, "a");
        lab.settle();
        assertThat(lab.status(1).commit()).isLessThan(index);
        cutOff(lab, 5);
        lab.advance(600);
        assertThat(lab.status(1).commit()).isGreaterThanOrEqualTo(index);
    }

    @Test
    void inAJointStateNothingIsCommittedByTheNewMajorityAlone() {
        Lab lab = withLearners();
        change(lab, JOINT);
        lab.settle();
        cutOff(lab, 2, 3);
        long index = lab.propose(1, "a");
        lab.settle();
        assertThat(lab.status(1).commit()).isLessThan(index);
    }

    @Test
    void inAJointStateAnElectionNeedsAMajorityOfEachHalf() {
        Lab lab = withLearners();
        change(lab, JOINT);
        lab.settle();
        cutOff(lab, 1, 2);
        lab.advance(5_000);
        assertThat(lab.status(3).role())
                .as("3, 4 and 5 are all of the new half, and one of three of the old")
                .isNotEqualTo(RaftStatus.Role.LEADER);
        cutOff(lab, 4, 5);
        lab.advance(5_000);
        assertThat(lab.status(1).role()).isNotEqualTo(RaftStatus.Role.LEADER);
        assertThat(lab.status(2).role()).isNotEqualTo(RaftStatus.Role.LEADER);
        assertThat(lab.status(3).role()).isNotEqualTo(RaftStatus.Role.LEADER);
        cutOff(lab, 1);
        lab.advance(5_000);
        assertThat(lab.leader()).isIn(2, 3, 4, 5);
        assertThat(lab.status(lab.leader()).quorumActive()).isTrue();
    }

    @Test
    void aServerOfEitherHalfMayLeadInAJointState() {
        for (int candidate : new int[] {2, 4}) {
            Lab lab = withLearners();
            lab.change(1, JOINT);
            lab.settle();
            lab.crash(1);
            lab.stores.resign(1);
            lab.step(candidate, new RaftEvent.Campaign());
            lab.settle();
            assertThat(lab.status(candidate).role()).isEqualTo(RaftStatus.Role.LEADER);
        }
    }

    @Test
    void theWinnerOfAnElectionGoesByTheConfigurationItHas() {
        Lab lab = withLearners();
        cutOff(lab, 1);
        change(lab, JOINT);
        lab.advance(3_000);
        // Nobody else has heard of the change: the old configuration decides, without 4 and 5.
        cutOff(lab, 1, 4, 5);
        assertThat(lab.leader()).isIn(2, 3);
        lab.propose(lab.leader(), "a");
        lab.settle();
        assertThat(lab.appliedBy(lab.leader())).containsExactly("a");
    }

    @Test
    void theNewConfigurationIsEnteredOnlyWhenTheJointOneIsCommitted() {
        Lab lab = withLearners();
        cutOff(lab, 4, 5);
        long index = lab.change(1, "(1 4 5)&(1 2 3)").proposedFrom();
        lab.settle();
        assertThat(lab.status(1).commit()).isLessThan(index);
        assertThat(lab.change(1, "(1 4 5)").refusal()).isEqualTo(new ProposalRefusal.ChangeUnderWay(index));
        lab.cut = message -> false;
        lab.advance(600);
        assertThat(lab.change(1, "(1 4 5)").refusal()).isNull();
    }

    @Test
    void onceTheNewConfigurationIsInTheLogItDecidesAlone() {
        Lab lab = withLearners();
        change(lab, "(1 4 5)&(1 2 3)");
        lab.settle();
        cutOff(lab, 2, 3);
        change(lab, "(1 4 5)");
        lab.settle();
        assertThat(lab.status(1).commit())
                .as("the entry that leaves the joint state needs the old half no more")
                .isEqualTo(lab.status(1).lastIndex());
        lab.propose(1, "a");
        lab.settle();
        assertThat(lab.appliedBy(4)).isEmpty();
        lab.advance(300);
        assertThat(lab.appliedBy(4)).containsExactly("a");
    }

    @Test
    void whoHasTheJointStateInItsLogLeavesItAfterARestart() {
        Lab lab = withLearners();
        change(lab, "(1 4 5)&(1 2 3)");
        lab.settle();
        for (int id = 1; id <= 5; id++) {
            lab.crash(id);
        }
        for (int id = 1; id <= 5; id++) {
            lab.start(id);
        }
        lab.micros += 2_000_000;
        lab.elect(1);
        lab.advance(400);
        assertThat(lab.core(1).membership()).isEqualTo(of("(1 4 5)&(1 2 3)"));
        assertThat(lab.change(1, "(1 4 5)").refusal()).isNull();
        lab.settle();
        assertThat(lab.status(1).commit()).isEqualTo(lab.status(1).lastIndex());
    }

    // One change at a time

    @Test
    void aSecondChangeWaitsUntilTheFirstIsCommitted() {
        Lab lab = led("(1 2 3)");
        cutOff(lab, 2, 3);
        long first = lab.change(1, "(1 2 3) +4").proposedFrom();
        assertThat(lab.change(1, "(1 2 3) +5").refusal()).isEqualTo(new ProposalRefusal.ChangeUnderWay(first));
        lab.cut = message -> false;
        lab.advance(600);
        assertThat(lab.change(1, "(1 2 3) +4 +5").refusal()).isNull();
    }

    @Test
    void aNewLeaderChangesNothingBeforeItHasCommittedInItsTerm() {
        Lab lab = led("(1 2 3)");
        lab.crash(1);
        lab.stores.resign(1);
        lab.cut = message -> message instanceof RaftMessage.Append;
        lab.elect(2);
        assertThat(lab.change(2, "(1 2 3) +4").refusal()).isEqualTo(new ProposalRefusal.TooEarly());
        lab.cut = message -> false;
        lab.advance(600);
        assertThat(lab.change(2, "(1 2 3) +4").refusal()).isNull();
    }

    // New servers

    @Test
    void aNewServerFirstFollowsWithoutAVote() {
        Lab lab = led("(1 2 3)");
        join(lab, "(1 2 3) +4", 4);
        cutOff(lab, 2, 3);
        long index = lab.propose(1, "a");
        lab.settle();
        assertThat(lab.log(4).lastIndex()).as("it is sent everything").isEqualTo(index);
        assertThat(lab.status(1).commit()).as("it decides nothing").isLessThan(index);
    }

    @Test
    void aNewServerThatNeverAnswersHoldsNobodyUp() {
        Lab lab = led("(1 2 3)");
        change(lab, "(1 2 3) +4");
        lab.settle();
        lab.advance(3_000);
        long index = lab.propose(1, "a");
        lab.settle();
        assertThat(lab.status(1).commit()).isEqualTo(index);
        assertThat(lab.change(1, "(1 2 3 4)&(1 2 3)").refusal())
                .as("and does not become a voter")
                .isEqualTo(new ProposalRefusal.NotCaughtUp(List.of(4)));
        assertThat(lab.change(1, "(1 2 3)").refusal()).as("but may be given up").isNull();
    }

    @Test
    void aNewServerVotesOnlyWhenItHasCaughtUp() {
        Lab lab = led("(1 2 3)");
        change(lab, "(1 2 3) +4");
        lab.settle();
        for (int i = 0; i < 300; i++) {
            lab.propose(1, "x" + i);
            lab.settle();
        }
        LabSnapshot old = lab.state(1);
        for (int i = 0; i < 300; i++) {
            lab.propose(1, "y" + i);
            lab.settle();
        }
        lab.cut = message -> message.from() == 4;
        lab.found(4, old);
        lab.advance(600);
        assertThat(lab.change(1, "(1 2 3 4)&(1 2 3)").refusal()).isEqualTo(new ProposalRefusal.NotCaughtUp(List.of(4)));
        lab.cut = message -> false;
        lab.advance(2_000);
        assertThat(lab.change(1, "(1 2 3 4)&(1 2 3)").refusal()).isNull();
    }

    @Test
    void aNewServerNeitherVotesForItselfNorCampaignsBeforeItHasAVote() {
        Lab lab = led("(1 2 3)");
        join(lab, "(1 2 3) +4", 4);
        cutOff(lab, 1, 2, 3);
        lab.advance(10_000);
        lab.step(4, new RaftEvent.Campaign());
        assertThat(lab.status(4).role()).isEqualTo(RaftStatus.Role.FOLLOWER);
        assertThat(lab.status(4).term()).isEqualTo(1);
    }

    // Who is not in the configuration

    @Test
    void aServerTakesEntriesFromALeaderThatItsConfigurationDoesNotKnow() {
        Lab lab = led("(1 2 3)");
        lab.receive(new RaftMessage.Append(9, 2, 4, 1, 1, List.of(LogEntry.empty(2, 4)), 1, 1));
        assertThat(lab.status(2).leader()).isEqualTo(9);
        assertThat(lab.log(2).lastIndex()).isEqualTo(2);
    }

    @Test
    void aServerVotesForACandidateThatItsConfigurationDoesNotKnow() {
        Lab lab = new Lab(3);
        lab.micros += 2_000_000;
        lab.receive(vote(9, 2, 4));
        assertThat(lab.take(RaftMessage.VoteReply.class).get(0).granted()).isTrue();
    }

    @Test
    void aCandidateCountsNoVoteOfAServerThatItsConfigurationDoesNotKnow() {
        Lab lab = new Lab(3);
        lab.micros += 2_000_000;
        lab.cut = message -> true;
        lab.step(1, new RaftEvent.Campaign());
        lab.receive(new RaftMessage.VoteReply(9, 1, 1, true, true, lab.now().hybrid()));
        lab.receive(new RaftMessage.VoteReply(8, 1, 1, true, true, lab.now().hybrid()));
        assertThat(lab.status(1).role()).isEqualTo(RaftStatus.Role.PRE_CANDIDATE);
    }

    /** The paper has it manage the group until the entry is committed. Here it hands over first: its lease would hang on servers it does not count. */
    @Test
    void aLeaderThatIsNotInTheNewConfigurationGivesUpLeadershipBefore() {
        Lab lab = withLearners();
        change(lab, "(2 4 5)&(1 2 3)");
        lab.settle();
        assertThat(lab.change(1, "(2 4 5)").refusal()).isEqualTo(new ProposalRefusal.LeaderLeaves());
        lab.step(1, new RaftEvent.TransferLeadership(4));
        lab.settle();
        assertThat(lab.leader()).isEqualTo(4);
        assertThat(lab.change(4, "(2 4 5)").refusal()).isNull();
        lab.settle();
        assertThat(lab.status(4).commit()).isEqualTo(lab.status(4).lastIndex());
    }

    @Test
    void aRemovedServerIsSentNothingAnyMore() {
        Lab lab = withLearners();
        change(lab, "(1 2 4)&(1 2 3) +5");
        lab.settle();
        change(lab, "(1 2 4) +5");
        lab.settle();
        lab.network.clear();
        lab.propose(1, "a");
        lab.advance(600);
        assertThat(lab.log(3).lastIndex()).isLessThan(lab.log(2).lastIndex());
    }

    @Test
    void aRemovedServerThatCampaignsMovesNobody() {
        Lab lab = withLearners();
        change(lab, "(1 2 4)&(1 2 3) +5");
        lab.settle();
        cutOff(lab, 3);
        change(lab, "(1 2 4) +5");
        lab.settle();
        lab.advance(3_000);
        lab.cut = message -> false;
        lab.advance(10_000);
        assertThat(lab.leader()).isEqualTo(1);
        assertThat(lab.status(1).term()).isEqualTo(1);
        assertThat(lab.lease(1).isHeldAt(lab.micros)).isTrue();
    }

    @Test
    void aServerThatHearsALeaderHeedsNoRequestForItsVote() {
        Lab lab = led("(1 2 3)");
        lab.receive(vote(9, 2, 7));
        assertThat(lab.take(RaftMessage.VoteReply.class).get(0).granted()).isFalse();
        assertThat(lab.status(2).term()).as("not even its term").isEqualTo(1);
        lab.receive(vote(9, 1, 7));
        assertThat(lab.status(1).role()).isEqualTo(RaftStatus.Role.LEADER);
        assertThat(lab.status(1).term()).isEqualTo(1);
    }

    @Test
    void aSingleServerGrowsIntoAGroup() {
        Lab lab = led("(1)");
        join(lab, "(1) +2", 2);
        join(lab, "(1) +2 +3", 3);
        assertThat(lab.change(1, "(1 2 3)&(1)").refusal()).isNull();
        lab.settle();
        assertThat(lab.change(1, "(1 2 3)").refusal()).isNull();
        lab.settle();
        lab.crash(1);
        lab.stores.resign(1);
        lab.advance(3_000);
        assertThat(lab.leader()).isIn(2, 3);
    }
}
