package io.flotilla.client.cli;

/** What a command's exit status means. Scripts rely on these numbers. */
public final class ExitCode {
    public static final int OK = 0;

    /** The command was understood and carried out to a refusal, for example a condition that did not hold. */
    public static final int FAILED = 1;

    /** The command line itself is wrong; nothing was sent. */
    public static final int USAGE = 2;

    /** The key, range or node that was named does not exist. */
    public static final int NOT_FOUND = 3;

    /** No server answered, or the servers that answered have no quorum. */
    public static final int UNREACHABLE = 4;

    /** A checked invariant did not hold: data was lost or invented, or a read was stale or not serializable. Only {@code demo} and {@code load} say this. */
    public static final int INVARIANT_BROKEN = 5;

    /** The request may have taken effect, and nobody could tell before the deadline. */
    public static final int OUTCOME_UNKNOWN = 7;

    /** A server has no room for new data. Nothing was changed. */
    public static final int DISK_FULL = 8;

    private ExitCode() {}
}
