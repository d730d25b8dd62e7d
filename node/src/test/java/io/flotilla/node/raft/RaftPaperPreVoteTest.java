package io.flotilla.node.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.time.Timestamp;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Sentences about asking before campaigning (thesis §9.6, §4.2.3), one test each. */
class RaftPaperPreVoteTest {
    private static RaftMessage.VoteRequest preVote(int from, int to, long term, long lastIndex, long lastTerm) {
        return new RaftMessage.VoteRequest(from, to, term, true, lastIndex, lastTerm, false);
    }

    private static RaftMessage.VoteReply would(int from, long term) {
        return new RaftMessage.VoteReply(from, 1, term, true, true, Timestamp.ZERO);
    }

    private static boolean granted(Lab lab, RaftMessage.VoteRequest request) {
        lab.network.clear();
        lab.receive(request);
        return lab.take(RaftMessage.VoteReply.class).get(0).granted();
    }

    private static Lab lonely(int size) {
        Lab lab = new Lab(size);
        lab.micros += 2_000_000;
        lab.cut = message -> true;
        lab.step(1, new RaftEvent.Campaign());
        return lab;
    }

    @Test
    void aCandidateRaisesItsTermOnlyWhenAMajorityWouldVoteForIt() {
        Lab lab = lonely(5);
        assertThat(lab.status(1).term()).isZero();
        assertThat(lab.take(RaftMessage.VoteRequest.class))
                .hasSize(4)
                .allSatisfy(request -> assertThat(request.term()).isEqualTo(1));
        lab.receive(would(2, 1));
        assertThat(lab.status(1).term()).isZero();
        lab.receive(would(2, 1));
        assertThat(lab.status(1).term()).as("one server's answer counts once").isZero();
        lab.receive(would(3, 1));
        assertThat(lab.status(1).role()).isEqualTo(RaftStatus.Role.CANDIDATE);
        assertThat(lab.status(1).term()).isEqualTo(1);
    }

    @Test
    void aServerSaysYesOnlyToALogAtLeastAsGoodAsItsOwn() {
        Lab lab = new Lab(3);
        lab.receive(new RaftMessage.Append(2, 1, 3, 0, 0, List.of(LogEntry.empty(1, 3), LogEntry.empty(2, 3)), 0, 1));
        lab.storesSpeak = false;
        lab.cut = message -> true;
        lab.advance(3_000);
        assertThat(granted(lab, preVote(3, 1, 9, 1, 3))).isFalse();
        assertThat(granted(lab, preVote(3, 1, 9, 9, 2))).isFalse();
        assertThat(granted(lab, preVote(3, 1, 9, 2, 3))).isTrue();
        assertThat(granted(lab, preVote(3, 1, 9, 1, 4))).isTrue();
    }

    @Test
    void aServerThatHearsALeaderSaysNo() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.advance(400);
        assertThat(granted(lab, preVote(3, 2, 9, 99, 9))).isFalse();
        assertThat(granted(lab, preVote(3, 1, 9, 99, 9)))
                .as("nor does the leader")
                .isFalse();
    }

    @Test
    void sayingYesBindsNobody() {
        Lab lab = new Lab(3);
        lab.micros += 2_000_000;
        assertThat(granted(lab, preVote(3, 1, 9, 0, 0))).isTrue();
        assertThat(granted(lab, preVote(2, 1, 9, 0, 0))).as("to several").isTrue();
        assertThat(lab.status(1).term()).isZero();
        assertThat(lab.log(1).hardState).isEqualTo(HardState.INITIAL);
        lab.receive(new RaftMessage.VoteRequest(2, 1, 5, false, 0, 0, false));
        assertThat(lab.take(RaftMessage.VoteReply.class).get(0).granted())
                .as("and vote for whom it likes")
                .isTrue();
    }

    @Test
    void yesIsOnlySaidToATermAboveTheOwn() {
        Lab lab = new Lab(3);
        lab.receive(new RaftMessage.Append(2, 1, 8, 0, 0, List.of(), 0, 1));
        lab.storesSpeak = false;
        lab.cut = message -> true;
        lab.advance(3_000);
        long term = lab.status(1).term();
        assertThat(granted(lab, preVote(3, 1, term, 9, 9))).isFalse();
        assertThat(granted(lab, preVote(3, 1, term + 1, 9, 9))).isTrue();
    }

    @Test
    void aNoWithAHigherTermBringsTheAskerUpToIt() {
        Lab lab = lonely(3);
        lab.receive(new RaftMessage.VoteReply(2, 1, 6, true, false, Timestamp.ZERO));
        assertThat(lab.status(1).term()).isEqualTo(6);
        assertThat(lab.status(1).role()).isEqualTo(RaftStatus.Role.FOLLOWER);
    }

    @Test
    void aYesToAnotherTermsQuestionDoesNotCount() {
        Lab lab = lonely(3);
        lab.receive(would(2, 4));
        assertThat(lab.status(1).role()).isEqualTo(RaftStatus.Role.PRE_CANDIDATE);
        assertThat(lab.status(1).term()).isZero();
    }

    @Test
    void aServerCutOffNeverRaisesItsTerm() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.advance(400);
        lab.cut = Lab.isolating(3);
        lab.advance(60_000);
        assertThat(lab.status(3).role()).isEqualTo(RaftStatus.Role.PRE_CANDIDATE);
        assertThat(lab.status(3).term()).isEqualTo(1);
    }

    @Test
    void aServerThatComesBackDisturbsNobody() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.advance(400);
        lab.cut = Lab.isolating(3);
        lab.advance(10_000);
        lab.propose(1, "a");
        lab.cut = message -> false;
        lab.advance(2_000);
        assertThat(lab.leader()).isEqualTo(1);
        assertThat(lab.status(1).term()).isEqualTo(1);
        assertThat(lab.status(3).leader()).isEqualTo(1);
        assertThat(lab.appliedBy(3)).containsExactly("a");
    }

    @Test
    void oneWhoWasAskedLetsTheAskerGoFirst() {
        Lab lab = new Lab(3);
        lab.storesSpeak = false;
        lab.cut = message -> true;
        lab.micros += 10_000_000;
        assertThat(granted(lab, preVote(3, 1, 9, 0, 0))).isTrue();
        lab.step(1, new RaftEvent.Tick());
        assertThat(lab.status(1).role()).isEqualTo(RaftStatus.Role.FOLLOWER);
        lab.micros += 400_000;
        assertThat(granted(lab, preVote(3, 1, 9, 0, 0))).isTrue();
        lab.step(1, new RaftEvent.Tick());
        assertThat(lab.status(1).role()).as("once").isEqualTo(RaftStatus.Role.PRE_CANDIDATE);
    }

    @Test
    void ofTwoThatAskAtOnceOneGivesWay() {
        Lab lab = new Lab(3);
        lab.micros += 2_000_000;
        lab.cut = message -> message.from() == 3 || message.to() == 3;
        lab.step(2, new RaftEvent.Campaign());
        lab.step(1, new RaftEvent.Campaign());
        lab.settle();
        assertThat(lab.leader()).isEqualTo(1);
        assertThat(lab.status(1).term()).as("nobody split the votes").isEqualTo(1);
    }

    @Test
    void ofTwoThatAskAtOnceTheOneWithTheBetterLogGoesOn() {
        Lab lab = lonely(3);
        assertThat(granted(lab, preVote(2, 1, 1, 7, 1))).isTrue();
        assertThat(lab.status(1).role()).isEqualTo(RaftStatus.Role.FOLLOWER);
        lab.micros += 400_000;
        lab.step(1, new RaftEvent.Tick());
        assertThat(lab.status(1).role())
                .as("soon after, if nothing came of it")
                .isEqualTo(RaftStatus.Role.PRE_CANDIDATE);
    }

    @Test
    void inAJointStateBothHalvesAreAsked() {
        Lab lab = new Lab(LabSnapshot.membership("(1 4 5)&(1 2 3)"));
        lab.micros += 2_000_000;
        lab.cut = message -> true;
        lab.step(1, new RaftEvent.Campaign());
        assertThat(lab.take(RaftMessage.VoteRequest.class))
                .extracting(RaftMessage.VoteRequest::to)
                .containsExactlyInAnyOrder(2, 3, 4, 5);
        lab.receive(would(2, 1));
        lab.receive(would(3, 1));
        assertThat(lab.status(1).role()).isEqualTo(RaftStatus.Role.PRE_CANDIDATE);
        lab.receive(would(4, 1));
        assertThat(lab.status(1).role()).isEqualTo(RaftStatus.Role.CANDIDATE);
    }
}
