package io.flotilla.node.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.KeySpace;
import io.flotilla.node.admin.LearnerWatch.Abandoned;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.ReplicaInfo;
import io.flotilla.range.routing.ReplicaInfo.Kind;
import java.util.List;
import org.junit.jupiter.api.Test;

class LearnerWatchTest {
    private static final int MAX = LearnerWatch.ABANDONED_PASSES;
    private static final RangeDescriptor LEFT = range(2, 7, Kind.LEARNER);
    private static final RangeDescriptor RIGHT = range(9, 7, Kind.LEARNER);
    private static final RangeDescriptor OTHER = range(5, 3, Kind.VOTER);

    private final LearnerWatch watch = new LearnerWatch();

    /** A split while a replica comes: whoever brought it goes on with the left side alone. */
    @Test
    void theLearnerThatNobodyAsksAfterIsAbandonedAndTheOneNextToItIsNot() {
        for (int pass = 0; pass < 3 * MAX; pass++) {
            List<Abandoned> found = watch.pass(List.of(LEFT, OTHER, RIGHT));
            assertThat(found).isEqualTo(pass < MAX ? List.of() : List.of(new Abandoned(RIGHT, 4)));
            watch.attended(LEFT.id());
        }
    }

    /** Its driver is dead, as far as can be told, from the moment that it was last heard of. */
    @Test
    void whoeverAsksOnceHasAllTheTimeAgain() {
        assertThat(passes(LEFT, MAX)).isZero();
        watch.attended(LEFT.id());
        assertThat(passes(LEFT, MAX)).isZero();
        assertThat(passes(LEFT, 1)).isEqualTo(1);
    }

    @Test
    void whatChangesIsWorkedOn() {
        assertThat(passes(LEFT, MAX)).isZero();
        assertThat(passes(range(2, 8, Kind.LEARNER), MAX)).isZero();
    }

    @Test
    void aChangeOfVotersAndARangeThatIsNotHereAnyMoreAreLeftAlone() {
        assertThat(passes(range(2, 7, Kind.INCOMING), 2 * MAX)).isZero();
        assertThat(passes(LEFT, MAX)).isZero();
        assertThat(watch.pass(List.of())).isEmpty();
        assertThat(passes(LEFT, MAX)).isZero();
    }

    private int passes(RangeDescriptor range, int count) {
        int found = 0;
        for (int i = 0; i < count; i++) {
            found += watch.pass(List.of(range)).size();
        }
        return found;
    }

    private static RangeDescriptor range(long id, long generation, Kind fourth) {
        List<ReplicaInfo> replicas = List.of(
                new ReplicaInfo(new NodeId(1), 1),
                new ReplicaInfo(new NodeId(2), 2),
                new ReplicaInfo(new NodeId(3), 3),
                new ReplicaInfo(new NodeId(4), 4, fourth, false));
        return new RangeDescriptor(new RangeId(id), generation, KeySpace.USERS, replicas, 5);
    }
}
