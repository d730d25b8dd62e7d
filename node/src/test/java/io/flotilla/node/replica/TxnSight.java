package io.flotilla.node.replica;

import java.util.EnumSet;

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
    LOOK_UP,
    /** A snapshot was installed. */
    SNAPSHOT,
    /** A process ended while it installed one. */
    HALF_INSTALLED,
    /** A range got other replicas, as somebody wished. */
    REPLICA_CHANGE,
    /** A sync of a log failed, which ended its process. */
    SYNC_FAILED,
    /** All that a store had was gone. */
    STORE_LOST,
    /** Such a store had all again that it should have. */
    REBUILT,
    /** A replica that had not come yet was asked for its vote; so in one world of some hundred. */
    VOTE_OF_ABSENT;

    /** What happens in a few dozen worlds. */
    static final TxnSight[] OFTEN =
            EnumSet.complementOf(EnumSet.of(VOTE_OF_ABSENT)).toArray(TxnSight[]::new);
}
