package io.flotilla.node.replica;

/** What must happen now and then in a {@link TxnWorld}, or it would prove nothing. */
enum TxnSight {
    CRASH,
    PAUSE,
    /** A process stands still in the middle of a turn. */
    STALL,
    CUT,
    LEASE_MOVE,
    SPLIT,
    SLEEP,
    SWEEP,
    /** A read was uncertain, and what was read before was refreshed. */
    REFRESH,
    /** The outcome of a write whose answer was lost was looked up. */
    LOOK_UP
}
