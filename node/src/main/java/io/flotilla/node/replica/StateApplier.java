package io.flotilla.node.replica;

import io.flotilla.config.kv.KvError;
import io.flotilla.config.lang.Invariant;
import io.flotilla.config.time.Timestamp;
import io.flotilla.node.mvcc.Mutation;
import io.flotilla.node.mvcc.StateChecksum;
import io.flotilla.node.mvcc.VersionSweep;
import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.snapshot.SnapshotHeader;
import io.flotilla.node.storage.Engine;
import io.flotilla.range.lifecycle.CommitTrigger;
import io.flotilla.range.lifecycle.ReplicaChangeTrigger;
import io.flotilla.range.lifecycle.SplitTrigger;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Turns committed entries into engine batches: a pure function of (state, entry). The applied index is in the same batch as the data, so after a crash
 * an entry is applied exactly once (B27).
 */
final class StateApplier {
    /** The payload of an entry that changes nothing. */
    static final byte[] NOTHING = new byte[0];

    /** Where a split's right side begins its log, so that a replica without that beginning must get a snapshot. */
    static final LocalState.Applied RIGHT_SIDE_START =
            new LocalState.Applied(10, 5, StateChecksum.EMPTY, Timestamp.ZERO);

    /** What an entry made of the range beyond its data. */
    sealed interface Reshaping {}

    /** @param here whether this store keeps a replica of the right side */
    record WasSplit(SplitTrigger trigger, boolean here) implements Reshaping {}

    record GotOtherReplicas(RangeDescriptor before, RangeDescriptor after) implements Reshaping {}

    /** What the state added up to when the entry at that index, a check, was applied. */
    record Checked(long index, long sum) {}

    private final Engine engine;
    private final AppliedFault fault;
    private final StateChecksum.Adding adding;
    private final int self;
    private final boolean witness;
    private final byte[] appliedKey;
    private RangeDescriptor descriptor;
    private LocalState.Applied applied;
    private @Nullable Reshaping reshaping;
    private @Nullable Checked checked;
    private Timestamp swept;
    private long writtenBytes;

    /** @param self this replica's id */
    StateApplier(Engine engine, RangeDescriptor descriptor, int self) {
        this.engine = engine;
        this.fault = AppliedFault.ofThisProcess();
        this.adding = new StateChecksum.Adding(engine);
        this.self = self;
        this.witness = descriptor.replica(self).map(ReplicaInfo::witness).orElse(false);
        this.descriptor = descriptor;
        this.appliedKey = LocalState.appliedKey(descriptor.id());
        LocalState.Applied found = LocalState.applied(engine, descriptor.id());
        this.applied = found == null ? LocalState.Applied.NOTHING : found;
        this.swept = applied.swept();
    }

    /** Tells {@code next} of every write from now on; null for nobody. */
    void tell(Mutation.@Nullable Target next) {
        adding.tell(next);
    }

    LocalState.Applied applied() {
        return applied;
    }

    /** What was overwritten before may be gone. */
    Timestamp swept() {
        return applied.swept();
    }

    /** Why a trigger does not fit the range as it is now. */
    Optional<KvError> objection(byte[] trigger) {
        return RangeChanges.objection(descriptor, CommitTrigger.decode(trigger));
    }

    RangeDescriptor descriptor() {
        return descriptor;
    }

    /**
     * Applies entries from position {@code from} on, in one batch; stops after one that changes the range's shape, and before a sweep, which must see in the
     * engine what came before it.
     *
     * @return the position after the last one applied
     */
    int apply(List<LogEntry> entries, int from) {
        try (Engine.Batch batch = engine.newBatch()) {
            int next = from;
            adding.to(batch);
            long term = applied.term();
            long index = applied.index();
            StateChecksum checksum = applied.checksum();
            while (next < entries.size() && reshaping == null) {
                LogEntry entry = entries.get(next);
                if (next > from && entry.payload().length > 0 && Mutation.isSweep(entry.payload())) {
                    break;
                }
                next++;
                Invariant.check(entry.index() == index + 1, "entries apply in order", entry.index(), index + 1);
                index = entry.index();
                term = entry.term();
                byte[] payload = entry.payload();
                if (payload.length > 0) {
                    byte[] trigger = Mutation.trigger(payload);
                    if (!witness) {
                        checksum = write(payload, checksum, index);
                    }
                    if (trigger.length > 0) {
                        checksum = reshape(
                                batch,
                                CommitTrigger.decode(trigger),
                                new LocalState.Applied(index, term, checksum, swept));
                    }
                }
            }
            LocalState.Applied now = new LocalState.Applied(index, term, checksum, swept);
            LocalState.putApplied(batch, appliedKey, now);
            engine.write(batch);
            adding.written();
            applied = now;
            return next;
        }
    }

    private StateChecksum write(byte[] payload, StateChecksum before, long index) {
        Optional<Mutation.Check> check = Mutation.check(payload);
        if (check.isPresent()) {
            StateChecksum after = before.without(check.get());
            checked = new Checked(index, after.sum());
            return after;
        }
        Optional<Mutation.Sweep> sweep = Mutation.sweep(payload);
        if (sweep.isPresent()) {
            sweep(sweep.get());
        } else {
            Mutation.apply(payload, fault.on(descriptor.id(), adding));
            writtenBytes += payload.length;
        }
        return before.plus(adding.take());
    }

    /** What was found in a range of another shape may be another range's. */
    private void sweep(Mutation.Sweep sweep) {
        if (sweep.generation() == descriptor.generation()) {
            VersionSweep.carryOut(engine, sweep, adding);
            swept = swept.max(sweep.threshold());
        }
    }

    /** How much was written since this was last asked. */
    long takeWrittenBytes() {
        long taken = writtenBytes;
        writtenBytes = 0;
        return taken;
    }

    /** The last check among what was applied since it was asked for, if there was any. */
    @Nullable
    Checked takeChecked() {
        Checked taken = checked;
        checked = null;
        return taken;
    }

    /** What the last {@link #apply} ended with, if anything; asked once. */
    @Nullable
    Reshaping takeReshaping() {
        Reshaping taken = reshaping;
        reshaping = null;
        return taken;
    }

    /** @param at after the writes of the entry with the trigger; returns what the range's own checksum is then */
    private StateChecksum reshape(Engine.Batch batch, CommitTrigger trigger, LocalState.Applied at) {
        if (trigger instanceof SplitTrigger split) {
            splitInto(batch, split, at.checksum());
            return at.checksum().afterSplit(at.index());
        } else if (trigger instanceof ReplicaChangeTrigger change) {
            RangeDescriptor next = change.descriptor();
            Invariant.check(
                    // A change that was forced on the range without a quorum leaps ahead of what the lost replicas made
                    // of it.
                    next.id().equals(descriptor.id()) && next.generation() > descriptor.generation(),
                    "a change of replicas was checked against the descriptor it applies to",
                    next,
                    descriptor);
            LocalState.putDescriptor(batch, next);
            reshaping = new GotOtherReplicas(descriptor, next);
            descriptor = next;
        }
        return at.checksum();
    }

    private void splitInto(Engine.Batch batch, SplitTrigger trigger, StateChecksum whole) {
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
                    new LocalState.Applied(
                            RIGHT_SIDE_START.index(),
                            RIGHT_SIDE_START.term(),
                            whole.afterSplit(RIGHT_SIDE_START.index()),
                            swept));
        }
        descriptor = trigger.left();
        reshaping = new WasSplit(trigger, !gone);
    }

    /** The engine holds that snapshot in place of what it held. */
    void installed(SnapshotHeader header) {
        descriptor = header.descriptor();
        adding.forget();
        applied = LocalState.Applied.of(header);
        swept = applied.swept();
    }
}
