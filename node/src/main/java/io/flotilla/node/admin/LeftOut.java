package io.flotilla.node.admin;

import io.flotilla.config.id.NodeId;
import io.flotilla.node.replica.LostReplicas.Lost;
import io.flotilla.node.replica.LostReplicas.Why;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Ranges that were split off from one whose replica here was being made anew: the right side has none here, or a learner that nobody works on, and nothing
 * but what the store noted of the left side tells that it should have a voter. A function.
 */
final class LeftOut {
    private LeftOut() {}

    /** Those that are not among {@code lost} yet. */
    static List<Lost> of(NodeId node, Collection<Lost> lost, List<RangeDescriptor> ranges) {
        Set<RangeId> known = new TreeSet<>();
        lost.forEach(each -> known.add(each.range()));
        List<Lost> found = new ArrayList<>();
        for (RangeDescriptor range : ranges) {
            for (Lost left : lost) {
                if (!known.contains(range.id()) && isLeftOut(node, left, range)) {
                    known.add(range.id());
                    found.add(new Lost(
                            range.id(), left.replicaId(), left.witness(), Why.LEFT_OUT, 0, left.removedFrom()));
                }
            }
        }
        return found;
    }

    private static boolean isLeftOut(NodeId node, Lost left, RangeDescriptor range) {
        RangeDescriptor before = left.removedFrom();
        if (before == null || !before.span().contains(range.span())) {
            return false;
        }
        Optional<ReplicaInfo> own = range.replicaOn(node);
        if (own.isPresent()) {
            return own.get().kind() == ReplicaInfo.Kind.LEARNER && own.get().replicaId() >= before.nextReplicaId();
        }
        // Else somebody has changed its replicas since, and knew what he did.
        return range.nextReplicaId() == before.nextReplicaId();
    }
}
