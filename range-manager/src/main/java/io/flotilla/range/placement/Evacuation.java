package io.flotilla.range.placement;

import io.flotilla.config.id.NodeId;
import io.flotilla.range.lifecycle.ReplicaChange;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * How a node loses all its replicas: each range moves its replica to that node which has the fewest, of those that are fit and have none of this range.
 *
 * @param changes in key order, one for each range that has a replica on the node
 * @param homeless ranges for whose replica there is no other place
 */
public record Evacuation(List<Change> changes, List<RangeDescriptor> homeless) {
    /** One range's part. */
    public record Change(RangeDescriptor range, ReplicaChange wish) {}

    public Evacuation {
        changes = List.copyOf(changes);
        homeless = List.copyOf(homeless);
    }

    /** @param fit nodes that may get replicas; {@code leaving} is not taken into account among them */
    public static Evacuation of(NodeId leaving, List<RangeDescriptor> ranges, List<NodeId> fit) {
        Map<NodeId, Integer> replicas = new TreeMap<>();
        for (NodeId node : fit) {
            if (!node.equals(leaving)) {
                replicas.put(node, 0);
            }
        }
        for (RangeDescriptor range : ranges) {
            for (ReplicaInfo replica : range.replicas()) {
                replicas.computeIfPresent(replica.node(), (node, count) -> count + 1);
            }
        }
        List<Change> changes = new ArrayList<>();
        List<RangeDescriptor> homeless = new ArrayList<>();
        for (RangeDescriptor range : ranges) {
            Optional<ReplicaInfo> replica = range.replicaOn(leaving);
            if (replica.isEmpty()) {
                continue;
            }
            switch (replica.get().kind()) {
                case LEARNER -> changes.add(new Change(range, new ReplicaChange.Remove(leaving)));
                case OUTGOING -> changes.add(new Change(range, new ReplicaChange.Settle()));
                case VOTER, INCOMING -> {
                    Optional<NodeId> target = begun(range, replica.get(), replicas);
                    if (target.isEmpty()) {
                        target = emptiest(range, replicas);
                        target.ifPresent(node -> replicas.merge(node, 1, Integer::sum));
                    }
                    target.ifPresentOrElse(
                            node -> changes.add(new Change(range, new ReplicaChange.Move(leaving, node))),
                            () -> homeless.add(range));
                }
            }
        }
        return new Evacuation(changes, homeless);
    }

    /** Whoever began before may have brought in a learner: it is as good as any, and there already. */
    private static Optional<NodeId> begun(RangeDescriptor range, ReplicaInfo leaving, Map<NodeId, Integer> fit) {
        for (ReplicaInfo replica : range.replicas()) {
            if (replica.kind() == ReplicaInfo.Kind.LEARNER
                    && replica.witness() == leaving.witness()
                    && fit.containsKey(replica.node())) {
                return Optional.of(replica.node());
            }
        }
        return Optional.empty();
    }

    private static Optional<NodeId> emptiest(RangeDescriptor range, Map<NodeId, Integer> replicas) {
        NodeId best = NodeId.NONE;
        int fewest = Integer.MAX_VALUE;
        for (Map.Entry<NodeId, Integer> node : replicas.entrySet()) {
            if (node.getValue() < fewest && range.replicaOn(node.getKey()).isEmpty()) {
                best = node.getKey();
                fewest = node.getValue();
            }
        }
        return best.isKnown() ? Optional.of(best) : Optional.empty();
    }
}
