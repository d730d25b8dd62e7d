package io.flotilla.node.replica;

import io.flotilla.node.mvcc.Mutation;
import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.RaftEvent;
import io.flotilla.node.raft.Ready;
import io.flotilla.range.routing.RangeDescriptor;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A leaseholder's part in taking away old versions: brings what was found into the log, one entry at a time, and tells when it is applied.
 *
 * <p>Threading: the replica's own turn only.
 */
final class Sweeping {
    /** @param done told whether it was carried out */
    record Wish(Mutation.Sweep sweep, Consumer<Boolean> done) {}

    /** In the log. */
    private record Proposed(long index, long term, Consumer<Boolean> done) {}

    private @Nullable Wish wish;
    private @Nullable Proposed proposed;

    /** One at a time: whoever comes while another is under way is refused. */
    void wish(Wish next) {
        if (wish != null || proposed != null) {
            next.done().accept(false);
        } else {
            wish = next;
        }
    }

    /**
     * Brings what is wished for into the log.
     *
     * @param desk null unless this replica leads
     * @param step of the core; what comes of it is handled by who passes it in
     */
    void propose(@Nullable RequestDesk desk, RangeDescriptor range, long term, Function<RaftEvent, Ready> step) {
        Wish next = wish;
        if (next == null) {
            return;
        }
        wish = null;
        if (desk == null || desk.isFrozen() || next.sweep().generation() != range.generation()) {
            next.done().accept(false);
            return;
        }
        Ready ready = step.apply(new RaftEvent.Propose(List.of(next.sweep().payload())));
        if (ready.proposedFrom() == 0) {
            next.done().accept(false);
        } else {
            proposed = new Proposed(ready.proposedFrom(), term, next.done());
        }
    }

    /** The state machine has applied that entry. */
    void applied(LogEntry entry) {
        Proposed waiting = proposed;
        if (waiting != null && entry.index() >= waiting.index()) {
            proposed = null;
            waiting.done().accept(entry.index() == waiting.index() && entry.term() == waiting.term());
        }
    }

    /** This replica does not lead any more: nobody waits for what may still come of it. */
    void stop() {
        Wish dropped = wish;
        Proposed waiting = proposed;
        wish = null;
        proposed = null;
        if (dropped != null) {
            dropped.done().accept(false);
        }
        if (waiting != null) {
            waiting.done().accept(false);
        }
    }

    boolean isIdle() {
        return wish == null && proposed == null;
    }
}
