package io.flotilla.node.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Sentences about reads that go around the log (Raft §8; thesis §6.2 and §6.4), one test each. */
class RaftPaperReadTest {
    private static Lab led() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.propose(1, "a");
        lab.settle();
        lab.advance(400);
        lab.network.clear();
        return lab;
    }

    private static Ready.ReadGrant grant(long request, long index) {
        return new Ready.ReadGrant(request, index);
    }

    @Test
    void aReadWaitsUntilTheLeaderHasCommittedAnEntryOfItsTerm() {
        Lab lab = new Lab(3);
        lab.cut = message -> message instanceof RaftMessage.AppendReply;
        lab.elect(1);
        lab.step(1, new RaftEvent.ReadIndex(7));
        lab.settle();
        assertThat(lab.reads).isEmpty();
        lab.cut = message -> false;
        lab.advance(600);
        assertThat(lab.reads).containsExactly(grant(7, 1));
    }

    @Test
    void theReadIndexIsTheCommitIndexWhenTheReadCameIn() {
        Lab lab = led();
        lab.step(1, new RaftEvent.ReadIndex(7));
        lab.propose(1, "later");
        lab.settle();
        assertThat(lab.reads).containsExactly(grant(7, 2));
    }

    @Test
    void aReadWaitsForAnAnswerOfAMajority() {
        Lab lab = new Lab(5);
        lab.elect(1);
        lab.advance(400);
        lab.network.clear();
        lab.step(1, new RaftEvent.ReadIndex(7));
        RaftMessage.Append beat = lab.take(RaftMessage.Append.class).get(0);
        lab.receive(new RaftMessage.AppendReply(2, 1, 1, true, 1, 0, beat.round()));
        assertThat(lab.reads).isEmpty();
        lab.receive(new RaftMessage.AppendReply(2, 1, 1, true, 1, 0, beat.round()));
        assertThat(lab.reads).as("two answers of one server are one").isEmpty();
        lab.receive(new RaftMessage.AppendReply(3, 1, 1, true, 1, 0, beat.round()));
        assertThat(lab.reads).containsExactly(grant(7, 1));
    }

    @Test
    void anAnswerToWhatWasSentBeforeTheReadCameInConfirmsNothing() {
        Lab lab = led();
        lab.step(1, new RaftEvent.ReadIndex(7));
        long round = lab.take(RaftMessage.Append.class).get(0).round();
        lab.step(1, new RaftEvent.ReadIndex(8));
        lab.network.clear();
        lab.receive(new RaftMessage.AppendReply(2, 1, 1, true, 2, 0, round - 1));
        assertThat(lab.reads).isEmpty();
        lab.receive(new RaftMessage.AppendReply(2, 1, 1, true, 2, 0, round));
        assertThat(lab.reads).containsExactly(grant(7, 2));
    }

    @Test
    void aRefusalOfEntriesConfirmsLeadershipTooForItIsOfTheSameTerm() {
        Lab lab = led();
        lab.step(1, new RaftEvent.ReadIndex(7));
        long round = lab.take(RaftMessage.Append.class).get(0).round();
        lab.receive(new RaftMessage.AppendReply(2, 1, 1, false, 2, 1, round));
        assertThat(lab.reads).containsExactly(grant(7, 2));
    }

    @Test
    void severalReadsShareOneRound() {
        Lab lab = led();
        lab.step(
                1,
                new RaftEvent.Group(
                        List.of(new RaftEvent.ReadIndex(7), new RaftEvent.ReadIndex(8), new RaftEvent.ReadIndex(9))));
        assertThat(lab.network).hasSize(2);
        lab.settle();
        assertThat(lab.reads).containsExactly(grant(7, 2), grant(8, 2), grant(9, 2));
    }

    @Test
    void aLeaderThatIsDeposedMeanwhileAnswersNoRead() {
        Lab lab = led();
        lab.cut = Lab.isolating(1);
        lab.step(1, new RaftEvent.ReadIndex(7));
        lab.settle();
        lab.receive(new RaftMessage.Append(3, 1, 5, 2, 1, List.of(), 2, 1));
        assertThat(lab.reads).containsExactly(grant(7, 0));
    }

    @Test
    void aLeaderCutOffFromAMajorityAnswersNoReadAndStepsDown() {
        Lab lab = led();
        lab.cut = Lab.isolating(1);
        lab.step(1, new RaftEvent.ReadIndex(7));
        lab.advance(3_000);
        assertThat(lab.reads).containsExactly(grant(7, 0));
        assertThat(lab.status(1).role()).isNotEqualTo(RaftStatus.Role.LEADER);
    }

    @Test
    void inAJointStateAReadNeedsAMajorityOfEachHalf() {
        Lab lab = new Lab(LabSnapshot.membership("(1 4 5)&(1 2 3)"));
        lab.elect(1);
        lab.advance(400);
        lab.cut = message -> message.from() == 4 || message.from() == 5;
        lab.step(1, new RaftEvent.ReadIndex(7));
        lab.settle();
        assertThat(lab.reads).isEmpty();
        lab.cut = message -> false;
        lab.advance(300);
        assertThat(lab.reads).hasSize(1);
    }

    @Test
    void aGroupOfOneConfirmsItself() {
        Lab lab = new Lab(1);
        lab.elect(1);
        lab.step(1, new RaftEvent.ReadIndex(7));
        assertThat(lab.reads).containsExactly(grant(7, 1));
    }

    // §6.4.1: leases, here on the strength of stores

    @Test
    void aLeaseIsReckonedFromWhenItWasAskedForNotFromTheAnswer() {
        Lab lab = led();
        long asked = lab.micros;
        lab.storesSpeak = false;
        lab.advance(700);
        assertThat(lab.lease(1).untilMicros()).isLessThanOrEqualTo(asked + 800_000);
        assertThat(lab.lease(1).isHeldAt(lab.micros)).isTrue();
        lab.advance(150);
        assertThat(lab.lease(1).isHeldAt(lab.micros)).isFalse();
    }

    @Test
    void aLeaseEndsBeforeAnyVoterMayVoteForAnother() {
        Lab lab = led();
        lab.storesSpeak = false;
        lab.cut = Lab.isolating(1);
        while (lab.lease(1).isHeldAt(lab.micros)) {
            lab.receive(new RaftMessage.VoteRequest(3, 2, 9, false, 99, 9, false));
            assertThat(lab.take(RaftMessage.VoteReply.class)).isNotEmpty().noneMatch(RaftMessage.VoteReply::granted);
            lab.advance(50);
        }
    }

    @Test
    void aNewLeadersLeaseBeginsAboveWhatTheOldOneMayHaveServed() {
        Lab lab = led();
        Lease old = lab.lease(1);
        lab.storesSpeak = false;
        lab.cut = Lab.isolating(1);
        lab.advance(1_500);
        lab.storesSpeak = true;
        lab.advance(3_000);
        assertThat(lab.leader()).isIn(2, 3);
        assertThat(lab.lease(lab.leader()).start()).isGreaterThanOrEqualTo(old.bound());
    }
}
