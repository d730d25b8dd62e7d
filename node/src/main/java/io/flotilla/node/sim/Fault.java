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
    /** All processes end, and all wall clocks are set back before they begin again. */
    CLOCKS_SET_BACK,
    COMPACTION,
    SNAPSHOT_LOST,
    TRANSFER,
    CAMPAIGN,
    UNREACHABLE,
    /** A change of membership that a leader took on. */
    CHANGE,
    /** One that it did not. */
    CHANGE_REFUSED,
    /** A proposal refused, for the log holds too much already that is not applied. */
    OVERLOADED,
    /** A removed replica is not told so. */
    REMOVAL_UNHEARD,
    /** An orderly stop: the store gives up its epochs first. */
    RESIGN,
    /** One replica stops, its store lives. */
    BROKEN,
    /** No fault, but an act: a quiet replica's core is given up and made anew when something arrives. */
    FREEZE;

    String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
