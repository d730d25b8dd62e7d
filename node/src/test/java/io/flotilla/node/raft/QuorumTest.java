package io.flotilla.node.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class QuorumTest {
    private static List<Integer> someVoters(SplittableRandom random) {
        List<Integer> voters = new ArrayList<>();
        while (voters.isEmpty()) {
            for (int id = 1; id <= 7; id++) {
                if (random.nextBoolean()) {
                    voters.add(id);
                }
            }
        }
        return voters;
    }

    private static boolean majority(List<Integer> voters, long[] values, long atLeast) {
        return voters.stream().filter(voter -> values[voter] >= atLeast).count() * 2 > voters.size();
    }

    @Test
    void whatIsReachedIsTheHighestValueOfAMajorityOfEachHalf() {
        SplittableRandom random = new SplittableRandom(1);
        for (int run = 0; run < 5_000; run++) {
            List<Integer> incoming = someVoters(random);
            List<Integer> outgoing = random.nextBoolean() ? someVoters(random) : List.of();
            long[] values = random.longs(8, 0, 10).toArray();
            long reached = new Quorum(incoming, outgoing).reachedBy(voter -> values[voter]);
            for (List<Integer> half : List.of(incoming, outgoing)) {
                assertThat(half.isEmpty() || majority(half, values, reached)).isTrue();
            }
            boolean oneMore = majority(incoming, values, reached + 1)
                    && (outgoing.isEmpty() || majority(outgoing, values, reached + 1));
            assertThat(oneMore).isFalse();
        }
    }

    @Test
    void anyTwoQuorumsOfAGroupMeet() {
        for (int size = 1; size <= 7; size++) {
            List<Integer> voters = new ArrayList<>();
            for (int id = 0; id < size; id++) {
                voters.add(id);
            }
            Quorum quorum = new Quorum(voters);
            for (int one = 0; one < 1 << size; one++) {
                int yes = one;
                int no = ~one;
                boolean both =
                        quorum.isReachedBy(id -> (yes >> id & 1) != 0) && quorum.isReachedBy(id -> (no >> id & 1) != 0);
                assertThat(both).isFalse();
            }
        }
    }

    @Test
    void whoSaysYesIsAQuorumIfTheyAreAMajorityOfEachHalf() {
        SplittableRandom random = new SplittableRandom(2);
        for (int run = 0; run < 5_000; run++) {
            List<Integer> incoming = someVoters(random);
            List<Integer> outgoing = random.nextBoolean() ? someVoters(random) : List.of();
            int yes = random.nextInt(1 << 8);
            long[] values = new long[8];
            for (int id = 0; id < 8; id++) {
                values[id] = yes >> id & 1;
            }
            boolean slowly = majority(incoming, values, 1) && (outgoing.isEmpty() || majority(outgoing, values, 1));
            assertThat(new Quorum(incoming, outgoing).isReachedBy(id -> (yes >> id & 1) != 0))
                    .as("%s and %s, yes %s", incoming, outgoing, Integer.toBinaryString(yes))
                    .isEqualTo(slowly);
        }
    }

    /** By trying out every set of replicas, whatever the voters of either half and the witnesses among them. */
    @Test
    void everyQuorumOfAnyPossibleGroupHasAReplicaThatHoldsData() {
        SplittableRandom random = new SplittableRandom(3);
        int possible = 0;
        for (int run = 0; run < 3_000; run++) {
            List<Integer> incoming = someVoters(random);
            List<Integer> outgoing = random.nextBoolean() ? someVoters(random) : List.of();
            List<Integer> witnesses = new ArrayList<>();
            for (int id = 1; id <= 7; id++) {
                if ((incoming.contains(id) || outgoing.contains(id)) && random.nextInt(3) == 0) {
                    witnesses.add(id);
                }
            }
            boolean witnessesDecide = false;
            for (int chosen = 0; chosen < 1 << 8; chosen++) {
                long[] values = new long[8];
                for (int id : witnesses) {
                    values[id] = chosen >> id & 1;
                }
                // In either half alone: what only witnesses of one half have, the other half cannot make good.
                witnessesDecide |=
                        majority(incoming, values, 1) || (!outgoing.isEmpty() && majority(outgoing, values, 1));
            }
            boolean made = true;
            try {
                possible += new Membership(incoming, outgoing, List.of(), witnesses)
                                        .members()
                                        .size()
                                > 0
                        ? 1
                        : 0;
            } catch (IllegalArgumentException impossible) {
                made = false;
            }
            assertThat(made)
                    .as("%s and %s, witnesses %s", incoming, outgoing, witnesses)
                    .isEqualTo(!witnessesDecide);
        }
        assertThat(possible).isBetween(500, 2_900);
    }

    /** Any step that is allowed leads to a group no quorum of which can decide without every quorum of the one before. */
    @Test
    void quorumsBeforeAndAfterAnAllowedChangeMeet() {
        SplittableRandom random = new SplittableRandom(4);
        int allowed = 0;
        for (int run = 0; run < 200_000 && allowed < 500; run++) {
            Membership before = someMembership(random);
            Membership after = random.nextInt(3) == 0 ? someMembership(random) : changed(before, random);
            if (before.objectionTo(after).isPresent()) {
                continue;
            }
            allowed++;
            for (int chosen = 0; chosen < 1 << 8; chosen++) {
                int in = chosen;
                boolean both = before.isQuorum(id -> (in >> id & 1) != 0) && after.isQuorum(id -> (in >> id & 1) == 0);
                assertThat(both).as("%s to %s", before, after).isFalse();
            }
        }
        assertThat(allowed).isEqualTo(500);
    }

    private static Membership changed(Membership before, SplittableRandom random) {
        if (before.isJoint()) {
            return before.left();
        }
        List<Integer> voters = new ArrayList<>(before.members());
        voters.removeIf(each -> random.nextInt(3) == 0);
        List<Integer> learners = new ArrayList<>(before.learners());
        learners.removeAll(voters);
        return voters.isEmpty() ? before : new Membership(voters, before.voters(), learners, List.of());
    }

    private static Membership someMembership(SplittableRandom random) {
        List<Integer> voters = someVoters(random);
        List<Integer> outgoing = random.nextInt(3) == 0 ? someVoters(random) : List.of();
        List<Integer> learners = new ArrayList<>(random.nextBoolean() ? someVoters(random) : List.of());
        learners.removeAll(voters);
        learners.removeAll(outgoing);
        return new Membership(voters, outgoing, learners, List.of());
    }

    @Test
    void aGroupOfOneIsItsOwnQuorum() {
        assertThat(new Quorum(List.of(4)).isSingle()).isTrue();
        assertThat(new Quorum(List.of(4)).reachedBy(voter -> 9)).isEqualTo(9);
        assertThat(new Quorum(List.of(4, 5)).isSingle()).isFalse();
    }
}
