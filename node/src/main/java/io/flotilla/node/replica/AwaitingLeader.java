package io.flotilla.node.replica;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Requests that came while it is being decided who leads: an election or a hand-over takes milliseconds, and whoever is told "not here" meanwhile has
 * nowhere better to go. Bounded in number and in time.
 *
 * <p>Threading: the replica's own turn only.
 */
final class AwaitingLeader {
    /** Several times what a hand-over takes; whoever waits longer is better off asking others. */
    private static final long PATIENCE_MICROS = 200_000;

    private static final int WAITING_MAX = 1_000;

    private record Waiting(Replica.Arrival arrival, long untilMicros) {}

    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();

    /** @return whether it was taken in; if not, it has to be answered */
    boolean add(long nowMicros, Replica.Arrival arrival) {
        if (waiting.size() >= WAITING_MAX || arrival.deadlineMicros() <= nowMicros) {
            return false;
        }
        waiting.add(new Waiting(arrival, Math.min(nowMicros + PATIENCE_MICROS, arrival.deadlineMicros())));
        return true;
    }

    List<Replica.Arrival> takeAll() {
        List<Replica.Arrival> all = new ArrayList<>(waiting.size());
        waiting.forEach(each -> all.add(each.arrival()));
        waiting.clear();
        return all;
    }

    /** Who has waited long enough. */
    List<Replica.Arrival> expired(long nowMicros) {
        if (waiting.isEmpty()) {
            return List.of();
        }
        List<Replica.Arrival> late = new ArrayList<>();
        waiting.removeIf(each -> each.untilMicros() <= nowMicros && late.add(each.arrival()));
        return late;
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }
}
