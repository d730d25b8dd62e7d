package io.flotilla.node.replica;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Messages for ranges that have no replica here, yet: a split's right side may be spoken to before the split is applied here. They are kept for a
 * moment.
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

    /** Keeps the message. Returns whether this has gone on for too long: its sender should be answered. */
    synchronized boolean keep(long range, ReplicaActor.Deliver message, long nowNanos) {
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
        return nowNanos - box.sinceNanos > PATIENCE_NANOS;
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
