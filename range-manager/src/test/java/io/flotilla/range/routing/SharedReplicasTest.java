package io.flotilla.range.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SharedReplicasTest {
    @Test
    void rangesWithEqualReplicasShareThem() {
        RangeDescriptor first = decoded(1, replicas(1, 2, 3));
        RangeDescriptor second = decoded(2, replicas(1, 2, 3));

        assertThat(second.replicas()).isSameAs(first.replicas());
    }

    @Test
    void aRoleMakesADifference() {
        List<ReplicaInfo> voters = replicas(4, 5, 6);
        List<ReplicaInfo> changing = new ArrayList<>(voters);
        changing.set(2, voters.get(2).as(ReplicaInfo.Kind.LEARNER));

        assertThat(SharedReplicas.shared(voters)).isEqualTo(voters);
        assertThat(SharedReplicas.shared(changing)).isEqualTo(changing);
        assertThat(SharedReplicas.shared(voters)).isEqualTo(voters);
    }

    /** More lists than there are places: whatever they do to each other's places, each caller gets what it asked for. */
    @Test
    void whatIsSharedIsAlwaysEqualToWhatWasGiven() {
        Random random = new Random(5);
        for (int i = 0; i < 20_000; i++) {
            List<ReplicaInfo> replicas =
                    replicas(1 + random.nextInt(40), 1 + random.nextInt(40), 1 + random.nextInt(40));
            assertThat(SharedReplicas.shared(replicas)).isEqualTo(replicas);
        }
    }

    @Test
    void theCallersListIsNotKept() {
        List<ReplicaInfo> mine = replicas(7, 8, 9);
        List<ReplicaInfo> shared = SharedReplicas.shared(mine);
        mine.clear();

        assertThat(shared).isEqualTo(replicas(7, 8, 9));
    }

    private static List<ReplicaInfo> replicas(int... nodes) {
        List<ReplicaInfo> replicas = new ArrayList<>();
        for (int node : nodes) {
            replicas.add(new ReplicaInfo(new NodeId(node), replicas.size() + 1));
        }
        return replicas;
    }

    private static RangeDescriptor decoded(long id, List<ReplicaInfo> replicas) {
        return RangeDescriptorCodec.decode(RangeDescriptorCodec.encode(
                new RangeDescriptor(new RangeId(id), 1, new Span(Key.of("a"), Key.of("b")), replicas, 4)));
    }
}
