package io.flotilla.node.sim;

import java.util.Locale;

/** What can go wrong in the simulated world. */
public enum Fault {
    LOSS,
    DUPLICATE,
    LATE,
    PARTITION,
    ONE_WAY,
    CRASH,
    /** The leader is cut off while all others crash, come back at once, and one of them campaigns. */
    AMNESIA,
    TORN_WRITE,
    PAUSE,
    SLOW_DISK,
    CLOCK_JUMP,
    COMPACTION,
    SNAPSHOT_LOST,
    TRANSFER,
    CAMPAIGN,
    UNREACHABLE,
    /** A change of membership that a leader took on. */
    CHANGE,
    /** One that it did not. */
    CHANGE_REFUSED,
    /** A removed replica is not told so. */
    REMOVAL_UNHEARD;

    String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
