package io.flotilla.node.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Two replicas with data and one that only votes. */
class WitnessTest {
    private static final Membership TWO_AND_A_WITNESS =
            new Membership(List.of(1, 2, 3), List.of(), List.of(), List.of(3));

    private static Lab led() {
        Lab lab = new Lab(TWO_AND_A_WITNESS);
        lab.elect(1);
        lab.advance(400);
        return lab;
    }

    @Test
    void itKeepsWhereTheLogStandsAndNothingOfWhatIsInIt() {
        Lab lab = led();
        lab.propose(1, "data");
        lab.settle();
        assertThat(lab.status(3).lastIndex()).isEqualTo(lab.status(1).lastIndex());
        assertThat(lab.log(3).entries(1, lab.status(3).lastIndex() + 1, Long.MAX_VALUE))
                .allSatisfy(entry -> assertThat(entry.payload()).isEmpty());
    }

    @Test
    void itNeverLeadsWhateverIsAskedOfIt() {
        Lab lab = led();
        lab.step(1, new RaftEvent.TransferLeadership(3));
        lab.advance(500);
        assertThat(lab.leader()).isEqualTo(1);
        lab.crash(1);
        lab.crash(2);
        lab.cut = message -> message.to() != 3;
        lab.advance(5_000);
        lab.step(3, new RaftEvent.Campaign());
        lab.settle();
        assertThat(lab.status(3).role()).isEqualTo(RaftStatus.Role.FOLLOWER);
    }

    @Test
    void oneReplicaAndTheWitnessCommitAndTheOtherCannotLeadBeforeItHasThat() {
        Lab lab = led();
        lab.cut = Lab.isolating(2);
        lab.advance(1_500);
        lab.propose(1, "without 2");
        lab.advance(200);
        assertThat(lab.appliedBy(1)).containsExactly("without 2");
        lab.crash(1);
        lab.cut = Lab.isolating(1);
        lab.advance(10_000);
        assertThat(lab.leader()).isZero();
        lab.start(1);
        lab.cut = message -> false;
        lab.advance(5_000);
        assertThat(lab.leader()).isPositive();
        lab.propose(lab.leader(), "with 2");
        lab.advance(500);
        assertThat(lab.appliedBy(2)).containsExactly("without 2", "with 2");
    }

    /** Were replica 1 to go now, the witness alone would know of what 2 has not got, and would refuse 2 and 4 its vote for ever. */
    @Test
    void aReplicaWithDataIsNotReplacedWhileAnotherThatStaysIsBehindTheWitness() {
        Lab lab = led();
        lab.found(4, new LabSnapshot(0, 0, TWO_AND_A_WITNESS, List.of()));
        lab.change(1, "(1 2 3w) +4");
        lab.settle();
        lab.advance(400);
        lab.cut = Lab.isolating(2);
        lab.propose(1, "behind 2");
        lab.advance(100);
        assertThat(lab.appliedBy(1)).containsExactly("behind 2");
        lab.step(1, new RaftEvent.Unreachable(2));
        Ready refused = lab.change(1, "(2 3w 4)&(1 2 3w)");
        assertThat(refused.proposedFrom()).isZero();
        assertThat(refused.refusal()).isEqualTo(new ProposalRefusal.NotCaughtUp(List.of(2)));
        lab.cut = message -> false;
        lab.advance(400);
        assertThat(lab.change(1, "(2 3w 4)&(1 2 3w)").proposedFrom()).isPositive();
    }
}
