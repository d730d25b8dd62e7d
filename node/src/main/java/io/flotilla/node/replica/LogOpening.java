package io.flotilla.node.replica;

import io.flotilla.node.liveness.Liveness;
import io.flotilla.node.log.LogCorruptException;
import io.flotilla.node.log.SharedLog;
import io.flotilla.node.raft.HardState;
import io.flotilla.node.raft.LogView;
import io.flotilla.node.raft.Ready;
import io.flotilla.node.raft.Ready.Persist;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.StorageException;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import java.util.List;

/**
 * What a replica finds on disk when it is opened: its log and hard state, made to fit the state that is in the engine.
 *
 * <p>May wait for the log to be durable; not for a replica's turn on the hot path.
 */
record LogOpening(HardState hardState, LogView view) {
    static LogOpening of(SharedLog log, Engine engine, RangeDescriptor descriptor) {
        long range = descriptor.id().value();
        LocalState.Applied applied = LocalState.applied(engine, descriptor.id());
        LogView view = log.view(range);
        HardState hardState = log.hardState(range);
        if (applied != null && applied.index() < view.firstIndex() - 1) {
            throw new StorageException(
                    "the state of " + descriptor + " is at index " + applied.index() + ", but its log begins after "
                            + (view.firstIndex() - 1) + ": one of the two is an old copy",
                    new IllegalStateException("state and log do not belong together"));
        }
        if (applied != null && !holds(view, applied)) {
            // A split's right side or a snapshot whose log record did not survive: the state is the log's beginning.
            return reset(log, range, applied, hardState);
        }
        return new LogOpening(hardState, view);
    }

    /** Whether the log has the entry that the state is at, or begins right after it. */
    private static boolean holds(LogView view, LocalState.Applied applied) {
        long index = applied.index();
        return index >= view.firstIndex() - 1 && index <= view.lastIndex() && view.termAt(index) == applied.term();
    }

    private static LogOpening reset(SharedLog log, long range, LocalState.Applied applied, HardState found) {
        HardState state = new HardState(
                Math.max(found.term(), applied.term()),
                found.term() >= applied.term() ? found.vote() : 0,
                Math.max(found.commit(), applied.index()),
                // Whoever was fortified may lean on this replica still: its store remembers that it supports the other.
                found.leader(),
                found.leaderEpoch());
        DurableGate gate = new DurableGate();
        log.submit(range, new Persist(state, List.of(), new Ready.LogReset(applied.index(), applied.term())), gate);
        gate.await();
        return new LogOpening(log.hardState(range), log.view(range));
    }

    /**
     * Whether the replica that lies there may stay asleep: it has promised its support to a leader whose store still has this one's, so it waits for that; and
     * its state has all that is in its log.
     */
    static boolean mayRest(SharedLog log, Engine engine, Liveness liveness, RangeDescriptor descriptor) {
        long range = descriptor.id().value();
        HardState hard = log.hardState(range);
        boolean bound = descriptor
                .replica(hard.leader())
                .filter(leader -> liveness.view().givenTo(leader.node().value()) == hard.leaderEpoch())
                .isPresent();
        if (!bound) {
            return false;
        }
        LocalState.Applied applied = LocalState.applied(engine, descriptor.id());
        return applied != null && applied.index() >= log.view(range).lastIndex();
    }

    /**
     * Before the first replica comes to a store that has none, by snapshot: its state is durable before its log is, and without anything in the log a crash
     * between the two would look as if the log had been lost. Nobody else writes to that range's log, for it has no replica here yet.
     *
     * @param term the leader's that sends it, which the replica knows of from then on
     */
    static void begin(SharedLog log, RangeId range, long term) {
        if (log.ranges().isEmpty()) {
            DurableGate gate = new DurableGate();
            log.submit(range.value(), new Persist(new HardState(term, 0, 0), List.of(), null), gate);
            gate.await();
        }
    }

    /** A log that was lost or replaced, or of whose files the newest is missing, forgets votes and acknowledged entries; going on from the state alone would hide that (B22). */
    static void checkLogBelongsToState(SharedLog log, Engine engine, List<RangeDescriptor> descriptors) {
        long records = StoreMarks.logRecords(engine);
        if (log.recordsFound() < records) {
            throw new LogCorruptException(
                    "the log ends after " + log.recordsFound() + " records, but there were " + records
                            + " when the state was flushed: its newest file is missing, or an old copy of it was put in its place");
        }
        if (!log.ranges().isEmpty()) {
            return;
        }
        for (RangeDescriptor descriptor : descriptors) {
            if (LocalState.applied(engine, descriptor.id()) != null) {
                throw new LogCorruptException("the log is empty, but the state of " + descriptor
                        + " is not: the log's directory was lost or replaced");
            }
        }
    }
}
