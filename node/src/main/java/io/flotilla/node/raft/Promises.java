package io.flotilla.node.raft;

import io.flotilla.config.time.Timestamp;

/**
 * What this replica owes to leaders it has heard of: silence towards other candidates for a while (thesis §6.4.1), and the word up to where in
 * timestamp space they may have served.
 *
 * <p>HAZARD: after a restart both are forgotten; then the full election timeout is waited out, and {@code maxClockOffset} must be a true
 * bound for {@link #leaseSeen} to lie above anything promised before.
 */
final class Promises {
    private static final long NEVER = Long.MIN_VALUE / 2;

    private final long electionMicros;
    private final long offsetMicros;
    private final long leaseMicros;
    private final long freeFromMicros;
    private boolean forgotten;
    private long heardMicros = NEVER;
    private Timestamp leaseSeen = Timestamp.ZERO;

    Promises(RaftConfig config, boolean restored, Now now) {
        this.electionMicros = config.settings().electionMillisMin() * 1_000;
        this.leaseMicros = config.settings().leaseMillis() * 1_000;
        this.offsetMicros = config.maxClockOffsetMicros();
        this.forgotten = restored;
        this.freeFromMicros = restored ? now.micros() + electionMicros : NEVER;
    }

    /** Time has come this far. */
    void advanceTo(Now now) {
        if (forgotten && now.micros() >= freeFromMicros) {
            // A promise made before the restart was at most one lease above a clock reading taken at least one election
            // timeout ago.
            forgotten = false;
            saw(now.hybrid().plusMicros(offsetMicros));
        }
    }

    void heardFromLeader(Now now, Timestamp leaseUntil) {
        heardMicros = now.micros();
        saw(leaseUntil);
    }

    /** A leader, perhaps this replica itself, may have served up to {@code bound}. */
    void saw(Timestamp bound) {
        leaseSeen = leaseSeen.max(bound);
    }

    /** Whether no leader relies on this replica's silence. */
    boolean allowVote(Now now) {
        return now.micros() >= freeFromMicros && now.micros() - heardMicros >= electionMicros;
    }

    Timestamp leaseSeen(Now now) {
        return forgotten ? leaseSeen.max(now.hybrid().plusMicros(offsetMicros + leaseMicros)) : leaseSeen;
    }
}
