package io.flotilla.client.load.check;

import java.util.Collections;
import java.util.List;

/**
 * One transaction, or one attempt of it, as its client saw it.
 *
 * @param id tells it from all others of its history
 * @param process which client ran it
 * @param startNanos when it began, on a clock that all clients share; explanations give it as it is, in seconds
 * @param endNanos when its client was told the outcome, or gave up, on the same clock
 * @param ops in the order in which they were done; what an aborted one read is not looked at
 */
public record Txn(long id, int process, long startNanos, long endNanos, Outcome outcome, List<Op> ops) {
    public Txn {
        if (endNanos < startNanos) {
            throw new IllegalArgumentException(
                    "T" + id + " ends at " + endNanos + " before it starts at " + startNanos);
        }
        ops = List.copyOf(ops);
    }

    /** What the client was told. */
    public enum Outcome {
        COMMITTED,
        /** Proven never to have an effect. */
        ABORTED,
        /** Counts as committed if one that is committed has read what it appended, else as aborted. */
        UNKNOWN
    }

    /** What was done to the list under one key. */
    public sealed interface Op permits Read, Append {
        String key();
    }

    /** Saw {@code values}, of an absent key none. The list is not copied, so that many reads can share one: leave it as it is. */
    public record Read(String key, List<Long> values) implements Op {
        /** In place of what is no number; nobody appends it. */
        public static final long NO_NUMBER = Long.MIN_VALUE;

        public Read {
            values = Collections.unmodifiableList(values);
        }
    }

    /** Made {@code value} the list's last. No other append of the history has the same key and value. */
    public record Append(String key, long value) implements Op {}
}
