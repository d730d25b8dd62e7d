package io.flotilla.node.replica;

import io.flotilla.client.load.check.Txn.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What was seen of keys that are written without being read, and deleted: each read must have found what some write left there that may have been the last
 * one. No order among transactions is reckoned from it; that is what the lists are for.
 */
final class TxnRegisters {
    /** Nothing is there. */
    static final long ABSENT = 0;

    /** @param value {@link #ABSENT} for a delete, else one that is written once */
    private record Write(long value, long startMicros, long endMicros, Outcome outcome) {
        boolean mayBeSeen() {
            return outcome != Outcome.ABORTED;
        }

        /** When it is done at the latest. */
        long doneMicros() {
            return outcome == Outcome.COMMITTED ? endMicros : Long.MAX_VALUE;
        }
    }

    private record Read(String key, long value, long startMicros, long endMicros) {}

    private static final Write BEGINNING = new Write(ABSENT, -1, -1, Outcome.COMMITTED);

    private final Map<String, List<Write>> writes = new TreeMap<>();
    private final List<Read> reads = new ArrayList<>();

    void wrote(String key, long value, long startMicros, long endMicros, Outcome outcome) {
        writes.computeIfAbsent(key, written -> new ArrayList<>(List.of(BEGINNING)))
                .add(new Write(value, startMicros, endMicros, outcome));
    }

    /** By one that is committed. */
    void read(String key, long value, long startMicros, long endMicros) {
        reads.add(new Read(key, value, startMicros, endMicros));
    }

    /** The first read that found what it should not have. */
    Optional<String> check() {
        for (Read read : reads) {
            List<Write> all = writes.getOrDefault(read.key(), List.of(BEGINNING));
            if (all.stream().noneMatch(write -> mayHaveFound(read, write, all))) {
                return Optional.of(
                        read + " found what is not there, or not any more; of " + all.size() + " writes those of it: "
                                + all.stream()
                                        .filter(write -> write.value() == read.value())
                                        .toList());
            }
        }
        return Optional.empty();
    }

    private static boolean mayHaveFound(Read read, Write write, List<Write> all) {
        if (write.value() != read.value() || !write.mayBeSeen() || write.startMicros() > read.endMicros()) {
            return false;
        }
        for (Write later : all) {
            if (write.doneMicros() < later.startMicros() && later.doneMicros() < read.startMicros()) {
                return false;
            }
        }
        return true;
    }
}
