package io.flotilla.node.replica;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads that wait until a quorum has confirmed that this replica still led when they came in, and until all that was committed then is applied (thesis
 * §6.4). Those of one turn are confirmed together.
 *
 * <p>Threading: the replica's own turn only.
 */
final class ConfirmedReads {
    private static final long NOT_YET = Long.MAX_VALUE;

    private static final class Asked {
        final long number;
        final List<Replica.Arrival> reads;
        long index = NOT_YET;

        Asked(long number, List<Replica.Arrival> reads) {
            this.number = number;
            this.reads = reads;
        }
    }

    private final ArrayDeque<Asked> waiting = new ArrayDeque<>();
    private long lastNumber;

    /** @return the number to ask a read index under */
    long ask(List<Replica.Arrival> reads) {
        waiting.add(new Asked(++lastNumber, reads));
        return lastNumber;
    }

    /**
     * The answer: they may be served once {@code index} is applied, or, with 0, not here.
     *
     * @return what must be refused
     */
    List<Replica.Arrival> granted(long number, long index) {
        for (Asked asked : waiting) {
            if (asked.number == number) {
                if (index != 0) {
                    asked.index = index;
                    return List.of();
                }
                waiting.remove(asked);
                return asked.reads;
            }
        }
        return List.of();
    }

    /** What may be served now; asked once. */
    List<Replica.Arrival> take(long applied) {
        if (waiting.isEmpty() || waiting.peek().index > applied) {
            return List.of();
        }
        List<Replica.Arrival> ready = new ArrayList<>();
        while (!waiting.isEmpty() && waiting.peek().index <= applied) {
            ready.addAll(waiting.poll().reads);
        }
        return ready;
    }

    /** What has waited until its time was up. */
    List<Replica.Arrival> expired(long nowMicros) {
        List<Replica.Arrival> late = new ArrayList<>();
        for (Asked asked : waiting) {
            asked.reads.removeIf(read -> read.deadlineMicros() <= nowMicros && late.add(read));
        }
        return late;
    }

    List<Replica.Arrival> takeAll() {
        List<Replica.Arrival> all = new ArrayList<>();
        waiting.forEach(asked -> all.addAll(asked.reads));
        waiting.clear();
        return all;
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }
}
