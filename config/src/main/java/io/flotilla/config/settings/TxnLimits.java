package io.flotilla.config.settings;

/** Bounds inside the transaction layer, and why. */
public final class TxnLimits {
    /** Point reads remembered per generation (there are two) and range: at 20,000 reads a second, more than a second of them. */
    public static final int READ_POINTS_MAX = 32_768;

    /** Segments of ranged reads remembered per generation (there are two) and range; a wide scan visits them all. */
    public static final int READ_SEGMENTS_MAX = 2_048;

    /** Fates a range remembers, so that many intents of one dead transaction need one push. */
    public static final int FATES_MAX = 1_024;

    /** The longest pause between two pushes of one holder: what a lost notification costs at most. */
    public static final long PUSH_BACKOFF_MILLIS_MAX = 100;

    /** After this long without {@code released} a resolution is asked for again; far above one consensus round. */
    public static final long RESOLVE_AGAIN_MILLIS = 500;

    /** How often one commit refreshes its reads and tries again in one phase before the client hears of it. */
    public static final int ONE_PHASE_ATTEMPTS_MAX = 6;

    /** How often clean-up is tried before it is left to whoever meets what remains. */
    public static final int CLEANUP_ATTEMPTS_MAX = 6;

    /** How long a committed transaction's record is kept beyond its use, so that one batch drops many; lost with the process, so not long. */
    public static final long FORGETTING_DELAY_MILLIS = 100;

    /** As many records as one batch drops: at most some kilobytes in one entry. */
    public static final int FORGOTTEN_AT_ONCE_MAX = 128;

    /** The first pause of a retry in the coordinator; doubles up to {@link #RETRY_MILLIS_MAX}. */
    public static final long RETRY_MILLIS_MIN = 10;

    public static final long RETRY_MILLIS_MAX = 500;

    /** How long one clean-up batch, one push or one heartbeat may take. */
    public static final long BACKGROUND_MILLIS = 2_000;

    private TxnLimits() {}
}
