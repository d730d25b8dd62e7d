package io.flotilla.node.replica;

import io.flotilla.config.id.NodeId;
import io.flotilla.node.storage.Engine;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Replicas of this store that cannot be trusted any more: they take no turns, so they serve nothing, lead nothing, and have no vote. Nobody knows what went
 * wrong with them, so their word is worth nothing in an election or for a commit either. They are not mended: the range is asked to remove them, and to add
 * a new replica here, under an id that has promised nothing yet (B22).
 *
 * <p>Thread-safe. What is noted here is durable.
 */
public final class LostReplicas {
    private static final Logger LOG = LoggerFactory.getLogger(LostReplicas.class);

    /** Why a replica is lost. The ordinal is written to disk: only add at the end. */
    public enum Why {
        /** Its state is not what a majority of its range has. */
        DIVERGED,
        /** Its state is half of a snapshot, and the file with all of it is damaged or gone. */
        HALF_INSTALLED,
        /** All of its store was damaged, and an operator had it rebuilt. */
        STORE_REBUILT,
        /** It never was: its range was split off from one that had no voter here just then, for that one's was being made anew. */
        LEFT_OUT
    }

    /**
     * @param replicaId no replica of that id, or a lower one, comes back
     * @param index of the log at which it was found out; 0 if there is none
     * @param removedFrom the range just before its replica here was removed from it; null if that was not begun
     */
    public record Lost(
            RangeId range,
            int replicaId,
            boolean witness,
            Why why,
            long index,
            @Nullable RangeDescriptor removedFrom) {
        public Lost(RangeId range, int replicaId, boolean witness, Why why, long index) {
            this(range, replicaId, witness, why, index, null);
        }

        /** The same, to be removed from the range as it is now. */
        public Lost removedFrom(RangeDescriptor now) {
            return new Lost(range, replicaId, witness, why, index, now);
        }
    }

    private final Engine engine;
    private volatile boolean storeRebuilt;
    private final ConcurrentMap<RangeId, Lost> lost = new ConcurrentHashMap<>();

    private final NodeId node;

    LostReplicas(Engine engine, NodeId node) {
        this.engine = engine;
        this.node = node;
    }

    /** The state of the replica here is half of the snapshot at that index, and the rest is gone. */
    void halfInstalled(RangeDescriptor descriptor, long index) {
        descriptor
                .replicaOn(node)
                .ifPresent(own -> addAll(
                        List.of(new Lost(descriptor.id(), own.replicaId(), own.witness(), Why.HALF_INSTALLED, index))));
    }

    /** Before any replica is opened. */
    void load() {
        storeRebuilt = StoreMarks.isRebuilt(engine);
        lost.putAll(LocalState.lost(engine));
        lost.values().forEach(each -> LOG.warn("{} is to be made anew", each));
    }

    /** Whether that replica, here, is lost. */
    boolean isLost(RangeId range, int replicaId) {
        Lost found = lost.get(range);
        return found != null && found.replicaId() == replicaId;
    }

    /**
     * Whether there will never be a replica of that id here again, of which there is none now. Of a store that was rebuilt and has not asked the meta range
     * yet that is said of all: what is spoken to under an id that is not here was lost.
     */
    boolean isGone(RangeId range, int replicaId) {
        Lost found = lost.get(range);
        return found == null ? storeRebuilt : replicaId <= found.replicaId();
    }

    /** Notes them, durably. May take long. */
    public void addAll(List<Lost> replicas) {
        if (replicas.isEmpty()) {
            return;
        }
        try (Engine.Batch batch = engine.newBatch()) {
            for (Lost replica : replicas) {
                lost.put(replica.range(), replica);
                LocalState.putLost(batch, replica);
            }
            engine.write(batch);
        }
        engine.flush();
    }

    /** Whether there is anything to be made anew. */
    public boolean isAnythingMissing() {
        return storeRebuilt || !lost.isEmpty();
    }

    /**
     * Whether this store was emptied to be rebuilt and is not whole again yet. It does not know then which replicas it had, and what they promised: whoever is
     * spoken of here by another's word may be one of those, until the meta range was asked.
     */
    public boolean isStoreRebuilt() {
        return storeRebuilt;
    }

    /** Whether a replica of that id may come to be here by snapshot. */
    boolean mayCome(RangeId range, int replicaId) {
        if (!storeRebuilt) {
            return !isLost(range, replicaId);
        }
        Lost before = lost.get(range);
        return before != null && replicaId > before.replicaId();
    }

    /** Every replica that the meta range names here is here. */
    public void storeIsWhole() {
        if (storeRebuilt) {
            LOG.info("the store is whole again");
            try (Engine.Batch batch = engine.newBatch()) {
                StoreMarks.clearRebuilt(batch);
                engine.write(batch);
            }
            engine.flush();
            storeRebuilt = false;
        }
    }

    /** For people: what is wrong with this store's replicas, a line each. */
    public List<String> alarms() {
        return lost.values().stream()
                .map(each -> each.range() + ": replica " + each.replicaId()
                        + switch (each.why()) {
                            case DIVERGED -> " had another state than a majority at index " + each.index();
                            case HALF_INSTALLED -> " has half of the snapshot at index " + each.index();
                            case STORE_REBUILT -> " was lost with its store";
                            case LEFT_OUT -> " was left out of a split, with which the range began";
                        }
                        + "; it serves nothing and is being made anew")
                .sorted()
                .toList();
    }

    /** Those that are not replaced yet, in no order. */
    public List<Lost> all() {
        return new ArrayList<>(lost.values());
    }

    public Optional<Lost> find(RangeId range) {
        return Optional.ofNullable(lost.get(range));
    }

    /** Another replica of the range is here and votes. Not urgent: if it is forgotten, it is found out again. */
    public void replaced(RangeDescriptor descriptor) {
        Lost before = lost.get(descriptor.id());
        if (before != null) {
            LOG.info("{} was replaced: {}", before, descriptor);
            forget(descriptor.id());
        }
    }

    /** The range is to have no replica here any more. */
    public void forget(RangeId range) {
        if (lost.remove(range) != null) {
            try (Engine.Batch batch = engine.newBatch()) {
                LocalState.removeLost(batch, range);
                engine.write(batch);
            }
        }
    }
}
