package io.flotilla.node.replica;

import io.flotilla.config.lang.Invariant;
import io.flotilla.node.mvcc.Mutation;
import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.snapshot.SnapshotHeader;
import io.flotilla.node.storage.Engine;
import io.flotilla.range.lifecycle.CommitTrigger;
import io.flotilla.range.lifecycle.ReplicaChangeTrigger;
import io.flotilla.range.lifecycle.SplitTrigger;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Turns committed entries into engine batches: a pure function of (state, entry). The applied index is in the same batch as the data, so after a crash
 * an entry is applied exactly once (B27).
 */
final class StateApplier {
    /** The payload of an entry that changes nothing. */
    static final byte[] NOTHING = new byte[0];

    /** Where a split's right side begins its log, so that a replica without that beginning must get a snapshot. */
    static final LocalState.Applied RIGHT_SIDE_START = new LocalState.Applied(10, 5);

    /** What an entry made of the range beyond its data. */
    sealed interface Reshaping {}

    /** @param here whether this store keeps a replica of the right side */
    record WasSplit(SplitTrigger trigger, boolean here) implements Reshaping {}

    record GotOtherReplicas(RangeDescriptor before, RangeDescriptor after) implements Reshaping {}

    private final Engine engine;
    private final int self;
    private final boolean witness;
    private final byte[] appliedKey;
    private RangeDescriptor descriptor;
    private LocalState.Applied applied;
    private @Nullable Reshaping reshaping;

    /** @param self this replica's id */
    StateApplier(Engine engine, RangeDescriptor descriptor, int self) {
        this.engine = engine;
        this.self = self;
        this.witness = descriptor.replica(self).map(ReplicaInfo::witness).orElse(false);
        this.descriptor = descriptor;
        this.appliedKey = LocalState.appliedKey(descriptor.id());
        LocalState.Applied found = LocalState.applied(engine, descriptor.id());
        this.applied = found == null ? new LocalState.Applied(0, 0) : found;
    }

    LocalState.Applied applied() {
        return applied;
    }

    RangeDescriptor descriptor() {
        return descriptor;
    }

    /**
     * Applies entries from position {@code from} on, in one batch; stops after one that changes the range's shape.
     *
     * @return the position after the last one applied
     */
    int apply(List<LogEntry> entries, int from) {
        try (Engine.Batch batch = engine.newBatch()) {
            int next = from;
            long term = applied.term();
            long index = applied.index();
            while (next < entries.size() && reshaping == null) {
                LogEntry entry = entries.get(next++);
                Invariant.check(entry.index() == index + 1, "entries apply in order", entry.index(), index + 1);
                index = entry.index();
                term = entry.term();
                byte[] payload = entry.payload();
                if (payload.length > 0) {
                    byte[] trigger = witness ? Mutation.trigger(payload) : Mutation.apply(payload, batch);
                    if (trigger.length > 0) {
                        reshape(batch, CommitTrigger.decode(trigger));
                    }
                }
            }
            LocalState.putApplied(batch, appliedKey, index, term);
            engine.write(batch);
            applied = new LocalState.Applied(index, term);
            return next;
        }
    }

    /** What the last {@link #apply} ended with, if anything; asked once. */
    @Nullable
    Reshaping takeReshaping() {
        Reshaping taken = reshaping;
        reshaping = null;
        return taken;
    }

    private void reshape(Engine.Batch batch, CommitTrigger trigger) {
        if (trigger instanceof SplitTrigger split) {
            splitInto(batch, split);
        } else if (trigger instanceof ReplicaChangeTrigger change) {
            RangeDescriptor next = change.descriptor();
            Invariant.check(
                    next.id().equals(descriptor.id()) && next.generation() == descriptor.generation() + 1,
                    "a change of replicas was checked against the descriptor it applies to",
                    next,
                    descriptor);
            LocalState.putDescriptor(batch, next);
            reshaping = new GotOtherReplicas(descriptor, next);
            descriptor = next;
        }
    }

    private void splitInto(Engine.Batch batch, SplitTrigger trigger) {
        Invariant.check(
                trigger.left().generation() == descriptor.generation() + 1,
                "a split was checked against the descriptor it applies to",
                trigger.left(),
                descriptor);
        LocalState.putDescriptor(batch, trigger.left());
        boolean gone = LocalState.isRemoved(engine, trigger.right().id(), self);
        if (gone) {
            // It was removed there before it came here: its half of the data is nobody's any more.
            RangeSpaces.clear(batch, trigger.right().span());
        } else if (LocalState.applied(engine, trigger.right().id()) == null) {
            // A node that got the right side by snapshot before it applied the split must not be thrown back.
            LocalState.putDescriptor(batch, trigger.right());
            LocalState.putApplied(
                    batch,
                    LocalState.appliedKey(trigger.right().id()),
                    RIGHT_SIDE_START.index(),
                    RIGHT_SIDE_START.term());
        }
        descriptor = trigger.left();
        reshaping = new WasSplit(trigger, !gone);
    }

    /** The engine holds that snapshot in place of what it held. */
    void installed(SnapshotHeader header) {
        descriptor = header.descriptor();
        applied = new LocalState.Applied(header.index(), header.indexTerm());
    }
}
