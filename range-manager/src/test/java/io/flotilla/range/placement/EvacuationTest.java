package io.flotilla.range.placement;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.id.NodeId;
import io.flotilla.range.lifecycle.ReplicaChange;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.Ranges;
import io.flotilla.range.routing.ReplicaInfo;
import io.flotilla.range.routing.ReplicaInfo.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class EvacuationTest {
    private static final NodeId N4 = new NodeId(4);
    private static final NodeId N5 = new NodeId(5);

    @Test
    void replicasAreSpreadOverTheNodesThatHaveTheFewest() {
        List<RangeDescriptor> ranges = new ArrayList<>();
        for (int i = 10; i < 20; i++) {
            ranges.add(Ranges.range(i, 1, "k" + i, "k" + (i + 1)));
        }
        Evacuation plan = Evacuation.of(Ranges.N2, ranges, List.of(Ranges.N1, Ranges.N2, Ranges.N3, N4, N5));
        assertThat(plan.homeless()).isEmpty();
        Map<NodeId, Integer> moved = new TreeMap<>();
        for (Evacuation.Change change : plan.changes()) {
            ReplicaChange.Move move = (ReplicaChange.Move) change.wish();
            assertThat(move.from()).isEqualTo(Ranges.N2);
            moved.merge(move.to(), 1, Integer::sum);
        }
        assertThat(moved).containsExactly(Map.entry(N4, 5), Map.entry(N5, 5));
    }

    @Test
    void aRangeThatHasReplicasEverywhereHasNowhereToGo() {
        RangeDescriptor range = Ranges.range(10, 1, "a", "b");
        Evacuation plan = Evacuation.of(Ranges.N2, List.of(range), List.of(Ranges.N1, Ranges.N3));
        assertThat(plan.homeless()).containsExactly(range);
        assertThat(plan.changes()).isEmpty();
    }

    @Test
    void rangesWithoutAReplicaThereAreLeftAlone() {
        Evacuation plan = Evacuation.of(N4, List.of(Ranges.range(10, 1, "a", "b")), List.of(Ranges.N1, N5));
        assertThat(plan).isEqualTo(new Evacuation(List.of(), List.of()));
    }

    @Test
    void whatWasBegunIsGoneOnWith() {
        RangeDescriptor learner = with(new ReplicaInfo(N5, 4, Kind.LEARNER, false));
        assertThat(wish(learner)).isEqualTo(new ReplicaChange.Move(Ranges.N2, N5));
        RangeDescriptor witness = with(new ReplicaInfo(N5, 4, Kind.LEARNER, true));
        assertThat(wish(witness)).isEqualTo(new ReplicaChange.Move(Ranges.N2, N4));
        List<ReplicaInfo> joint = new ArrayList<>(Ranges.REPLICAS);
        joint.set(1, joint.get(1).as(Kind.OUTGOING));
        assertThat(wish(Ranges.range(10, 1, "a", "b").with(joint, 4))).isEqualTo(new ReplicaChange.Settle());
        List<ReplicaInfo> learns = new ArrayList<>(Ranges.REPLICAS);
        learns.set(1, learns.get(1).as(Kind.LEARNER));
        assertThat(wish(Ranges.range(10, 1, "a", "b").with(learns, 4))).isEqualTo(new ReplicaChange.Remove(Ranges.N2));
    }

    private static ReplicaChange wish(RangeDescriptor range) {
        Evacuation plan = Evacuation.of(Ranges.N2, List.of(range), List.of(Ranges.N1, Ranges.N3, N4, N5));
        assertThat(plan.changes()).hasSize(1);
        return plan.changes().get(0).wish();
    }

    private static RangeDescriptor with(ReplicaInfo more) {
        List<ReplicaInfo> replicas = new ArrayList<>(Ranges.REPLICAS);
        replicas.add(more);
        return Ranges.range(10, 1, "a", "b").with(replicas, 5);
    }
}
