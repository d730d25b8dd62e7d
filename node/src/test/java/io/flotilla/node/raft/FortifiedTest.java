package io.flotilla.node.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.time.Timestamp;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Followers that have fortified their leader: whom they refuse and whom not, until when they wait, and what ends the waiting early. */
class FortifiedTest {
    private static RaftMessage.VoteRequest vote(int from, int to, long term) {
        return new RaftMessage.VoteRequest(from, to, term, false, 99, 9, false);
    }

    private static RaftMessage.VoteRequest preVote(int from, int to, long term) {
        return new RaftMessage.VoteRequest(from, to, term, true, 99, 9, false);
    }

    private static Lab led() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.advance(400);
        lab.network.clear();
        return lab;
    }

    private static boolean grants(Lab lab, RaftMessage.VoteRequest request) {
        lab.network.clear();
        lab.receive(request);
        return lab.take(RaftMessage.VoteReply.class).stream().anyMatch(RaftMessage.VoteReply::granted);
    }

    @Test
    void neitherVoteNorPreVoteIsGivenToOthers() {
        Lab lab = led();
        assertThat(grants(lab, preVote(3, 2, 5))).isFalse();
        assertThat(grants(lab, vote(3, 2, 5))).isFalse();
        assertThat(lab.status(2).term()).isEqualTo(1);
        lab.step(2, new RaftEvent.Campaign());
        assertThat(lab.status(2).role()).isEqualTo(RaftStatus.Role.FOLLOWER);
    }

    @Test
    void aFollowersClockStandsStillAsLongAsTheLeadersStoreIsSupported() {
        Lab lab = led();
        lab.cut = message -> true;
        for (int i = 0; i < 20; i++) {
            lab.micros += 900_000;
            lab.stores.beat(2, 1);
            lab.step(2, new RaftEvent.Tick());
        }
        assertThat(lab.status(2).role()).isEqualTo(RaftStatus.Role.FOLLOWER);
        assertThat(lab.status(2).leader()).isEqualTo(1);
    }

    @Test
    void aHigherTermInAnAnswerDoesNotMoveWhoWaitsForALeader() {
        Lab lab = led();
        lab.receive(new RaftMessage.VoteReply(3, 2, 7, false, false, Timestamp.ZERO));
        lab.receive(new RaftMessage.AppendReply(3, 2, 7, false, 0, 0, 0));
        assertThat(lab.status(2).term()).isEqualTo(1);
    }

    @Test
    void whenSupportEndsTheFollowersCampaignAtOnce() {
        Lab lab = led();
        lab.cut = Lab.isolating(1);
        lab.storesSpeak = false;
        lab.stores.resign(1);
        long since = lab.micros;
        while (lab.leader() == 1 && lab.micros < since + 5_000_000) {
            lab.advance(50);
        }
        assertThat(lab.micros - since).isLessThanOrEqualTo(250_000);
        assertThat(lab.leader()).isIn(2, 3);
    }

    @Test
    void theFormerLeaderItselfMayHaveTheVote() {
        Lab lab = led();
        assertThat(grants(lab, preVote(1, 2, 2))).isTrue();
        assertThat(grants(lab, vote(1, 2, 2))).isTrue();
    }

    @Test
    void anOldRequestOfTheLeaderEndsNothing() {
        Lab lab = led();
        lab.receive(preVote(1, 2, 1));
        assertThat(grants(lab, vote(3, 2, 5))).isFalse();
    }

    @Test
    void whoIsSentByTheLeaderGetsTheVote() {
        Lab lab = led();
        assertThat(grants(lab, new RaftMessage.VoteRequest(3, 2, 2, false, 99, 9, true)))
                .isTrue();
    }

    @Test
    void aLeaderThatStepsDownLetsItsFollowersGoAndTellsUpToWhereItServed() {
        Lab lab = led();
        Timestamp bound = lab.stores.bound(2, 1);
        lab.receive(new RaftMessage.AppendReply(3, 1, 2, false, 0, 0, 0));
        Timestamp served = lab.now().hybrid();
        List<RaftMessage.Defortify> words = lab.take(RaftMessage.Defortify.class);
        assertThat(words).extracting(RaftMessage.Defortify::to).containsExactly(2, 3);
        words.forEach(lab::receive);
        lab.receive(vote(3, 2, 5));
        RaftMessage.VoteReply reply = lab.take(RaftMessage.VoteReply.class).get(0);
        assertThat(reply.granted()).isTrue();
        assertThat(reply.leaseSeen()).isEqualTo(served).isLessThan(bound);
    }

    @Test
    void wordOfAnEarlierTermEndsNothing() {
        Lab lab = led();
        lab.receive(new RaftMessage.Defortify(1, 2, 0, Timestamp.ZERO));
        lab.receive(new RaftMessage.Defortify(3, 2, 7, Timestamp.ZERO));
        assertThat(grants(lab, vote(3, 2, 5))).isFalse();
    }

    @Test
    void aFollowerAskedForItsVoteAsksWhetherItShouldStillWait() {
        Lab lab = led();
        // The leader has stepped down, and nobody has heard of it.
        lab.receive(new RaftMessage.AppendReply(3, 1, 2, false, 0, 0, 0));
        lab.network.clear();
        lab.receive(preVote(3, 2, 3));
        RaftMessage.AskDefortify question =
                lab.take(RaftMessage.AskDefortify.class).get(0);
        assertThat(question.to()).isEqualTo(1);
        lab.receive(question);
        lab.receive(lab.take(RaftMessage.Defortify.class).get(0));
        assertThat(grants(lab, vote(3, 2, 3))).isTrue();
    }

    @Test
    void aLeaderAskedWhetherItLeadsSaysNothingThatEndsItsLease() {
        Lab lab = led();
        lab.receive(new RaftMessage.AskDefortify(2, 1, 1));
        assertThat(lab.take(RaftMessage.Defortify.class)).isEmpty();
    }

    @Test
    void aLeaderAskedWhetherItLeadsSaysWhatIsCommitted() {
        Lab lab = led();
        lab.network.clear();
        lab.receive(new RaftMessage.AskDefortify(2, 1, 1));
        assertThat(lab.take(RaftMessage.Append.class))
                .singleElement()
                .matches(append ->
                        append.to() == 2 && append.commit() == lab.status(1).commit());
    }

    /** Found by the simulator (seed 5001465): others had drawn the clock of its earlier life ahead of the one it has now. */
    @Test
    void oneThatWasStartedAgainDoesNotSayThatItServedNothingAboveItsClock() {
        Lab lab = led();
        Timestamp served = lab.now().hybrid().plusMicros(Lab.OFFSET_MICROS);
        lab.crash(1);
        lab.start(1);
        lab.network.clear();
        lab.receive(new RaftMessage.AskDefortify(2, 1, 1));
        assertThat(lab.take(RaftMessage.Defortify.class))
                .singleElement()
                .matches(word -> !served.isAfter(word.servedUpTo()));
    }

    @Test
    void aCandidateDoesNotForswearTheTermItMayYetLead() {
        Lab lab = new Lab(3);
        lab.step(1, new RaftEvent.Campaign());
        lab.receive(new RaftMessage.VoteReply(2, 1, 1, true, true, Timestamp.ZERO));
        assertThat(lab.status(1).role()).isEqualTo(RaftStatus.Role.CANDIDATE);
        lab.receive(new RaftMessage.AskDefortify(2, 1, 0));
        assertThat(lab.take(RaftMessage.Defortify.class))
                .singleElement()
                .extracting(RaftMessage.Defortify::term)
                .isEqualTo(0L);
    }

    @Test
    void theLeaderOfALaterTermIsFollowedAtOnce() {
        Lab lab = led();
        Timestamp bound = lab.stores.bound(2, 1);
        lab.receive(new RaftMessage.Append(3, 2, 4, 0, 0, List.of(), 0, 1));
        assertThat(lab.status(2).leader()).isEqualTo(3);
        assertThat(lab.log(2).hardState.leader()).isEqualTo(3);
        lab.stores.resign(3);
        lab.receive(vote(1, 2, 5));
        RaftMessage.VoteReply reply = lab.take(RaftMessage.VoteReply.class).get(0);
        assertThat(reply.leaseSeen())
                .as("what the first one may have served is not forgotten")
                .isGreaterThanOrEqualTo(bound);
    }

    @Test
    void aLeaderWhoseStoreIsNotSupportedKeepsNobodyFromLookingForABetterOne() {
        Lab lab = led();
        lab.stores.resign(1);
        lab.storesSpeak = false;
        // It goes on sending, and is heard.
        lab.advance(300);
        lab.stores.beat(2, 3);
        lab.stores.beat(3, 2);
        lab.advance(300);
        assertThat(lab.leader()).isIn(2, 3);
    }

    @Test
    void aRefusalIsAskedAgainForTheOthersMayNoticeLater() {
        Lab lab = led();
        lab.storesSpeak = false;
        lab.cut = Lab.isolating(1);
        lab.stores.withdraw(2, 1);
        lab.advance(200);
        assertThat(lab.status(2).role()).isEqualTo(RaftStatus.Role.PRE_CANDIDATE);
        lab.stores.withdraw(3, 1);
        lab.stores.beat(3, 2);
        // Replica 3 notices at its next tick; nobody waits for an election timeout.
        lab.advance(250);
        assertThat(lab.leader()).isIn(2, 3);
    }
}
