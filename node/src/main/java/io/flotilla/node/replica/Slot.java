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
    private volatile RangeDescriptor descriptor;

    Slot(Consumer<ReplicaActor.Command> door, RangeDescriptor descriptor) {
        this.door = door;
        this.descriptor = descriptor;
    }

    RangeId range() {
        return descriptor.id();
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
