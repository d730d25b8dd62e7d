package io.flotilla.node.replica;

import io.flotilla.config.id.NodeId;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One replica's door, and what other threads may know of it. While the replica sleeps there is nobody behind the door, only what is needed to wake it;
 * whoever tells it something wakes it.
 *
 * <p>Thread-safe. A replica is built under this object's lock, so that there are never two; its turns are taken outside.
 */
final class Slot {
    /** Builds a replica where it left off. */
    interface Builder {
        Consumer<ReplicaActor.Command> build(Slot slot, Dormant from);
    }

    /**
     * What a replica that rests waits for.
     *
     * @param leader it is woken when that one's store is supported no longer
     * @param missing it is woken when one of their stores comes back
     */
    record Rest(int leader, List<Integer> missing) {}

    private final Builder builder;
    private final int replicaId;
    private volatile RangeDescriptor descriptor;

    /** Null while it sleeps, and {@link #dormant} is not. */
    private @Nullable Consumer<ReplicaActor.Command> door;

    private volatile @Nullable Dormant dormant;
    private volatile @Nullable Rest rest;

    /** Nobody is behind the door any more, and nobody will be. */
    private volatile boolean shut;

    /** What was told through the present door. */
    private long told;

    /** A replica that sleeps. */
    Slot(Builder builder, RangeDescriptor descriptor, int replicaId, Dormant dormant) {
        this.builder = builder;
        this.descriptor = descriptor;
        this.replicaId = replicaId;
        this.dormant = dormant;
        this.rest = new Rest(dormant.status().leader(), List.of());
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

    /** Whatever is told in one group is handled in one turn. Wakes whoever sleeps. */
    void tell(ReplicaActor.Command command) {
        Consumer<ReplicaActor.Command> to;
        synchronized (this) {
            to = door;
            Dormant from = dormant;
            if (to == null && from != null) {
                to = builder.build(this, from);
                door = to;
                dormant = null;
                told = 0;
            }
            told++;
        }
        if (to != null) {
            to.accept(command);
        }
    }

    /** Tells it unless it sleeps; whether it was told. */
    boolean tellIfAwake(ReplicaActor.Command command) {
        Consumer<ReplicaActor.Command> to;
        synchronized (this) {
            to = door;
            if (to == null) {
                return false;
            }
            told++;
        }
        to.accept(command);
        return true;
    }

    /** Its replica is not to be trusted: it only keeps its place. */
    void shut() {
        shut = true;
    }

    boolean isShut() {
        return shut;
    }

    // ---- sleep ---------------------------------------------------------------------------------------------------

    /** What there is of it while it sleeps. */
    @Nullable
    Dormant dormant() {
        return dormant;
    }

    /** By the replica: it waits for that, or, with null, is awake. */
    void rests(@Nullable Rest waitsFor) {
        rest = waitsFor;
    }

    /**
     * By the replica, at the end of its last turn: it goes if it has heard all that it was told.
     *
     * @param heard how much that is
     */
    synchronized boolean fallAsleep(long heard, Dormant kept) {
        if (told != heard) {
            return false;
        }
        dormant = kept;
        door = null;
        return true;
    }

    /** Whether it rests because that node's store is supported. */
    boolean isLedFrom(NodeId node) {
        Rest now = rest;
        return now != null && isOn(now.leader(), node);
    }

    /** Whether it rests although replicas on that node lack something, because that node is away. */
    boolean misses(NodeId node) {
        Rest now = rest;
        if (now != null) {
            for (int replica : now.missing()) {
                if (isOn(replica, node)) {
                    return true;
                }
            }
        }
        return false;
    }

    private boolean isOn(int replica, NodeId node) {
        for (ReplicaInfo each : descriptor.replicas()) {
            if (each.replicaId() == replica) {
                return each.node().equals(node);
            }
        }
        return false;
    }
}
