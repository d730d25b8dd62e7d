package io.flotilla.node.replica;

import io.flotilla.node.raft.RaftMessage;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Messages for ranges that have no replica here, yet: a split's right side may be spoken to before the split is applied here. They are kept for a
 * moment; and if a leader goes on appending to a replica that does not come to be, it is told to start from the beginning, that is, with a snapshot.
 *
 * <p>Thread-safe.
 */
final class StrangerMail {
    private static final int RANGES_MAX = 1_000;
    private static final int MESSAGES_MAX = 64;
    private static final long PATIENCE_NANOS = 3_000_000_000L;

    private static final class Box {
        long sinceNanos;
        final ArrayDeque<ReplicaActor.Deliver> messages = new ArrayDeque<>();

        Box(long sinceNanos) {
            this.sinceNanos = sinceNanos;
        }
    }

    private final Map<Long, Box> boxes = new HashMap<>();

    /** Keeps the message. Returns what to answer its sender, if this has gone on for too long. */
    synchronized Optional<RaftMessage> keep(long range, ReplicaActor.Deliver message, long nowNanos) {
        Box box = boxes.get(range);
        if (box == null) {
            if (boxes.size() >= RANGES_MAX) {
                boxes.clear();
            }
            box = new Box(nowNanos);
            boxes.put(range, box);
        }
        if (box.messages.size() >= MESSAGES_MAX) {
            box.messages.poll();
        }
        box.messages.add(message);
        if (nowNanos - box.sinceNanos > PATIENCE_NANOS && message.message() instanceof RaftMessage.Append append) {
            return Optional.of(new RaftMessage.AppendReply(
                    append.to(),
                    append.from(),
                    append.term(),
                    false,
                    1,
                    RaftMessage.AppendReply.NOTHING_HERE,
                    append.round()));
        }
        return Optional.empty();
    }

    /** A replica was added here, which can come only by snapshot: its leader is told at once when it speaks. */
    synchronized void expect(long range, long nowNanos) {
        if (boxes.size() >= RANGES_MAX) {
            boxes.clear();
        }
        boxes.computeIfAbsent(range, added -> new Box(nowNanos)).sinceNanos = nowNanos - PATIENCE_NANOS - 1;
    }

    /** The range has a replica now: its messages, oldest first. */
    synchronized List<ReplicaActor.Deliver> take(long range) {
        Box box = boxes.remove(range);
        return box == null ? List.of() : new ArrayList<>(box.messages);
    }
}
