package io.flotilla.config.settings;

/**
 * Timing and bounds of consensus, in milliseconds and bytes.
 *
 * @param tickMillis granularity of all Raft timers
 * @param heartbeatMillis how often a leader without other traffic speaks
 * @param electionMillisMin silence after which a follower may campaign; the timeout is drawn from [min, 2 × min). A follower that
 *     heard from a leader within {@code electionMillisMin} grants no vote
 * @param leaseMillis how long a leader may serve reads after a quorum acknowledged its message, counted from sending; below
 *     {@code electionMillisMin} by more than clocks may drift in that time
 * @param entriesBytesMax payload bytes of one append message
 * @param inflightAppendsMax append messages sent to one peer beyond the last acknowledged
 * @param inflightBytesMax payload bytes sent to one peer beyond the last acknowledged; one message may go over it. Many ranges may have a slow peer
 *     in common, and what is under way to it waits in this node's memory
 * @param logEntriesKept entries kept for slow followers when the log is compacted
 */
public record RaftSettings(
        long tickMillis,
        long heartbeatMillis,
        long electionMillisMin,
        long leaseMillis,
        int entriesBytesMax,
        int inflightAppendsMax,
        long inflightBytesMax,
        long logEntriesKept) {
    public static final RaftSettings DEFAULT =
            new RaftSettings(50, 200, 1_000, 800, 1024 * 1024, 64, 8L * 1024 * 1024, 10_000);

    public RaftSettings {
        if (leaseMillis >= electionMillisMin) {
            throw new IllegalArgumentException(
                    "leaseMillis " + leaseMillis + " must be below electionMillisMin " + electionMillisMin);
        }
    }
}
