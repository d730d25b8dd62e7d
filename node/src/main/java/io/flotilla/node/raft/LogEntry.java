package io.flotilla.node.raft;

/**
 * One entry of a replicated log.
 *
 * @param payload opaque here; empty for {@link Kind#EMPTY}; must not be modified
 */
public record LogEntry(long index, long term, Kind kind, byte[] payload) {
    /** What an entry is for. The ordinal is written to disk and wire: only add at the end. */
    public enum Kind {
        /** A new leader's first entry (Raft §8). */
        EMPTY,
        /** A mutation of the state machine. */
        NORMAL,
        /** A change of membership. */
        CONFIG
    }

    private static final byte[] NOTHING = new byte[0];

    public static LogEntry empty(long index, long term) {
        return new LogEntry(index, term, Kind.EMPTY, NOTHING);
    }

    /** Bytes this is counted as against limits. */
    public int size() {
        return payload.length + 24;
    }
}
