package io.flotilla.range.lifecycle;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Value;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads what the meta range says of a node. Whoever wires the rooms binds it to how that is written there. A function. */
@FunctionalInterface
public interface Newcomers {
    /**
     * Why that node must get no replica.
     *
     * @param row under {@link io.flotilla.config.key.KeySpace#node}; null if there is none
     */
    Optional<ReplicaChangeResult.Refused> objection(NodeId node, @Nullable Value row);
}
