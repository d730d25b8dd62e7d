package io.flotilla.node.raft;

import java.util.SplittableRandom;

/** When a replica that waits for nobody campaigns. */
final class ElectionTimer {
    /** Failed campaigns after which the pauses grow no longer. */
    private static final int DOUBLINGS_MAX = 3;

    private final long electionMicros;
    private final SplittableRandom random;
    private long dueMicros;
    private int failures;

    ElectionTimer(long electionMicros, long seed) {
        this.electionMicros = electionMicros;
        this.random = new SplittableRandom(seed);
    }

    boolean isDue(Now now) {
        return now.micros() >= dueMicros;
    }

    /** Somebody else leads, or will (Raft §5.2). */
    void restart(Now now) {
        failures = 0;
        dueMicros = now.micros() + electionMicros + random.nextLong(electionMicros);
    }

    /** When to try again if the campaign that begins now comes to nothing; ever later, for most likely somebody has the others' word. */
    void campaigning(Now now) {
        long base = (electionMicros / 4) << failures;
        dueMicros = now.micros() + base + random.nextLong(base);
        failures = Math.min(failures + 1, DOUBLINGS_MAX);
    }

    /** How many campaigns in a row have come to nothing, as far as it matters. */
    int failures() {
        return failures;
    }

    /**
     * The leader is gone, and the stores have waited long enough already. The voters take turns, in an order that all know and that changes from
     * term to term, so that few campaign against each other.
     */
    void hurry(Now now, Membership membership, int self, int gone, long term) {
        int place = 0;
        int others = 0;
        for (int voter : membership.members()) {
            if (voter != gone && membership.mayLead(voter)) {
                place += voter < self ? 1 : 0;
                others++;
            }
        }
        long spread = electionMicros * 15 / 100;
        long width = Math.max(2, spread / Math.max(1, others));
        long turn = Math.floorMod(place + term, Math.max(1, others));
        dueMicros = now.micros() + turn * width + random.nextLong(width / 2);
        failures = 0;
    }
}
