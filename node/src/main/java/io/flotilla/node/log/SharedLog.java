package io.flotilla.node.log;

import io.flotilla.node.raft.HardState;
import io.flotilla.node.raft.LogView;
import io.flotilla.node.raft.Ready.Persist;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * One log for all ranges of a store.
 *
 * <p>Threading: {@link #submit} may be called from any thread, but per range from one at a time; {@link #view} is for the same
 * thread. Callbacks run on the writer's thread in the order of submission and must be short.
 */
public interface SharedLog extends AutoCloseable {
    /** Called on the writer's thread. */
    interface Listener {
        /** Everything submitted with this listener up to here is durable. */
        void durable();

        /** The disk failed; the store is stopping and nothing more will ever be durable. */
        void failed(Exception cause);
    }

    /** Queues a write. Becomes visible in {@link #view} at the latest when the listener is told. */
    void submit(long range, Persist persist, Listener listener);

    /** The range may forget entries up to and including {@code index}: they are in a flushed state or snapshot. Not urgent, not durable at once. */
    void compact(long range, long index, long term);

    /** The range was removed from this store; nothing of it is needed any more. */
    void remove(long range);

    /** Nobody reads that range's entries for now: what is kept of them in memory can go. Any thread. */
    default void rest(long range) {}

    /** The range's durable log, as recovered at the start and as it grows. An unknown range has an empty log beginning at 1. */
    LogView view(long range);

    /** The last durable hard state, or {@link HardState#INITIAL}. */
    HardState hardState(long range);

    /** All ranges that have anything in this log. */
    List<Long> ranges();

    /** How many records of this log were ever durable. Any thread. */
    default long recordsDurable() {
        return 0;
    }

    /** How many that were when it was opened, by what was found of it: fewer, if its last files are missing. A log that keeps no count misses none. */
    default long recordsFound() {
        return Long.MAX_VALUE;
    }

    /**
     * Asks for relief when ranges keep more for slow peers than the log has room for: those named should be compacted up to the index named with them, which
     * is their last in the log's oldest file, as far as their flushed state allows. Called on a thread that may wait; whatever is kept nevertheless is
     * written once more.
     */
    default void onCrowded(Consumer<Map<Long, Long>> relieve) {}

    /** Whom to tell, once, when nothing more can be made durable; any thread. Listeners are told besides. */
    default void onFailure(Consumer<Exception> failed) {}

    /** For how long the write under way has been so, in nanoseconds; 0 if there is none. Any thread. */
    default long oldestPendingNanos() {
        return 0;
    }

    @Override
    void close();
}
