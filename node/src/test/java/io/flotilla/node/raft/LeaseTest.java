package io.flotilla.node.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.time.Timestamp;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Leases on fortified followers, transfer of leadership (thesis §3.10) and what a replica owes after a restart. */
class LeaseTest {
    @Test
    void aLeaseLastsAsLongAsTheStoresOfAQuorumOfFortifiedVotersSupportTheLeaders() {
        Lab lab = new Lab(3);
        lab.elect(1);
        assertThat(lab.lease(1).untilMicros()).isEqualTo(lab.micros + 800_000);
        long beat = lab.micros;
        lab.micros += 300_000;
        assertThat(lab.lease(1).untilMicros()).isEqualTo(beat + 800_000);
        lab.stores.beat();
        assertThat(lab.lease(1).untilMicros()).isEqualTo(lab.micros + 800_000);
        lab.stores.withdraw(2, 1);
        assertThat(lab.lease(1).isHeldAt(lab.micros)).as("two of three").isTrue();
        lab.stores.withdraw(3, 1);
        assertThat(lab.lease(1)).isEqualTo(Lease.NONE);
    }

    @Test
    void supportOfAStoreWhoseReplicaHasNotFortifiedTheLeaderIsWorthNothing() {
        Lab lab = new Lab(3);
        lab.cut = message -> message instanceof RaftMessage.AppendReply;
        lab.step(1, new RaftEvent.Campaign());
        lab.settle();
        for (int follower : List.of(2, 3)) {
            lab.receive(new RaftMessage.AppendReply(follower, 1, 1, true, 1, 0, 1));
        }
        lab.step(1, new RaftEvent.Tick());
        assertThat(lab.status(1).applied()).isEqualTo(1);
        assertThat(lab.lease(1)).isEqualTo(Lease.NONE);
        long epoch = lab.stores.epoch(2, 1);
        lab.receive(new RaftMessage.AppendReply(2, 1, 1, true, 1, 0, 1, epoch - 1));
        assertThat(lab.lease(1)).as("an epoch of the past").isEqualTo(Lease.NONE);
        lab.receive(new RaftMessage.AppendReply(2, 1, 1, true, 1, 0, 1, epoch));
        assertThat(lab.lease(1).isHeldAt(lab.micros)).isTrue();
    }

    @Test
    void noLeaseIsHeldBeforeAnEntryOfTheOwnTermIsApplied() {
        Lab lab = new Lab(3);
        lab.cut = message -> message instanceof RaftMessage.AppendReply;
        lab.step(1, new RaftEvent.Campaign());
        lab.settle();
        // Both follow, neither has the entry.
        lab.receive(new RaftMessage.AppendReply(2, 1, 1, false, 1, 0, 1, lab.stores.epoch(2, 1)));
        lab.receive(new RaftMessage.AppendReply(3, 1, 1, false, 1, 0, 1, lab.stores.epoch(3, 1)));
        assertThat(lab.status(1).role()).isEqualTo(RaftStatus.Role.LEADER);
        assertThat(lab.lease(1)).isEqualTo(Lease.NONE);
        lab.cut = message -> false;
        lab.advance(400);
        assertThat(lab.lease(1).isHeldAt(lab.micros)).isTrue();
    }

    @Test
    void aFollowerFortifiesDurablyBeforeItSaysSo() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.advance(400);
        lab.stores.resign(1);
        lab.stores.beat();
        lab.autoPersist = false;
        lab.step(1, new RaftEvent.ReadIndex(1));
        lab.settle();
        assertThat(lab.lease(1)).as("nothing is durable yet").isEqualTo(Lease.NONE);
        assertThat(lab.log(2).hardState.leaderEpoch()).isNotEqualTo(lab.stores.epoch(2, 1));
        lab.persist(2);
        assertThat(lab.log(2).hardState.leader()).isEqualTo(1);
        assertThat(lab.log(2).hardState.leaderEpoch()).isEqualTo(lab.stores.epoch(2, 1));
        lab.settle();
        assertThat(lab.lease(1).isHeldAt(lab.micros)).isTrue();
    }

    @Test
    void aLeaderIsFortifiedOncePerTermAndEpochNotWithEachMessage() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.advance(400);
        Ready ready = lab.receive(new RaftMessage.Append(1, 2, 1, 1, 1, List.of(), 1, 99));
        assertThat(ready.persist()).isNull();
        assertThat(ready.sendAfterPersist())
                .singleElement()
                .isInstanceOfSatisfying(
                        RaftMessage.AppendReply.class,
                        reply -> assertThat(reply.fortifiedEpoch()).isEqualTo(lab.stores.epoch(2, 1)));
    }

    @Test
    void aLeaseRunsOutWithoutAQuorum() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.cut = Lab.isolating(1);
        lab.advance(850);
        assertThat(lab.lease(1).isHeldAt(lab.micros)).isFalse();
    }

    @Test
    void whoHasResignedHoldsNoLease() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.stores.resign(1);
        assertThat(lab.lease(1)).isEqualTo(Lease.NONE);
    }

    @Test
    void theBoundIsWhatTheStoresOfAQuorumHaveAcknowledged() {
        Lab lab = new Lab(3);
        lab.elect(1);
        Timestamp bound = lab.stores.bound(2, 1);
        lab.micros += 100_000;
        assertThat(lab.lease(1).bound()).isEqualTo(bound);
        lab.stores.beat();
        assertThat(lab.lease(1).bound()).isEqualTo(bound.plusMicros(100_000));
    }

    @Test
    void aSuccessorsLeaseStartsAboveWhatTheVotersStoresHaveHeard() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.advance(1_000);
        Timestamp bound = lab.lease(1).bound();
        lab.cut = Lab.isolating(1);
        lab.advance(6_000);
        Lease lease = lab.lease(lab.leader());
        assertThat(lease.term()).isGreaterThan(1);
        assertThat(lease.start()).isGreaterThanOrEqualTo(bound);
    }

    /** B41, B45: the lease is reckoned on the monotonic clock, whatever the wall clock does. */
    @Test
    void aJumpOfTheWallClockLengthensNoLease() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.advance(400);
        long until = lab.lease(1).untilMicros();
        for (long jump : new long[] {-3_600_000_000L, 3_600_000_000L}) {
            Now jumped = new Now(lab.micros, lab.now().hybrid().plusMicros(jump));
            assertThat(lab.core(1).lease(jumped).untilMicros()).isIn(until, Lease.NONE.untilMicros());
            Now later = new Now(until + 1, lab.now().hybrid().plusMicros(jump));
            assertThat(lab.core(1).lease(later)).isEqualTo(Lease.NONE);
        }
    }

    @Test
    void aGroupOfOneNeedsNobodysSupport() {
        Lab lab = new Lab(1);
        lab.elect(1);
        lab.micros += 5_000_000;
        assertThat(lab.lease(1).untilMicros()).isEqualTo(lab.micros + 800_000);
    }

    /** Else the new half could elect a leader whose lease begins below what was served on the strength of the old one. */
    @Test
    void aJointStateIsLeftOnlyWhenBothHalvesKnowHowFarLeasesReached() {
        Lab lab = new Lab(LabSnapshot.membership("(1 2 3) +4 +5"));
        lab.elect(1);
        lab.advance(400);
        lab.storesSpeak = false;
        lab.micros += 50_000;
        assertThat(lab.change(1, "(1 4 5)&(1 2 3)").refusal()).isNull();
        lab.settle();
        assertThat(lab.change(1, "(1 4 5)").refusal()).isEqualTo(new ProposalRefusal.TooEarly());
        for (int old : new int[] {2, 3}) {
            lab.stores.beat(old, 1);
        }
        assertThat(lab.change(1, "(1 4 5)").refusal()).isEqualTo(new ProposalRefusal.TooEarly());
        lab.storesSpeak = true;
        lab.advance(300);
        assertThat(lab.change(1, "(1 4 5)").refusal()).isNull();
    }

    @Test
    void aRestartedReplicaIsSilentForAnElectionTimeoutAndAssumesTheWorst() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.start(2);
        Timestamp restarted = lab.now().hybrid();
        lab.stores.resign(1);
        lab.micros += 900_000;
        lab.receive(new RaftMessage.VoteRequest(3, 2, 5, false, 99, 9, false));
        assertThat(lab.take(RaftMessage.VoteReply.class)).noneMatch(RaftMessage.VoteReply::granted);
        lab.micros += 200_000;
        lab.receive(new RaftMessage.VoteRequest(3, 2, 5, false, 99, 9, false));
        RaftMessage.VoteReply reply = lab.take(RaftMessage.VoteReply.class).get(0);
        assertThat(reply.granted()).isTrue();
        assertThat(reply.leaseSeen()).isEqualTo(restarted.plusMicros(Lab.OFFSET_MICROS + 800_000));
    }

    @Test
    void aRestartedReplicaStillKeepsItsWord() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.start(2);
        lab.micros += 1_100_000;
        lab.stores.beat();
        long epoch = lab.log(2).hardState.leaderEpoch();
        assertThat(epoch).isPositive();
        // Support that ran out and was renewed at another epoch is another promise.
        lab.receive(new RaftMessage.VoteRequest(3, 2, 5, false, 99, 9, false));
        assertThat(lab.take(RaftMessage.VoteReply.class)).anyMatch(RaftMessage.VoteReply::granted);

        Lab again = new Lab(3);
        again.elect(1);
        again.start(2);
        for (int i = 0; i < 3; i++) {
            again.micros += 500_000;
            again.stores.beat();
        }
        again.receive(new RaftMessage.VoteRequest(3, 2, 5, false, 99, 9, false));
        assertThat(again.take(RaftMessage.VoteReply.class)).noneMatch(RaftMessage.VoteReply::granted);
        assertThat(again.status(2).leader())
                .as("and knows whom to send clients to")
                .isEqualTo(1);
    }

    @Test
    void aSplitsRightSideVotesAtFirstOnlyWhereTheLeftSidesLeaseholderAsks() {
        MemoryLog log = new MemoryLog();
        HardState found = new HardState(5, 0, 10);
        log.persist(new Ready.Persist(found, List.of(), new Ready.LogReset(10, 5)));
        Now now = new Now(0, Timestamp.ofMicros(Timestamp.EPOCH_MICROS + 1));
        RaftConfig config = new RaftConfig(1, List.of(1, 2, 3), Lab.SETTINGS, 1, new Trust(Support.NONE, now, 0));
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
        assertThat(lab.lease(1)).isEqualTo(Lease.NONE);
        assertThat(lab.propose(1, "refused")).isZero();
        lab.settle();
        assertThat(lab.leader()).isEqualTo(3);
        lab.micros += 1_000;
        Lease lease = lab.lease(3);
        assertThat(lease.isHeldAt(lab.micros)).isTrue();
        assertThat(lease.start()).isLessThan(lab.now().hybrid());
    }

    /** Else, were the successor's replica to start anew, the two would wait for each other, and nobody lead. */
    @Test
    void aSuccessorWaitsForItsPredecessorNoLonger() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.step(1, new RaftEvent.TransferLeadership(3));
        lab.settle();
        assertThat(lab.leader()).isEqualTo(3);
        lab.crash(3);
        assertThat(lab.log(3).hardState.leader()).isZero();
        lab.start(3);
        lab.advance(3_000);
        assertThat(lab.leader()).isPositive();
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
        assertThat(lab.lease(1).isHeldAt(lab.micros)).isTrue();
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
        assertThat(lab.lease(1)).isEqualTo(Lease.NONE);
        lab.advance(50);
        assertThat(lab.status(1).role()).isEqualTo(RaftStatus.Role.FOLLOWER);
        assertThat(lab.status(1).term()).isEqualTo(1);
        lab.advance(300);
        assertThat(lab.leader())
                .as("its followers were told, and wait no longer")
                .isIn(2, 3);
    }

    @Test
    void anAnswerToAnOldTermsMessageFortifiesNobody() {
        Lab lab = new Lab(3);
        lab.elect(1);
        // Replica 2 has moved on to term 4; a message of term 1 reaches it late.
        RaftMessage.Append late = new RaftMessage.Append(1, 2, 1, 1, 1, List.of(), 1, 777);
        lab.receive(new RaftMessage.Append(3, 2, 4, 0, 0, List.of(), 0, 1));
        lab.network.clear();
        lab.receive(late);
        RaftMessage.AppendReply reply = lab.take(RaftMessage.AppendReply.class).get(0);
        assertThat(reply.term()).isEqualTo(4);
        assertThat(reply.round()).isZero();
        assertThat(reply.fortifiedEpoch()).isEqualTo(Support.NO_EPOCH);
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
