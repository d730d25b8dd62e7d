package io.flotilla.node.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** A majority is gone for good, and an operator says so: {@link RaftEvent.Force}. */
class QuorumLossTest {
    private static Lab withoutQuorum(Lab lab, int... lost) {
        for (int id : lost) {
            lab.crash(id);
        }
        lab.cut = message -> List.of(lost(lost)).contains(message.from())
                || List.of(lost(lost)).contains(message.to());
        lab.advance(3_000);
        return lab;
    }

    private static Integer[] lost(int... ids) {
        Integer[] boxed = new Integer[ids.length];
        for (int i = 0; i < ids.length; i++) {
            boxed[i] = ids[i];
        }
        return boxed;
    }

    private static void force(Lab lab, int id, String membership) {
        RaftStatus status = lab.status(id);
        MemoryLog log = lab.log(id);
        lab.step(
                id,
                new RaftEvent.Force(
                        status.lastIndex(),
                        log.termAt(status.lastIndex()),
                        status.term() + 1_000,
                        LabSnapshot.payload(membership)));
        lab.settle();
    }

    @Test
    void oneOfThreeGoesOnAloneWithAllThatItsLogHolds() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.propose(1, "acknowledged");
        lab.settle();
        // This one reaches replica 2 alone: nobody was told that it stands, and nobody who is left knows that.
        lab.cut = message -> message.to() == 3;
        lab.propose(1, "not acknowledged");
        lab.settle();
        withoutQuorum(lab, 1, 3);
        assertThat(lab.leader()).isZero();
        force(lab, 2, "(2)");
        assertThat(lab.status(2).role()).isEqualTo(RaftStatus.Role.LEADER);
        assertThat(lab.appliedBy(2)).containsExactly("acknowledged", "not acknowledged");
        assertThat(lab.core(2).membership()).isEqualTo(Membership.of(List.of(2)));
        lab.propose(2, "new");
        lab.settle();
        assertThat(lab.appliedBy(2)).endsWith("new");
        assertThat(lab.lease(2).isHeldAt(lab.micros)).isTrue();
    }

    @Test
    void twoOfFiveGoOnTogether() {
        Lab lab = new Lab(5);
        lab.elect(1);
        lab.cut = message -> message.to() == 5;
        lab.propose(1, "reached 4, not 5");
        lab.settle();
        withoutQuorum(lab, 1, 2, 3);
        force(lab, 4, "(4 5)");
        lab.advance(200);
        assertThat(lab.leader()).isEqualTo(4);
        assertThat(lab.appliedBy(5)).containsExactly("reached 4, not 5");
        lab.propose(4, "new");
        lab.settle();
        lab.advance(200);
        assertThat(lab.appliedBy(5)).endsWith("new");
    }

    @Test
    void aChangeThatWasUnderWayIsNoHindrance() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.advance(200);
        lab.found(4, new LabSnapshot(0, 0, Membership.of(List.of(1, 2, 3)), List.of()));
        lab.change(1, "(1 2 3) +4");
        lab.settle();
        lab.advance(400);
        lab.cut = message -> message.to() == 3 || message.to() == 4;
        lab.change(1, "(1 2 4)&(1 2 3)");
        lab.settle();
        assertThat(lab.core(2).membership().isJoint()).isTrue();
        withoutQuorum(lab, 1, 3, 4);
        force(lab, 2, "(2)");
        assertThat(lab.leader()).isEqualTo(2);
        assertThat(lab.core(2).membership()).isEqualTo(Membership.of(List.of(2)));
    }

    /** A decision made about another state of things is not carried out. */
    @Test
    void whatIsOutOfDateDoesNothing() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.propose(1, "x");
        lab.settle();
        withoutQuorum(lab, 1, 3);
        RaftStatus before = lab.status(2);
        byte[] alone = LabSnapshot.payload("(2)");
        lab.step(2, new RaftEvent.Force(before.lastIndex() - 1, 1, 1_000, alone));
        lab.step(2, new RaftEvent.Force(before.lastIndex(), 7, 1_000, alone));
        lab.step(2, new RaftEvent.Force(before.lastIndex(), 1, 1, alone));
        assertThat(lab.status(2).lastIndex()).isEqualTo(before.lastIndex());
        force(lab, 2, "(2)");
        long after = lab.status(2).lastIndex();
        force(lab, 2, "(2)");
        lab.step(2, new RaftEvent.Force(before.lastIndex(), 1, 1_000, alone));
        assertThat(lab.leader()).isEqualTo(2);
        assertThat(lab.status(2).lastIndex()).isGreaterThanOrEqualTo(after);
    }

    /** The others are there after all: whoever leads with their help is not overthrown. */
    @Test
    void whileALeaderIsSupportedNothingIsForced() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.advance(400);
        RaftStatus before = lab.status(2);
        lab.step(2, new RaftEvent.Force(before.lastIndex(), 1, 1_000, LabSnapshot.payload("(2)")));
        lab.settle();
        assertThat(lab.leader()).isEqualTo(1);
        assertThat(lab.status(2).term()).isEqualTo(1);
    }

    /** It has lost data, and the word of its last leader is not worth more than its silence: it comes up, asks, and is not heard. */
    @Test
    void theForcedTermIsAboveWhatTheLostMayHave() {
        Lab lab = new Lab(3);
        lab.elect(1);
        lab.propose(1, "x");
        lab.settle();
        withoutQuorum(lab, 1, 3);
        force(lab, 2, "(2)");
        lab.propose(2, "new");
        lab.settle();
        lab.cut = message -> false;
        lab.start(3);
        lab.advance(3_000);
        assertThat(lab.leader()).isEqualTo(2);
        assertThat(lab.appliedBy(2)).endsWith("new");
        assertThat(lab.status(2).role()).isEqualTo(RaftStatus.Role.LEADER);
    }
}
