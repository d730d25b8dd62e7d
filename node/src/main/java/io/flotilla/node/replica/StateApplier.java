package io.flotilla.node.replica;

import io.flotilla.config.lang.Invariant;
import io.flotilla.node.mvcc.Mutation;
import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.snapshot.SnapshotHeader;
import io.flotilla.node.storage.Engine;
import io.flotilla.range.lifecycle.SplitTrigger;
import io.flotilla.range.routing.RangeDescriptor;
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

    private final Engine engine;
    private final byte[] appliedKey;
    private RangeDescriptor descriptor;
    private LocalState.Applied applied;
    private @Nullable SplitTrigger split;

    StateApplier(Engine engine, RangeDescriptor descriptor) {
        this.engine = engine;
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
     * Applies entries from position {@code from} on, in one batch; stops after one that carries a split.
     *
     * @return the position after the last one applied
     */
    int apply(List<LogEntry> entries, int from) {
        try (Engine.Batch batch = engine.newBatch()) {
            int next = from;
            long term = applied.term();
            long index = applied.index();
            while (next < entries.size() && split == null) {
                LogEntry entry = entries.get(next++);
                Invariant.check(entry.index() == index + 1, "entries apply in order", entry.index(), index + 1);
                index = entry.index();
                term = entry.term();
                if (entry.kind() == LogEntry.Kind.NORMAL && entry.payload().length > 0) {
                    byte[] trigger = Mutation.apply(entry.payload(), batch);
                    if (trigger.length > 0) {
                        splitInto(batch, SplitTrigger.decode(trigger));
                    }
                }
            }
            LocalState.putApplied(batch, appliedKey, index, term);
            engine.write(batch);
            applied = new LocalState.Applied(index, term);
            return next;
        }
    }

    /** The split that the last {@link #apply} ended with, if any; asked once. */
    @Nullable
    SplitTrigger takeSplit() {
        SplitTrigger taken = split;
        split = null;
        return taken;
    }

    private void splitInto(Engine.Batch batch, SplitTrigger trigger) {
        Invariant.check(
                trigger.left().generation() == descriptor.generation() + 1,
                "a split was checked against the descriptor it applies to",
                trigger.left(),
                descriptor);
        LocalState.putDescriptor(batch, trigger.left());
        // A node that got the right side by snapshot before it applied the split must not be thrown back.
        if (LocalState.applied(engine, trigger.right().id()) == null) {
            LocalState.putDescriptor(batch, trigger.right());
            LocalState.putApplied(
                    batch,
                    LocalState.appliedKey(trigger.right().id()),
                    RIGHT_SIDE_START.index(),
                    RIGHT_SIDE_START.term());
        }
        descriptor = trigger.left();
        split = trigger;
    }

    /** The engine holds that snapshot in place of what it held. */
    void installed(SnapshotHeader header) {
        descriptor = header.descriptor();
        applied = new LocalState.Applied(header.index(), header.indexTerm());
    }
}
