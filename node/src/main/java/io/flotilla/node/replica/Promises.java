package io.flotilla.node.replica;

import io.flotilla.node.raft.RaftMessage;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.Consumer;

/**
 * Messages that promise what is not durable yet. They leave in order, each when all that was written before it is.
 *
 * <p>Threading: the replica's own turn only.
 */
final class Promises {
    private record Held(long write, List<RaftMessage> messages) {}

    private final ArrayDeque<Held> held = new ArrayDeque<>();
    private long begun;
    private long durable;

    /** A write was begun that the messages promise. */
    void hold(long write, List<RaftMessage> messages) {
        begun = write;
        held.add(new Held(write, messages));
    }

    /** Whether the messages have to wait behind others; if so, they do. */
    boolean holdIfOthersWait(List<RaftMessage> messages) {
        if (held.isEmpty()) {
            return false;
        }
        held.add(new Held(begun, messages));
        return true;
    }

    /** That write is durable, and so are those before it. */
    void durable(long write) {
        durable = write;
    }

    void release(Consumer<List<RaftMessage>> send) {
        while (!held.isEmpty() && held.peek().write() <= durable) {
            send.accept(held.poll().messages());
        }
    }

    /** Whether all that was begun is durable, and said. */
    boolean isEmpty() {
        return held.isEmpty() && durable == begun;
    }
}
