package io.flotilla.node.sim;

import java.util.PriorityQueue;

/** Future events by time; those of the same microsecond in the order they were scheduled. */
public final class EventQueue {
    private record Scheduled(long atMicros, long number, int kind, Runnable action) implements Comparable<Scheduled> {
        @Override
        public int compareTo(Scheduled other) {
            int byTime = Long.compare(atMicros, other.atMicros);
            return byTime != 0 ? byTime : Long.compare(number, other.number);
        }
    }

    private final PriorityQueue<Scheduled> queue = new PriorityQueue<>(256);
    private long scheduled;
    private long nowMicros;
    private int kind;

    public long nowMicros() {
        return nowMicros;
    }

    /** What kind of event ran last. */
    public int kind() {
        return kind;
    }

    public void after(long delayMicros, int eventKind, Runnable action) {
        queue.add(new Scheduled(nowMicros + Math.max(0, delayMicros), scheduled++, eventKind, action));
    }

    /** Runs the next event. */
    public void runNext() {
        Scheduled next = queue.remove();
        nowMicros = next.atMicros;
        kind = next.kind;
        next.action.run();
    }

    public boolean isEmpty() {
        return queue.isEmpty();
    }
}
