package io.flotilla.node.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.time.Timestamp;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Leases (thesis §6.4.1), transfer of leadership (§3.10) and what a replica owes after a restart. */
class LeaseTest {
    @Test
    void aLeaseCountsFromTheSendingOfTheAcknowledgedMessage() {
        Lab lab = new Lab(3);
        lab.elect(1);
        long sent = lab.micros;
        lab.step(1, new RaftEvent.ReadIndex(1));
        lab.micros += 150_000;
        lab.settle();
        assertThat(lab.core(1).lease().untilMicros()).isEqualTo(sent + 800_000);
    }

    @Test
    void noLeaseIsHeldBeforeAnEntryOfTheOwnTermIsApplied() {
        Lab lab = new Lab(3);
        lab.cut = message -> message instanceof RaftMessage.AppendReply;
        lab.step(1, new RaftEvent.Campaign());
        lab.settle();
        // Both follow, neither has the entry.
        lab.receive(new RaftMessage.AppendReply(2, 1, 1, false, 1, 0, 1));
        lab.receive(new RaftMessage.AppendReply(3, 1, 1, false, 1, 0, 1));
        assertThat(lab.status(1).role()).isEqualTo(RaftStatus.Role.LEADER);
        assertThat(lab.core(1).lease()).isEqualTo(Lease.NONE);
        lab.cut = message -> false;
        lab.advance(400);
        assertThat(lab.core(1).lease().isHeldAt(lab.micros)).isTrue();
    }

    @Test
    void aLeaseRunsOutWithoutAQuorum() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.cut = Lab.isolating(1);
        lab.advance(850);
        assertThat(lab.core(1).lease().isHeldAt(lab.micros)).isFalse();
    }

    @Test
    void aSuccessorsLeaseStartsAboveWhatTheVotersHaveSeen() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.advance(1_000);
        Timestamp bound = lab.core(1).lease().bound();
        lab.cut = Lab.isolating(1);
        lab.advance(6_000);
        Lease lease = lab.core(lab.leader()).lease();
        assertThat(lease.term()).isGreaterThan(1);
        assertThat(lease.start()).isGreaterThanOrEqualTo(bound);
    }

    @Test
    void noVoteIsGivenWhileALeaderMayRelyOnSilence() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.micros += 900_000;
        lab.receive(new RaftMessage.VoteRequest(3, 2, 5, false, 99, 9, false));
        assertThat(lab.take(RaftMessage.VoteReply.class)).noneMatch(RaftMessage.VoteReply::granted);
        assertThat(lab.status(2).term()).isEqualTo(1);
        lab.step(2, new RaftEvent.Campaign());
        assertThat(lab.status(2).role()).isEqualTo(RaftStatus.Role.FOLLOWER);
    }

    @Test
    void aRestartedReplicaIsSilentForAnElectionTimeoutAndThenAssumesTheWorst() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.start(2);
        lab.micros += 900_000;
        lab.receive(new RaftMessage.VoteRequest(3, 2, 5, false, 99, 9, false));
        assertThat(lab.take(RaftMessage.VoteReply.class)).noneMatch(RaftMessage.VoteReply::granted);
        lab.micros += 200_000;
        lab.receive(new RaftMessage.VoteRequest(3, 2, 5, false, 99, 9, false));
        RaftMessage.VoteReply reply = lab.take(RaftMessage.VoteReply.class).get(0);
        assertThat(reply.granted()).isTrue();
        assertThat(reply.leaseSeen()).isEqualTo(lab.now().hybrid().plusMicros(Lab.OFFSET_MICROS));
    }

    @Test
    void aSplitsRightSideVotesAtFirstOnlyWhereTheLeftSidesLeaseholderAsks() {
        MemoryLog log = new MemoryLog();
        HardState found = new HardState(5, 0, 10);
        log.persist(new Ready.Persist(found, List.of(), new Ready.LogReset(10, 5)));
        Now now = new Now(0, Timestamp.ofMicros(Timestamp.EPOCH_MICROS + 1));
        RaftConfig config = new RaftConfig(1, List.of(1, 2, 3), Lab.SETTINGS, 1, 0);
        RaftCore core = new RaftCore(config, found, log, 10, now);
        Ready ready = core.step(now, new RaftEvent.Received(new RaftMessage.VoteRequest(2, 1, 6, false, 10, 5, false)));
        assertThat(((RaftMessage.VoteReply) ready.sendAfterPersist().get(0)).granted())
                .isFalse();
        RaftCore again = new RaftCore(config, found, log, 10, now);
        ready = again.step(now, new RaftEvent.Received(new RaftMessage.VoteRequest(2, 1, 6, false, 10, 5, true)));
        assertThat(((RaftMessage.VoteReply) ready.sendAfterPersist().get(0)).granted())
                .isTrue();
    }

    @Test
    void leadershipIsHandedOverWithoutAnElectionTimeout() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.propose(1, "a");
        lab.settle();
        lab.step(1, new RaftEvent.TransferLeadership(3));
        assertThat(lab.core(1).lease()).isEqualTo(Lease.NONE);
        assertThat(lab.propose(1, "refused")).isZero();
        lab.settle();
        assertThat(lab.leader()).isEqualTo(3);
        lab.micros += 1_000;
        lab.step(3, new RaftEvent.Tick());
        Lease lease = lab.core(3).lease();
        assertThat(lease.isHeldAt(lab.micros)).isTrue();
        assertThat(lease.start()).isLessThan(lab.now().hybrid());
    }

    @Test
    void aTransferWaitsUntilTheTargetHasEverything() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.cut = Lab.isolating(3);
        lab.propose(1, "a");
        lab.settle();
        lab.step(1, new RaftEvent.TransferLeadership(3));
        assertThat(lab.take(RaftMessage.TimeoutNow.class)).isEmpty();
        assertThat(lab.propose(1, "refused")).isZero();
        lab.cut = message -> false;
        lab.advance(600);
        assertThat(lab.leader()).isEqualTo(3);
    }

    @Test
    void aTransferThatCannotBeginIsGivenUp() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.cut = Lab.isolating(3);
        lab.propose(1, "a");
        lab.settle();
        lab.step(1, new RaftEvent.TransferLeadership(3));
        lab.advance(1_100);
        assertThat(lab.status(1).role()).isEqualTo(RaftStatus.Role.LEADER);
        assertThat(lab.core(1).lease().isHeldAt(lab.micros)).isTrue();
        assertThat(lab.propose(1, "b")).isPositive();
    }

    @Test
    void aLeaderWhoseTimeoutNowCameToNothingStepsDown() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.cut = message -> message instanceof RaftMessage.TimeoutNow;
        lab.step(1, new RaftEvent.TransferLeadership(3));
        lab.settle();
        lab.advance(950);
        assertThat(lab.status(1).role()).isEqualTo(RaftStatus.Role.LEADER);
        assertThat(lab.core(1).lease()).isEqualTo(Lease.NONE);
        lab.advance(100);
        assertThat(lab.status(1).role()).isEqualTo(RaftStatus.Role.FOLLOWER);
        assertThat(lab.status(1).term()).isEqualTo(1);
    }

    @Test
    void anAnswerToAnOldTermsMessageExtendsNoLease() {
        Lab lab = new Lab(3);
        lab.elect(1);
        // Replica 2 has moved on to term 4; a message of term 1 reaches it late.
        RaftMessage.Append late = new RaftMessage.Append(
                1, 2, 1, 1, 1, List.of(), 1, 777, lab.now().hybrid());
        lab.receive(new RaftMessage.Append(3, 2, 4, 0, 0, List.of(), 0, 1, Timestamp.ZERO));
        lab.network.clear();
        lab.receive(late);
        RaftMessage.AppendReply reply = lab.take(RaftMessage.AppendReply.class).get(0);
        assertThat(reply.term()).isEqualTo(4);
        assertThat(reply.round()).isZero();
    }

    @Test
    void proposalsOfOneGroupAreAcceptedOrRefusedTogether() {
        Lab lab = new Lab(3);
        lab.elect(1);
        RaftEvent propose = new RaftEvent.Propose(List.of(new byte[] {1}));
        Ready ready = lab.step(
                1,
                new RaftEvent.Group(List.of(
                        propose,
                        new RaftEvent.Received(new RaftMessage.AppendReply(2, 1, 9, false, 0, 0, 0)),
                        propose)));
        assertThat(ready.proposedFrom()).isZero();
        assertThat(lab.status(1).lastIndex()).isEqualTo(1);
    }
}
