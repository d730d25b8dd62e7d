package io.flotilla.node.replica;

import io.flotilla.config.id.NodeId;
import io.flotilla.node.liveness.Liveness;
import io.flotilla.node.liveness.service.LivenessService;
import io.flotilla.node.raft.RaftStatus;
import io.flotilla.range.lifecycle.ReplicaGroup;
import io.flotilla.range.routing.RangeId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What is asked of many replicas at once, without waking those that have nothing to say.
 *
 * <p>Thread-safe; answers come on the replicas' threads or on the caller's.
 */
final class Looks {
    private final NodeId node;
    private final Liveness liveness;
    private final ReplicaDirectory replicas;

    Looks(NodeId node, Liveness liveness, ReplicaDirectory replicas) {
        this.node = node;
        this.liveness = liveness;
        this.replicas = replicas;
    }

    /** Asks every replica how it is. Returns how many were asked. */
    int inspect(Consumer<ReplicaReport> each) {
        List<Slot> asked = new ArrayList<>(replicas.all());
        asked.removeIf(Slot::isShut);
        Standing standing = new Standing(node, liveness.view(), LivenessService.nowMicros());
        ReplicaActor.Inspect inspect = new ReplicaActor.Inspect(report -> each.accept(standing.now(report)));
        for (Slot slot : asked) {
            if (!slot.tellIfAwake(inspect)) {
                Dormant dormant = slot.dormant();
                if (dormant != null) {
                    inspect.reply().accept(dormant.report(slot.descriptor()));
                } else {
                    // Woken this very moment.
                    slot.tell(inspect);
                }
            }
        }
        return asked.size();
    }

    /** How a range's group stands, if its leaseholder is here. */
    void look(RangeId range, Consumer<Optional<ReplicaGroup.Look>> answer) {
        Slot slot = replicas.find(range);
        if (slot == null) {
            answer.accept(Optional.empty());
        } else {
            look(slot, answer);
        }
    }

    /** Who sleeps and does not lead is not woken for that. */
    static void look(Slot slot, Consumer<Optional<ReplicaGroup.Look>> answer) {
        Dormant dormant = slot.dormant();
        if (dormant != null && dormant.status().role() != RaftStatus.Role.LEADER) {
            answer.accept(Optional.empty());
        } else {
            slot.tell(new ReplicaActor.Look(answer));
        }
    }
}
