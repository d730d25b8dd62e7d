package io.flotilla.node.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A leader and a peer that refuses what it is sent do not answer each other as fast as they can. */
class PaceTest {
    private static final long NOTHING_HERE = RaftMessage.AppendReply.NOTHING_HERE;

    /** What replica 1 says to {@code to} when that refuses the last message it got. */
    private static List<RaftMessage.Append> refuse(Lab lab, int to, long index, long conflictTerm) {
        lab.network.clear();
        lab.receive(new RaftMessage.AppendReply(to, 1, lab.status(1).term(), false, index, conflictTerm, 1_000));
        List<RaftMessage.Append> answer = new ArrayList<>();
        for (RaftMessage message : lab.network) {
            if (message instanceof RaftMessage.Append append && append.to() == to) {
                answer.add(append);
            }
        }
        return answer;
    }

    @Test
    void aReplicaThatIsNotThereYetIsAskedAgainOnlyWhenAHeartbeatIsDue() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.cut = Lab.isolating(1);
        lab.change(1, "(1 2 3) +4");
        assertThat(refuse(lab, 4, 1, NOTHING_HERE)).isEmpty();
        assertThat(refuse(lab, 4, 1, NOTHING_HERE)).isEmpty();
        assertThat(lab.snapshotsTo)
                .as("the change is not committed: no snapshot would know replica 4")
                .isEmpty();
        lab.cut = message -> false;
        lab.advance(400);
        refuse(lab, 4, 1, NOTHING_HERE);
        assertThat(lab.snapshotsTo).containsExactly(4);
        assertThat(refuse(lab, 4, 1, NOTHING_HERE)).as("it is on its way").isEmpty();
    }

    /** The leader's log begins behind 3; the peer has entries of another term there, so where they may meet is only a guess. */
    @Test
    void aRefusalWhileASnapshotIsOnItsWayAsksForNoOther() {
        Lab lab = new Lab(3);
        MemoryLog log = lab.log(1);
        lab.crash(1);
        log.persist(new Ready.Persist(
                new HardState(6, 0, 3),
                List.of(new LogEntry(4, 2, LogEntry.Kind.NORMAL, new byte[0])),
                new Ready.LogReset(3, 2)));
        lab.start(1);
        lab.micros += 2_000_000;
        lab.cut = Lab.isolating(3);
        lab.elect(1);
        refuse(lab, 3, 4, 1);
        assertThat(lab.snapshotsTo).containsOnlyOnce(3);
        for (int i = 0; i < 5; i++) {
            assertThat(refuse(lab, 3, 5, 3)).isEmpty();
        }
        assertThat(lab.snapshotsTo).containsOnlyOnce(3);
    }

    @Test
    void aPeerThatTurnsOutToMatchNeedsTheSnapshotNoLonger() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.propose(1, "a", "b", "c");
        lab.settle();
        lab.cut = Lab.isolating(3);
        lab.propose(1, "d", "e");
        lab.settle();
        lab.compact(1, 2);
        lab.crash(1);
        lab.start(1);
        lab.micros += 2_000_000;
        lab.elect(1);
        refuse(lab, 3, 2, 1);
        assertThat(lab.snapshotsTo).containsExactly(3);
        List<RaftMessage.Append> probe = refuse(lab, 3, 5, 1);
        assertThat(probe).hasSize(1);
        assertThat(probe.get(0).prevIndex()).isEqualTo(4);
        assertThat(probe.get(0).entries()).hasSize(3);
    }

    @Test
    void anOldAnswerDoesNotHaveTheWholeWindowSentAgain() {
        Progress peer = new Progress(2, false, 11, Lab.SETTINGS, 0);
        peer.matched(10, 0, 1);
        peer.probeFrom(11);
        peer.probed(7);
        peer.matched(10, 6, 1);
        assertThat(peer.state()).isEqualTo(Progress.State.PROBE);
        peer.matched(10, 7, 1);
        assertThat(peer.state()).isEqualTo(Progress.State.REPLICATE);
        peer.probeFrom(11);
        peer.probed(9);
        peer.matched(12, 6, 1);
        assertThat(peer.state()).as("that is news").isEqualTo(Progress.State.REPLICATE);
    }

    @Test
    void aCampaignCountsOnceHoweverManyRoundsItHas() {
        ElectionTimer timer = new ElectionTimer(1_000_000, 5);
        Now start = Lab.nowAt(0);
        for (int campaign = 1; campaign <= 2; campaign++) {
            timer.campaigning(start, false);
            timer.campaigning(start, true);
            assertThat(timer.failures()).isEqualTo(campaign);
            assertThat(timer.isDue(Lab.nowAt(campaign * 250_000 - 1))).isFalse();
            assertThat(timer.isDue(Lab.nowAt(campaign * 500_000))).isTrue();
        }
    }
}
