package io.flotilla.config.settings;

/** Bounds on what one request may ask for, and why. All are checked at the gateway before anything is sent on. */
public final class Limits {
    /** Keys are held in memory by latches, caches and descriptors. */
    public static final int KEY_BYTES_MAX = 8 * 1024;

    /** A value crosses the wire and the log in one piece. */
    public static final int VALUE_BYTES_MAX = 1024 * 1024;

    /** One range's share of a transaction is one log entry, which must fit a transport frame. */
    public static final int TXN_BYTES_MAX = 4 * 1024 * 1024;

    /** A transaction record names every key written. */
    public static final int TXN_WRITES_MAX = 10_000;

    /** Spans a transaction remembers having read, for its refresh. */
    public static final int TXN_READ_SPANS_MAX = 10_000;

    public static final int SCAN_ROWS_MAX = 10_000;

    public static final int SCAN_BYTES_MAX = 2 * 1024 * 1024;

    /** Nothing waits for ever: what a client may ask for at most, and what it gets if it says nothing. */
    public static final long DEADLINE_MILLIS_MAX = 60_000;

    public static final long DEADLINE_MILLIS_DEFAULT = 5_000;

    /** Transport frames; above {@link #TXN_BYTES_MAX} plus keys and headers. */
    public static final int FRAME_BYTES_MAX = 8 * 1024 * 1024;

    /** A log entry: what a transaction lays down on one range can be far more than it says, since each intent names the anchor. It must fit a frame. */
    public static final int ENTRY_BYTES_MAX = FRAME_BYTES_MAX;

    private Limits() {}
}
