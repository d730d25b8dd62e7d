package io.flotilla.node.raft;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Sentences of the Raft paper and of the thesis, one test each. */
class RaftPaperTest {
    @Test
    void aGroupElectsAndReplicates() {
        Lab lab = new Lab(3);
        lab.elect(1);
        assertThat(lab.propose(1, "a", "b")).isEqualTo(2);
        lab.settle();
        lab.advance(250);
        for (int id = 1; id <= 3; id++) {
            assertThat(lab.appliedBy(id)).containsExactly("a", "b");
            assertThat(lab.status(id).leader()).isEqualTo(1);
        }
        assertThat(lab.core(1).lease().isHeldAt(lab.micros)).isTrue();
    }

    @Test
    void aGroupOfOneCommitsOnlyWhatIsDurable() {
        Lab lab = new Lab(1);
        lab.elect(1);
        lab.autoPersist = false;
        lab.propose(1, "a");
        assertThat(lab.appliedBy(1)).isEmpty();
        lab.persist(1);
        assertThat(lab.appliedBy(1)).containsExactly("a");
        assertThat(lab.core(1).lease().isHeldAt(lab.micros)).isTrue();
    }

    @Test
    void aNewLeaderIsElectedWhenTheOldOneIsSilent() {
        Lab lab = new Lab(5);
        lab.elect(1);
        lab.propose(1, "a");
        lab.settle();
        lab.cut = Lab.isolating(1);
        lab.advance(5_000);
        assertThat(lab.leader()).isNotEqualTo(1);
        assertThat(lab.status(1).role()).isNotEqualTo(RaftStatus.Role.LEADER);
        lab.propose(lab.leader(), "b");
        lab.cut = message -> false;
        lab.advance(3_000);
        for (int id = 1; id <= 5; id++) {
            assertThat(lab.appliedBy(id)).containsExactly("a", "b");
        }
    }
}
