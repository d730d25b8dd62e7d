package io.flotilla.node.replica;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.time.HybridClock;
import io.flotilla.config.time.Timestamp;
import io.flotilla.node.liveness.service.LivenessService;
import io.flotilla.node.raft.Now;
import io.flotilla.node.raft.RaftEvent;
import io.flotilla.node.raft.RaftStatus;
import io.flotilla.range.lifecycle.ReplicaGroup;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.ReplicaInfo;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a store that stops does with the ranges it leads. */
class HandOffTest {
    private static final NodeId SELF = new NodeId(1);
    private static final NodeId HEIR = new NodeId(2);

    private final TreeMap<NodeId, LabLiveness> stores = new TreeMap<>();
    private final List<RaftEvent> raised = new ArrayList<>();
    private boolean leads = true;

    @BeforeEach
    void twoStoresThatSupportEachOther() {
        for (NodeId node : List.of(SELF, HEIR)) {
            HybridClock clock = new HybridClock(
                    () -> Timestamp.EPOCH_MICROS + 1_000_000_000L + LivenessService.nowMicros(), 100_000);
            stores.put(
                    node,
                    new LabLiveness(
                            node,
                            clock,
                            LivenessService::nowMicros,
                            (from, to, word) -> store(to).received(from, word)));
        }
        store(SELF).know(HEIR);
        store(HEIR).know(SELF);
    }

    private LabLiveness store(NodeId node) {
        return requireNonNull(stores.get(node));
    }

    private Slot led() {
        List<ReplicaInfo> replicas = List.of(new ReplicaInfo(SELF, 1), new ReplicaInfo(HEIR, 2));
        RaftStatus status = new RaftStatus(RaftStatus.Role.LEADER, 1, 1, 0, 0, 0, true, false);
        return new Slot(
                (slot, from) -> this::answer,
                new RangeDescriptor(new RangeId(7), 1, KeySpace.USERS, replicas, 3),
                1,
                new Dormant(null, Timestamp.ZERO, status, new Now(0, Timestamp.ZERO)));
    }

    private void answer(ReplicaActor.Command command) {
        if (command instanceof ReplicaActor.Look look) {
            look.reply().accept(leads ? Optional.of(new ReplicaGroup.Look(SELF, List.of(1, 2))) : Optional.empty());
        } else if (command instanceof ReplicaActor.Raise raise) {
            raised.add(raise.event());
            leads = false;
        }
    }

    private int handOff(Duration patience) {
        return new HandOff(SELF, List.of(led()), store(SELF), patience).run();
    }

    @Test
    void whatIsLedGoesToWhomeverIsCaughtUpAndThere() {
        assertThat(handOff(Duration.ofSeconds(10))).isZero();
        assertThat(raised).containsExactly(new RaftEvent.TransferLeadership(2));
    }

    /** A drained node looks again and again at what has come back to it, and waits for nothing. */
    @Test
    void whoHasNoTimeToWaitAsksAnHeirAllTheSame() {
        handOff(Duration.ZERO);
        assertThat(raised).containsExactly(new RaftEvent.TransferLeadership(2));
    }
}
