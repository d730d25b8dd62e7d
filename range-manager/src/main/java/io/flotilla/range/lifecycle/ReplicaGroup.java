package io.flotilla.range.lifecycle;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.kv.KvError;
import io.flotilla.range.routing.RangeDescriptor;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A range's replicas, as far as a change of them must know. Whoever wires the rooms binds it to the nodes.
 *
 * <p>Threading: callable from any thread, never blocks; callbacks run on any thread, exactly once.
 */
public interface ReplicaGroup {
    /**
     * How a range stands, by its leaseholder's own account.
     *
     * @param caughtUp ids of the replicas that have all but the latest moments' entries
     */
    record Look(NodeId leaseholder, List<Integer> caughtUp) {
        public Look {
            caughtUp = List.copyOf(caughtUp);
        }
    }

    /** Empty if nobody says that it is the leaseholder. */
    void look(RangeDescriptor range, Consumer<Optional<Look>> callback);

    /** Makes another node the leaseholder. @param callback takes null when it is */
    void handOver(RangeDescriptor range, NodeId to, long timeoutMicros, Consumer<@Nullable KvError> callback);
}
