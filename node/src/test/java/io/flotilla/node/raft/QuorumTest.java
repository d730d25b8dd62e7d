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
    void aGroupOfOneIsItsOwnQuorum() {
        assertThat(new Quorum(List.of(4)).isSingle()).isTrue();
        assertThat(new Quorum(List.of(4)).reachedBy(voter -> 9)).isEqualTo(9);
        assertThat(new Quorum(List.of(4, 5)).isSingle()).isFalse();
    }
}
