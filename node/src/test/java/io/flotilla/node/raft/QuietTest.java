package io.flotilla.node.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Groups that have nothing to do: when they need no clock, what wakes them, and that a core may be given up and made anew. */
class QuietTest {
    private static Lab quiet() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.propose(1, "a");
        lab.settle();
        lab.advance(400);
        return lab;
    }

    @Test
    void aGroupFallsSilentOnceEverybodyHasEverything() {
        Lab lab = quiet();
        for (int id : lab.members()) {
            assertThat(lab.core(id).isQuiet(lab.now())).as("replica " + id).isTrue();
        }
        for (int i = 0; i < 100; i++) {
            lab.micros += 50_000;
            lab.stores.beat();
            for (int id : lab.members()) {
                assertThat(lab.step(id, new RaftEvent.Tick()).sendNow()).isEmpty();
            }
        }
        assertThat(lab.lease(1).isHeldAt(lab.micros)).isTrue();
        assertThat(lab.leader()).isEqualTo(1);
    }

    @Test
    void theCommitIndexReachesFollowersByOneEmptyMessageBeforeTheSilence() {
        Lab lab = quiet();
        lab.propose(1, "b");
        lab.settle();
        assertThat(lab.status(2).commit()).isEqualTo(2);
        assertThat(lab.core(1).isQuiet(lab.now())).isFalse();
        lab.advance(200);
        assertThat(lab.status(2).commit()).isEqualTo(3);
        assertThat(lab.status(3).commit()).isEqualTo(3);
        assertThat(lab.core(1).isQuiet(lab.now())).isTrue();
    }

    @Test
    void aLeaderThatIsNotSureThatAFollowerKnowsIsNotQuiet() {
        Lab lab = quiet();
        lab.cut = message -> message.from() == 2;
        lab.propose(1, "b");
        lab.settle();
        lab.cut = message -> false;
        assertThat(lab.core(1).isQuiet(lab.now())).isFalse();
    }

    @Test
    void aPeerWhoseStoreIsAwayIsNotSpokenToAndKeepsNobodyAwake() {
        Lab lab = quiet();
        lab.cut = Lab.isolating(3);
        lab.propose(1, "b");
        lab.advance(3_000);
        assertThat(lab.core(1).isQuiet(lab.now())).isTrue();
        assertThat(lab.core(1).waitsFor()).containsExactly(3);
        assertThat(lab.step(1, new RaftEvent.Tick()).sendNow()).isEmpty();
        assertThat(lab.propose(1, "c")).isPositive();
        assertThat(lab.network).allMatch(message -> message.to() == 2);
    }

    @Test
    void aPeerThatComesBackIsBroughtUpToDateAndFortifiesAnew() {
        Lab lab = quiet();
        lab.cut = Lab.isolating(3);
        lab.propose(1, "b");
        lab.advance(3_000);
        lab.cut = message -> false;
        lab.stores.beat();
        lab.step(1, new RaftEvent.Tick());
        lab.settle();
        lab.advance(400);
        assertThat(lab.appliedBy(3)).containsExactly("a", "b");
        assertThat(lab.core(1).isQuiet(lab.now())).isTrue();
        assertThat(lab.core(1).waitsFor()).isEmpty();
        assertThat(lab.core(3).isQuiet(lab.now())).isTrue();
        assertThat(lab.leader()).isEqualTo(1);
    }

    @Test
    void aPeerThatSpeaksIsSpokenToWhateverItsStoreSays() {
        Lab lab = quiet();
        lab.cut = Lab.isolating(3);
        lab.advance(3_000);
        lab.cut = message -> false;
        lab.network.clear();
        Ready ready = lab.receive(new RaftMessage.VoteRequest(3, 1, 5, true, 2, 1, false));
        assertThat(ready.sendNow()).anyMatch(message -> message instanceof RaftMessage.Append && message.to() == 3);
    }

    @Test
    void aFollowerWithoutALeaderIsNotQuiet() {
        Lab lab = quiet();
        lab.stores.resign(1);
        assertThat(lab.core(2).isQuiet(lab.now())).isFalse();
        assertThat(new Lab(3).core(1).isQuiet(lab.now())).isFalse();
    }

    @Test
    void aLeaderWithoutItsLeaseIsNotQuiet() {
        Lab lab = quiet();
        lab.stores.withdraw(2, 1);
        lab.stores.withdraw(3, 1);
        assertThat(lab.core(1).isQuiet(lab.now())).isFalse();
    }

    @Test
    void aFrozenLeaderGoesOnAsLeader() {
        Lab lab = quiet();
        Lease before = lab.lease(1);
        lab.freezeAndThaw(1);
        lab.micros += 100_000;
        lab.stores.beat();
        Lease after = lab.lease(1);
        assertThat(after.term()).isEqualTo(before.term());
        assertThat(after.start()).isEqualTo(before.start());
        assertThat(after.isHeldAt(lab.micros)).isTrue();
        assertThat(lab.core(1).isQuiet(lab.now())).isTrue();
        assertThat(lab.propose(1, "b")).isEqualTo(3);
        lab.settle();
        assertThat(lab.status(1).commit()).isEqualTo(3);
        assertThat(lab.status(1).term()).isEqualTo(1);
    }

    /** A peer that stood still has every entry, and was told of the last one's being committed when it could not be reached any more. */
    @Test
    void aFrozenLeaderRemembersWhoHasNotHeardWhatIsCommitted() {
        Lab lab = quiet();
        lab.propose(1, "b");
        lab.settle();
        lab.cut = message -> message.to() == 3;
        for (int i = 1; i <= 22; i++) {
            lab.micros += 50_000;
            lab.stores.beat(2, 1);
            lab.stores.beat(1, 2);
            if (i <= 4) {
                lab.stores.beat(3, 1);
            }
            lab.step(1, new RaftEvent.Tick());
            lab.settle();
        }
        assertThat(lab.core(1).isQuiet(lab.now())).isTrue();
        assertThat(lab.core(1).waitsFor()).containsExactly(3);
        lab.freezeAndThaw(1);
        lab.cut = message -> false;
        lab.stores.beat(3, 1);
        lab.advance(400);
        assertThat(lab.status(3).commit()).isEqualTo(lab.status(1).commit());
    }

    @Test
    void aFrozenFollowerKeepsItsWordAndWhatItHasSeen() {
        Lab lab = quiet();
        lab.freezeAndThaw(2);
        assertThat(lab.status(2).leader()).isEqualTo(1);
        assertThat(lab.core(2).isQuiet(lab.now())).isTrue();
        lab.receive(new RaftMessage.VoteRequest(3, 2, 5, false, 99, 9, false));
        assertThat(lab.take(RaftMessage.VoteReply.class)).noneMatch(RaftMessage.VoteReply::granted);
        lab.stores.resign(1);
        lab.receive(new RaftMessage.VoteRequest(3, 2, 5, false, 99, 9, false));
        RaftMessage.VoteReply reply = lab.take(RaftMessage.VoteReply.class).get(0);
        assertThat(reply.granted())
                .as("it has forgotten nothing, so it need not be silent")
                .isTrue();
        assertThat(reply.leaseSeen()).isGreaterThanOrEqualTo(lab.stores.bound(2, 1));
    }

    @Test
    void acknowledgementsFromBeforeTheFrostConfirmNoReadsAfterIt() {
        Lab lab = quiet();
        lab.freezeAndThaw(1);
        lab.step(1, new RaftEvent.ReadIndex(7));
        List<RaftMessage.Append> sent = lab.take(RaftMessage.Append.class);
        long round = sent.get(0).round();
        lab.receive(new RaftMessage.AppendReply(2, 1, 1, true, 2, 0, round - 1));
        assertThat(lab.reads).isEmpty();
        lab.receive(new RaftMessage.AppendReply(2, 1, 1, true, 2, 0, round));
        assertThat(lab.reads).hasSize(1);
    }

    /** It was away while this leader was elected and slept; the log has since forgotten its beginning. */
    @Test
    void aPeerThatAThawedLeaderNeverHeardOfIsAskedWhatItHasBeforeItIsSentASnapshot() {
        Lab lab = quiet();
        lab.cut = Lab.isolating(1);
        lab.advance(3_000);
        int leader = lab.leader();
        assertThat(leader).isNotEqualTo(1);
        lab.compact(leader, 2);
        assertThat(lab.core(leader).isQuiet(lab.now())).isTrue();
        lab.freezeAndThaw(leader);
        lab.cut = message -> false;
        lab.stores.beat();
        lab.step(leader, new RaftEvent.Tick());
        lab.advance(1_000);
        assertThat(lab.snapshotsTo).isEmpty();
        assertThat(lab.status(1).commit()).isEqualTo(lab.status(leader).lastIndex());
        assertThat(lab.core(leader).isQuiet(lab.now())).isTrue();
    }

    @Test
    void nothingIsUnderWayToTheDiskOfAQuietReplica() {
        Lab lab = quiet();
        lab.autoPersist = false;
        lab.stores.resign(1);
        lab.stores.beat();
        lab.receive(new RaftMessage.Append(1, 2, 1, 2, 1, List.of(), 2, 99));
        assertThat(lab.core(2).isQuiet(lab.now())).isFalse();
        lab.persist(2);
        assertThat(lab.core(2).isQuiet(lab.now())).isTrue();
    }
}
