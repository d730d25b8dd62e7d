package io.flotilla.node.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.time.Timestamp;
import io.flotilla.node.raft.Now;
import io.flotilla.node.raft.RaftStatus;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A door behind which there is not always somebody. */
class SlotTest {
    private static final ReplicaActor.Command WORD = ReplicaActor.Tick.INSTANCE;

    private final List<Dormant> built = new ArrayList<>();
    private final List<ReplicaActor.Command> heard = new ArrayList<>();
    private final Dormant first = dormant(1, 2);
    private final Slot slot = new Slot(this::build, descriptor(), 1, first);

    @Test
    void whoeverTellsItSomethingWakesItOnce() {
        slot.tell(WORD);
        slot.tell(WORD);
        assertThat(built).containsExactly(first);
        assertThat(heard).hasSize(2);
        assertThat(slot.dormant()).isNull();
    }

    @Test
    void whatIsForTheAwakeOnlyWakesNobody() {
        assertThat(slot.tellIfAwake(WORD)).isFalse();
        assertThat(built).isEmpty();
        slot.tell(WORD);
        assertThat(slot.tellIfAwake(WORD)).isTrue();
        assertThat(heard).hasSize(2);
    }

    @Test
    void itDoesNotFallAsleepOverAWordItHasNotHeard() {
        slot.tell(WORD);
        slot.tell(WORD);
        assertThat(slot.fallAsleep(1, dormant(2, 2))).isFalse();
        assertThat(slot.dormant()).isNull();
        Dormant second = dormant(2, 2);
        assertThat(slot.fallAsleep(2, second)).isTrue();
        assertThat(slot.dormant()).isSameAs(second);
        slot.tell(WORD);
        assertThat(built).containsExactly(first, second);
        assertThat(slot.fallAsleep(1, dormant(3, 2)))
                .as("counted from its waking")
                .isTrue();
    }

    @Test
    void whileItSleepsItWaitsForTheLeaderThatItsDiskKnows() {
        assertThat(slot.isLedFrom(new NodeId(12))).isTrue();
        assertThat(slot.isLedFrom(new NodeId(11))).isFalse();
        assertThat(slot.misses(new NodeId(12))).isFalse();
    }

    @Test
    void awakeItWaitsForNobody() {
        slot.tell(WORD);
        slot.rests(null);
        assertThat(slot.isLedFrom(new NodeId(12))).isFalse();
        slot.rests(new Slot.Rest(1, List.of(3)));
        assertThat(slot.isLedFrom(new NodeId(11))).isTrue();
        assertThat(slot.misses(new NodeId(13))).isTrue();
        assertThat(slot.misses(new NodeId(12))).isFalse();
        assertThat(slot.fallAsleep(1, dormant(1, 1))).isTrue();
        assertThat(slot.misses(new NodeId(13))).as("asleep as well").isTrue();
    }

    private java.util.function.Consumer<ReplicaActor.Command> build(Slot self, Dormant from) {
        built.add(from);
        return heard::add;
    }

    private static RangeDescriptor descriptor() {
        List<ReplicaInfo> replicas = List.of(
                new ReplicaInfo(new NodeId(11), 1),
                new ReplicaInfo(new NodeId(12), 2),
                new ReplicaInfo(new NodeId(13), 3));
        return new RangeDescriptor(new RangeId(5), 1, KeySpace.USERS, replicas, 4);
    }

    private static Dormant dormant(long term, int leader) {
        return new Dormant(
                null,
                Timestamp.ZERO,
                new RaftStatus(RaftStatus.Role.FOLLOWER, term, leader, 0, 0, 0, false, false),
                new Now(0, Timestamp.ZERO));
    }
}
