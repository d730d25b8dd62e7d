package io.flotilla.node.replica;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.time.Timestamp;
import io.flotilla.node.log.SharedLog;
import io.flotilla.node.mvcc.Mutation;
import io.flotilla.node.raft.HardState;
import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.LogView;
import io.flotilla.node.raft.RaftEvent;
import io.flotilla.node.storage.Engine;
import io.flotilla.range.lifecycle.CommitTrigger;
import io.flotilla.range.lifecycle.ReplicaChangeTrigger;
import io.flotilla.range.lifecycle.SplitTrigger;
import io.flotilla.range.recovery.ForcedStep;
import io.flotilla.range.recovery.Survivor;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A store's part when ranges have lost their quorum for good: says what its replicas hold, and makes those that it is told to go on without the others.
 *
 * <p>A step is durable here before its replica hears of it, and is repeated, over restarts too, until the replica's log has moved on: then it was done, or
 * was about another state of things.
 *
 * <p>Threading: thread-safe; {@link #stage} blocks until the disk has it.
 */
public final class LostQuorums {
    private static final Logger LOG = LoggerFactory.getLogger(LostQuorums.class);
    private static final long SCAN_BYTES_MAX = 4L * 1024 * 1024;
    private static final long NEWEST_ENTRIES = 64;
    private static final byte[] NOTHING = new byte[0];

    private final NodeId node;
    private final Engine engine;
    private final SharedLog log;
    private final ReplicaDirectory replicas;
    private final Map<RangeId, ForcedStep> staged = new TreeMap<>();

    LostQuorums(NodeId node, Engine engine, SharedLog log, ReplicaDirectory replicas) {
        this.node = node;
        this.engine = engine;
        this.log = log;
        this.replicas = replicas;
    }

    // ---- what is here --------------------------------------------------------------------------------------------

    /** Replicas of this store with a range id from {@code from} on, by range id. */
    public List<Survivor> survivors(RangeId from, int max) {
        TreeMap<RangeId, Slot> slots = new TreeMap<>();
        for (Slot slot : replicas.all()) {
            if (slot.range().compareTo(from) >= 0) {
                slots.put(slot.range(), slot);
            }
        }
        List<Survivor> survivors = new ArrayList<>();
        for (Slot slot : slots.values()) {
            if (survivors.size() == max) {
                break;
            }
            survivor(slot).ifPresent(survivors::add);
        }
        return survivors;
    }

    /** Empty if the end of its log has removed it: it waits to hear that this stands, and is nobody to go on from. */
    private Optional<Survivor> survivor(Slot slot) {
        long range = slot.range().value();
        LogView view = log.view(range);
        HardState state = log.hardState(range);
        long last = view.lastIndex();
        LocalState.Applied applied = LocalState.applied(engine, slot.range());
        long first = Math.max(view.firstIndex(), applied == null ? 0 : applied.index() + 1);
        RangeDescriptor standing = slot.descriptor();
        RangeDescriptor latest = standing;
        for (long next = first; next <= last; ) {
            List<LogEntry> entries = view.entries(next, last + 1, SCAN_BYTES_MAX);
            for (LogEntry entry : entries) {
                latest = after(latest, entry);
            }
            next += entries.size();
        }
        if (latest.replicaOn(node).isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new Survivor(
                node, latest, standing, state.term(), view.termAt(last), last, state.commit(), newest(view, last)));
    }

    private static RangeDescriptor after(RangeDescriptor latest, LogEntry entry) {
        byte[] trigger = entry.payload().length == 0 ? NOTHING : Mutation.trigger(entry.payload());
        if (trigger.length == 0) {
            return latest;
        }
        CommitTrigger change = CommitTrigger.decode(trigger);
        RangeDescriptor next =
                change instanceof SplitTrigger split ? split.left() : ((ReplicaChangeTrigger) change).descriptor();
        return next.generation() > latest.generation() ? next : latest;
    }

    private static Timestamp newest(LogView view, long last) {
        NewestWrite newest = new NewestWrite();
        long first = Math.max(view.firstIndex(), last - NEWEST_ENTRIES + 1);
        for (long next = first; next <= last; ) {
            List<LogEntry> entries = view.entries(next, last + 1, SCAN_BYTES_MAX);
            for (LogEntry entry : entries) {
                if (entry.payload().length > 0) {
                    Mutation.apply(entry.payload(), newest);
                }
            }
            next += entries.size();
        }
        return newest.timestamp();
    }

    // ---- what is to be done --------------------------------------------------------------------------------------

    /** Takes these steps on, durably, and begins. */
    public void stage(List<ForcedStep> steps) {
        try (Engine.Batch batch = engine.newBatch()) {
            for (ForcedStep step : steps) {
                LocalState.putForced(batch, step.after().id(), step.encode());
            }
            engine.write(batch);
        }
        engine.flush();
        synchronized (staged) {
            steps.forEach(step -> staged.put(step.after().id(), step));
        }
        steps.forEach(step -> LOG.warn("told that the others are lost for good: {}", step));
        carryOn();
    }

    /** What was taken on before a restart. Once, when the replicas are there. */
    void recover() {
        synchronized (staged) {
            LocalState.forced(engine).forEach((range, bytes) -> staged.put(range, ForcedStep.decode(bytes)));
        }
    }

    /** Whether there is nothing to be done. */
    boolean isIdle() {
        synchronized (staged) {
            return staged.isEmpty();
        }
    }

    /** Does what is not done yet; a replica that still owes a leader its vote does not listen at once. */
    void carryOn() {
        synchronized (staged) {
            staged.values().removeIf(this::isOver);
            staged.values().forEach(this::tell);
        }
    }

    private boolean isOver(ForcedStep step) {
        RangeId range = step.after().id();
        LogView view = log.view(range.value());
        boolean stands = replicas.find(range) != null
                && view.lastIndex() == step.lastIndex()
                && view.termAt(step.lastIndex()) == step.lastTerm();
        if (!stands) {
            try (Engine.Batch batch = engine.newBatch()) {
                LocalState.removeForced(batch, range);
                engine.write(batch);
            }
        }
        return !stands;
    }

    private void tell(ForcedStep step) {
        Slot slot = replicas.find(step.after().id());
        if (slot != null) {
            byte[] config = Mutation.payload(NOTHING, new ReplicaChangeTrigger(step.after()).encode());
            slot.tell(new ReplicaActor.Raise(
                    new RaftEvent.Force(step.lastIndex(), step.lastTerm(), step.term(), config)));
        }
    }
}
