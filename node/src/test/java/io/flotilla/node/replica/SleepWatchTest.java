package io.flotilla.node.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.settings.IdleSettings;
import io.flotilla.config.time.Timestamp;
import io.flotilla.node.raft.Now;
import io.flotilla.node.raft.RaftStatus;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who waits for something and falls asleep at the very moment it happens. */
class SleepWatchTest {
    private static final NodeId LEADER = new NodeId(2);
    private static final NodeId AWAY = new NodeId(3);

    private final ReplicaDirectory replicas = new ReplicaDirectory();
    private final ArrayDeque<Runnable> timers = new ArrayDeque<>();
    private final SleepWatch sleep = new SleepWatch(
            new NodeId(1), IdleSettings.DEFAULT, 50, replicas, (millis, task) -> timers.add(task), range -> {});
    private final List<ReplicaActor.Command> heard = new ArrayList<>();
    private final List<ReplicaInfo> members =
            List.of(new ReplicaInfo(new NodeId(1), 1), new ReplicaInfo(LEADER, 2), new ReplicaInfo(AWAY, 3));
    private final Slot slot = new Slot(
            (self, from) -> heard::add,
            new RangeDescriptor(new RangeId(7), 1, KeySpace.USERS, members, 4),
            1,
            dormant());

    private static Dormant dormant() {
        return new Dormant(
                null,
                Timestamp.ZERO,
                new RaftStatus(RaftStatus.Role.FOLLOWER, 1, 2, 0, 0, 0, false, false),
                new Now(0, Timestamp.ZERO));
    }

    /** The replica at rest, about to fall asleep: it has looked, and nothing had happened yet. */
    private ReplicaActor.Door resting(Slot.Rest rest) {
        replicas.add(slot);
        slot.tell(ReplicaActor.FallAsleep.INSTANCE);
        ReplicaActor.Door door = sleep.door(slot, failure -> {});
        door.rests(rest);
        heard.clear();
        return door;
    }

    private void passTime() {
        for (int i = timers.size(); i > 0; i--) {
            timers.remove().run();
        }
    }

    @Test
    void aFollowerWhoseLeadersStoreIsGoneJustThenIsWoken() {
        ReplicaActor.Door door = resting(new Slot.Rest(2, List.of()));
        sleep.withdrawn(LEADER);
        door.fallAsleep(1, dormant());
        passTime();
        assertThat(heard).contains(ReplicaActor.Tick.INSTANCE);
    }

    @Test
    void aLeaderWhosePeerIsBackJustThenIsWoken() {
        ReplicaActor.Door door = resting(new Slot.Rest(1, List.of(3)));
        sleep.supportedBy(AWAY);
        door.fallAsleep(1, dormant());
        passTime();
        assertThat(heard).contains(ReplicaActor.Tick.INSTANCE);
    }

    @Test
    void whoWaitsForNothingThatHappensFallsAsleep() {
        ReplicaActor.Door door = resting(new Slot.Rest(2, List.of()));
        sleep.withdrawn(AWAY);
        assertThat(door.fallAsleep(1, dormant())).isTrue();
        passTime();
        assertThat(heard).isEmpty();
    }

    @Test
    void whoIsToBeWokenTogetherWithOneThatCannotBeIsWoken() {
        RangeDescriptor broken = new RangeDescriptor(new RangeId(6), 1, KeySpace.METAS, members, 4);
        replicas.add(slot);
        replicas.add(new Slot(
                (self, from) -> {
                    throw new IllegalStateException("injected");
                },
                broken,
                1,
                dormant()));
        sleep.withdrawn(LEADER);
        passTime();
        passTime();
        assertThat(heard).contains(ReplicaActor.Tick.INSTANCE);
    }
}
