package io.flotilla.node.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.key.Span;
import io.flotilla.node.replica.LostReplicas.Lost;
import io.flotilla.node.replica.LostReplicas.Why;
import io.flotilla.range.lifecycle.ReplicaChange;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LeftOutTest {
    private static final NodeId NODE = new NodeId(3);
    private static final RangeId LEFT = new RangeId(2);
    private static final RangeId RIGHT = new RangeId(9);
    private static final RangeDescriptor WHOLE = range(LEFT, "a", "z", List.of(voter(1), voter(2), voter(3)), 4);
    private static final Lost LOST = new Lost(LEFT, 3, false, Why.DIVERGED, 77);
    private static final Lost REMOVED = LOST.removedFrom(WHOLE);
    private static final Lost LEFT_OUT = new Lost(RIGHT, 3, false, Why.LEFT_OUT, 0, WHOLE);

    @Test
    void theRightSideOfASplitThatHadNoReplicaHereGetsOne() {
        RangeDescriptor left = range(LEFT, "a", "m", List.of(voter(1), voter(2)), 4);
        RangeDescriptor right = range(RIGHT, "m", "z", List.of(voter(1), voter(2)), 4);
        assertThat(LeftOut.of(NODE, List.of(REMOVED), List.of(left, right))).containsExactly(LEFT_OUT);
        assertThat(LeftOut.of(NODE, List.of(REMOVED, LEFT_OUT), List.of(left, right)))
                .isEmpty();
    }

    /** Whoever brought it goes on with the left side's. */
    @Test
    void theLearnerThatASplitHasCopiedIsMadeAVoter() {
        ReplicaInfo learner = new ReplicaInfo(NODE, 4, ReplicaInfo.Kind.LEARNER, false);
        RangeDescriptor right = range(RIGHT, "m", "z", List.of(voter(1), voter(2), learner), 5);
        assertThat(LeftOut.of(NODE, List.of(REMOVED), List.of(right))).containsExactly(LEFT_OUT);
    }

    @Test
    void whatWasSplitOffBeforeOrWasChangedSinceIsLeftAlone() {
        List<ReplicaInfo> two = List.of(voter(1), voter(2));
        RangeDescriptor before = range(RIGHT, "m", "z", List.of(voter(1), voter(2), voter(3)), 4);
        RangeDescriptor moved =
                range(RIGHT, "m", "z", List.of(voter(1), voter(2), new ReplicaInfo(new NodeId(5), 4)), 5);
        RangeDescriptor elsewhere = range(RIGHT, "z", "zz", two, 4);
        for (RangeDescriptor right : List.of(before, moved, elsewhere)) {
            assertThat(LeftOut.of(NODE, List.of(REMOVED), List.of(right))).isEmpty();
        }
        assertThat(LeftOut.of(NODE, List.of(LOST), List.of(range(RIGHT, "m", "z", two, 4))))
                .isEmpty();
    }

    /** Whoever empties the node moves it; removed without another in its place, the range would be a voter short for good. */
    @Test
    void aLostReplicaOfANodeThatLeavesIsLeftToBeMoved() {
        assertThat(Rebuilding.wish(NODE, WHOLE, LOST, false)).isEqualTo(new ReplicaChange.Remove(NODE));
        assertThat(Rebuilding.wish(NODE, WHOLE, LOST, true)).isNull();
    }

    @Test
    void whatIsLostIsRemovedThenAddedUntilItVotes() {
        ReplicaChange add = new ReplicaChange.Add(NODE, false);
        ReplicaInfo learner = new ReplicaInfo(NODE, 4, ReplicaInfo.Kind.LEARNER, false);
        List<ReplicaInfo> two = List.of(voter(1), voter(2));
        assertThat(Rebuilding.wish(NODE, range(LEFT, "a", "z", two, 4), LOST, false))
                .isEqualTo(add);
        assertThat(Rebuilding.wish(NODE, range(LEFT, "a", "z", List.of(voter(1), voter(2), learner), 5), LOST, false))
                .isEqualTo(add);
        assertThat(Rebuilding.wish(
                        NODE,
                        range(LEFT, "a", "z", List.of(voter(1), voter(2), new ReplicaInfo(NODE, 4)), 5),
                        LOST,
                        false))
                .isNull();
    }

    private static ReplicaInfo voter(int node) {
        return new ReplicaInfo(new NodeId(node), node);
    }

    private static RangeDescriptor range(RangeId id, String from, String to, List<ReplicaInfo> replicas, int next) {
        Span span = new Span(KeySpace.user(Key.of(from)), KeySpace.user(Key.of(to)));
        return new RangeDescriptor(id, 6, span, new ArrayList<>(replicas), next);
    }
}
