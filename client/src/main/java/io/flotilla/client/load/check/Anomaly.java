package io.flotilla.client.load.check;

import java.util.List;

/**
 * One thing that a serializable store whose keys are linearizable does not do.
 *
 * @param explanation for people: several lines, the transactions and what contradicts what
 * @param transactions the ids of those that show it; of a cycle, in its order
 */
public record Anomaly(Kind kind, String explanation, List<Long> transactions) {
    public Anomaly {
        transactions = List.copyOf(transactions);
    }

    /** Names in brackets are those of Adya's thesis and of Elle. */
    public enum Kind {
        /** A read saw a value that nobody appended. */
        INVENTED_VALUE,
        /** A read saw what an aborted transaction appended (G1a). */
        ABORTED_READ,
        /** A read saw a transaction's append without its later append to the same list (G1b). */
        INTERMEDIATE_READ,
        /** A read saw a value twice. */
        DUPLICATE_VALUE,
        /** Two reads of one list of which neither is the other's beginning. */
        INCOMPATIBLE_ORDER,
        /** An acknowledged append that no read has seen, though the list was read afterwards. */
        LOST_APPEND,
        /** A transaction does not see its own append, or reads a list differently twice. */
        INTERNAL_INCONSISTENCY,
        /** Appends overwrite each other in a circle (G0). */
        WRITE_CYCLE,
        /** Transactions see each other's appends in a circle (G1c). */
        CIRCULAR_INFORMATION,
        /** A circle in which one transaction misses what another appended (G-single): read skew, lost update. */
        READ_SKEW,
        /** A circle in which several miss what others appended (G2): write skew. */
        WRITE_SKEW,
        /** A read misses what was acknowledged, or read by somebody, before its transaction began. */
        STALE_READ
    }
}
