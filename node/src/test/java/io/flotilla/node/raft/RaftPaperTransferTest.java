package io.flotilla.node.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Sentences about handing leadership over (thesis §3.10), one test each. */
class RaftPaperTransferTest {
    private static Lab led() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.advance(400);
        return lab;
    }

    @Test
    void theLeaderTakesNoProposalsWhileItHandsOver() {
        Lab lab = led();
        lab.cut = Lab.isolating(3);
        lab.propose(1, "a");
        lab.settle();
        lab.step(1, new RaftEvent.TransferLeadership(3));
        Ready ready = lab.step(1, new RaftEvent.Propose(List.of(new byte[1])));
        assertThat(ready.refusal()).isEqualTo(new ProposalRefusal.HandingOver());
    }

    @Test
    void theTargetIsFirstBroughtUpToTheLeadersLog() {
        Lab lab = led();
        lab.cut = Lab.isolating(3);
        lab.propose(1, "a");
        lab.settle();
        lab.step(1, new RaftEvent.TransferLeadership(3));
        assertThat(lab.take(RaftMessage.TimeoutNow.class)).isEmpty();
        lab.cut = message -> message.to() == 3 && message instanceof RaftMessage.TimeoutNow;
        lab.advance(300);
        assertThat(lab.log(3).lastIndex()).isEqualTo(lab.log(1).lastIndex());
    }

    @Test
    void theTargetCampaignsAtOnceInANewTermAndWithoutAPreVote() {
        Lab lab = led();
        lab.step(1, new RaftEvent.TransferLeadership(3));
        RaftMessage.TimeoutNow word = lab.take(RaftMessage.TimeoutNow.class).get(0);
        assertThat(word.to()).isEqualTo(3);
        lab.receive(word);
        List<RaftMessage.VoteRequest> requests = lab.take(RaftMessage.VoteRequest.class);
        assertThat(requests).hasSize(2).allSatisfy(request -> {
            assertThat(request.pre()).isFalse();
            assertThat(request.term()).isEqualTo(2);
            assertThat(request.transfer()).isTrue();
        });
    }

    @Test
    void theFormerLeaderStepsDownWhenItHearsOfTheNewTerm() {
        Lab lab = led();
        lab.step(1, new RaftEvent.TransferLeadership(3));
        lab.settle();
        assertThat(lab.status(1).role()).isEqualTo(RaftStatus.Role.FOLLOWER);
        assertThat(lab.status(1).leader()).isEqualTo(3);
        assertThat(lab.status(1).term()).isEqualTo(2);
    }

    @Test
    void votersThatHearALeaderVoteForTheOneItChose() {
        Lab lab = led();
        RaftMessage.VoteRequest own = new RaftMessage.VoteRequest(3, 2, 2, false, 9, 1, false);
        lab.receive(own);
        assertThat(lab.take(RaftMessage.VoteReply.class).get(0).granted()).isFalse();
        lab.receive(new RaftMessage.VoteRequest(3, 2, 2, false, 9, 1, true));
        assertThat(lab.take(RaftMessage.VoteReply.class).get(0).granted()).isTrue();
    }

    @Test
    void theChosenOneIsNotVotedForIfItsLogIsBehind() {
        Lab lab = led();
        lab.receive(new RaftMessage.VoteRequest(3, 2, 2, false, 0, 0, true));
        assertThat(lab.take(RaftMessage.VoteReply.class).get(0).granted()).isFalse();
    }

    @Test
    void aTargetThatDoesNotAnswerIsGivenUpAfterAnElectionTimeoutAndProposalsAreTakenAgain() {
        Lab lab = led();
        lab.cut = Lab.isolating(3);
        lab.propose(1, "a");
        lab.settle();
        lab.step(1, new RaftEvent.TransferLeadership(3));
        lab.advance(900);
        assertThat(lab.propose(1, "b")).isZero();
        lab.advance(200);
        assertThat(lab.propose(1, "b")).isPositive();
    }

    @Test
    void aWordOfAnEarlierTermMovesNobody() {
        Lab lab = led();
        lab.receive(new RaftMessage.Append(2, 3, 5, 1, 1, List.of(), 1, 1));
        lab.receive(new RaftMessage.TimeoutNow(1, 3, 1, lab.now().hybrid()));
        assertThat(lab.status(3).role()).isEqualTo(RaftStatus.Role.FOLLOWER);
        assertThat(lab.status(3).term()).isEqualTo(5);
    }

    @Test
    void leadershipIsHandedToNobodyWhoCannotHoldIt() {
        Lab lab = new Lab(LabSnapshot.membership("(1 2 3w) +4"));
        lab.elect(1);
        lab.advance(400);
        for (int unfit : new int[] {1, 3, 4, 9}) {
            lab.step(1, new RaftEvent.TransferLeadership(unfit));
            assertThat(lab.take(RaftMessage.TimeoutNow.class)).isEmpty();
            assertThat(lab.propose(1, "goes on")).isPositive();
            lab.settle();
        }
    }

    @Test
    void leadershipIsHandedToNobodyWhoLacksMuch() {
        Lab lab = led();
        lab.cut = Lab.isolating(3);
        for (int i = 0; i < 200; i++) {
            lab.propose(1, "x" + i);
            lab.settle();
        }
        lab.step(1, new RaftEvent.TransferLeadership(3));
        assertThat(lab.propose(1, "goes on")).isPositive();
    }

    @Test
    void theLeaseIsOverBeforeTheTargetIsTold() {
        Lab lab = led();
        assertThat(lab.lease(1).isHeldAt(lab.micros)).isTrue();
        lab.step(1, new RaftEvent.TransferLeadership(3));
        assertThat(lab.lease(1)).isEqualTo(Lease.NONE);
        RaftMessage.TimeoutNow word = lab.take(RaftMessage.TimeoutNow.class).get(0);
        assertThat(word.servedUpTo()).isGreaterThanOrEqualTo(lab.now().hybrid());
    }
}
