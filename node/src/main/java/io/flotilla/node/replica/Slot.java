package io.flotilla.node.replica;

import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import java.util.function.Consumer;

/**
 * One replica's door, and what other threads may know of it.
 *
 * <p>Thread-safe.
 */
final class Slot {
    private final Consumer<ReplicaActor.Command> door;
    private final int replicaId;
    private volatile RangeDescriptor descriptor;

    Slot(Consumer<ReplicaActor.Command> door, RangeDescriptor descriptor, int replicaId) {
        this.door = door;
        this.replicaId = replicaId;
        this.descriptor = descriptor;
    }

    RangeId range() {
        return descriptor.id();
    }

    /** This replica's id, for its whole life. */
    int replicaId() {
        return replicaId;
    }

    RangeDescriptor descriptor() {
        return descriptor;
    }

    /** Only {@link ReplicaDirectory} may change it: its index must agree. */
    void descriptor(RangeDescriptor changed) {
        descriptor = changed;
    }

    /** Whatever is told in one group is handled in one turn. */
    void tell(ReplicaActor.Command command) {
        door.accept(command);
    }
}
