package io.flotilla.node.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class MembershipTest {
    private static final Membership THREE = Membership.of(List.of(1, 2, 3));

    private static Membership of(
            List<Integer> voters, List<Integer> outgoing, List<Integer> learners, List<Integer> witnesses) {
        return new Membership(voters, outgoing, learners, witnesses);
    }

    private static void refused(Membership from, Membership to, String why) {
        assertThat(from.objectionTo(to))
                .hasValueSatisfying(each -> assertThat(each).contains(why));
    }

    @Test
    void idsAreKeptAscending() {
        assertThat(Membership.of(List.of(3, 1, 2))).isEqualTo(THREE);
        assertThat(of(List.of(5, 2), List.of(1), List.of(9), List.of()).members())
                .containsExactly(1, 2, 5, 9);
    }

    @Test
    void whatCannotBeAGroupIsNotMade() {
        assertThatThrownBy(() -> Membership.of(List.of())).hasMessageContaining("needs a voter");
        assertThatThrownBy(() -> Membership.of(List.of(1, 1))).hasMessageContaining("distinct");
        assertThatThrownBy(() -> Membership.of(List.of(0))).hasMessageContaining("positive");
        assertThatThrownBy(() -> of(List.of(1), List.of(), List.of(1), List.of()))
                .hasMessageContaining("learner");
        assertThatThrownBy(() -> of(List.of(1), List.of(2), List.of(2), List.of()))
                .hasMessageContaining("learner");
        assertThatThrownBy(() -> of(List.of(1), List.of(), List.of(), List.of(2)))
                .hasMessageContaining("no member");
    }

    @Test
    void witnessesAloneAreNoQuorumInEitherHalf() {
        assertThat(of(List.of(1, 2, 3), List.of(), List.of(), List.of(3)).mayLead(3))
                .isFalse();
        assertThatThrownBy(() -> of(List.of(1), List.of(), List.of(), List.of(1)))
                .hasMessageContaining("witnesses");
        assertThatThrownBy(() -> of(List.of(1, 2, 3), List.of(), List.of(), List.of(2, 3)))
                .hasMessageContaining("witnesses");
        assertThatThrownBy(() -> of(List.of(1, 2, 3), List.of(3, 4, 5), List.of(), List.of(4, 5)))
                .hasMessageContaining("witnesses");
        assertThat(of(List.of(1, 2, 3, 4, 5), List.of(), List.of(), List.of(4, 5))
                        .witnesses())
                .hasSize(2);
    }

    @Test
    void learnersComeAndGoOneEntryAtATime() {
        Membership withLearner = of(List.of(1, 2, 3), List.of(), List.of(4), List.of());
        assertThat(THREE.objectionTo(withLearner)).isEmpty();
        assertThat(withLearner.objectionTo(THREE)).isEmpty();
        refused(THREE, Membership.of(List.of(1, 2)), "joint");
        refused(withLearner, Membership.of(List.of(1, 2, 3, 4)), "joint");
    }

    @Test
    void votersChangeThroughAJointStateOnly() {
        Membership withLearner = of(List.of(1, 2, 3), List.of(), List.of(4, 5), List.of());
        Membership joint = of(List.of(1, 2, 4), List.of(1, 2, 3), List.of(5), List.of());
        Membership after = of(List.of(1, 2, 4), List.of(), List.of(5), List.of());
        assertThat(withLearner.objectionTo(joint)).isEmpty();
        assertThat(joint.left()).isEqualTo(after);
        assertThat(joint.objectionTo(after)).isEmpty();
        refused(joint, withLearner, "left");
        refused(joint, of(List.of(1, 2, 4), List.of(), List.of(), List.of()), "left");
        refused(joint, of(List.of(1, 2, 4), List.of(), List.of(5, 6), List.of()), "left");
        refused(withLearner, of(List.of(1, 2, 4), List.of(1, 2), List.of(5), List.of()), "old voters");
        refused(withLearner, of(List.of(1, 2, 4), List.of(1, 2, 3), List.of(), List.of()), "learners");
        refused(withLearner, of(List.of(1, 2, 3), List.of(1, 2, 3), List.of(4, 5), List.of()), "changes the voters");
    }

    @Test
    void aNewVoterWasALearnerBefore() {
        refused(THREE, of(List.of(1, 2, 4), List.of(1, 2, 3), List.of(), List.of()), "learner first");
    }

    @Test
    void aReplicaStaysFullOrWitness() {
        Membership witness = of(List.of(1, 2, 3), List.of(), List.of(), List.of(3));
        refused(THREE, witness, "full and witness");
        refused(witness, THREE, "full and witness");
    }

    @Test
    void aWitnessThatLeavesIsForgottenWithItsHalf() {
        Membership joint = of(List.of(1, 2, 4), List.of(1, 2, 3), List.of(5), List.of(3, 4, 5));
        assertThat(joint.left()).isEqualTo(of(List.of(1, 2, 4), List.of(), List.of(5), List.of(4, 5)));
    }

    @Test
    void aJointQuorumNeedsBothHalves() {
        Membership joint = of(List.of(1, 2, 4), List.of(1, 2, 3), List.of(), List.of());
        assertThat(joint.isQuorum(id -> id == 1 || id == 2)).isTrue();
        assertThat(joint.isQuorum(id -> id == 1 || id == 4)).isFalse();
        assertThat(joint.isQuorum(id -> id == 1 || id == 3)).isFalse();
        assertThat(joint.isQuorum(id -> id == 1 || id == 3 || id == 4)).isTrue();
    }
}
