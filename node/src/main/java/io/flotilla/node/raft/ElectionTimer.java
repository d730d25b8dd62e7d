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

    /**
     * When to try again if the campaign that begins now comes to nothing; ever later, for most likely somebody has the others' word.
     *
     * @param goesOn whether it is the second half of one: votes follow the question whether they would be given
     */
    void campaigning(Now now, boolean goesOn) {
        if (!goesOn || failures == 0) {
            failures = Math.min(failures + 1, DOUBLINGS_MAX + 1);
        }
        // Where two have split the votes, few pauses are equally long; and nobody leads until one is over.
        long base = (electionMicros / 4) << (failures - 1);
        dueMicros = now.micros() + base + random.nextLong(base);
    }

    /**
     * Somebody else campaigns and would be voted for: that may take a moment.
     *
     * @param afterwards whether it is this replica's turn then, should nothing come of it
     */
    void giveWay(Now now, boolean afterwards) {
        long pause = electionMicros / 5;
        long over = now.micros() + pause + random.nextLong(pause);
        dueMicros = afterwards ? over : Math.max(dueMicros, over);
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
        failures = 0;
        if (others == 0) {
            dueMicros = now.micros(); // nobody to take turns with: a restarted server that is alone in its group
            return;
        }
        long spread = electionMicros * 15 / 100;
        long width = Math.max(2, spread / Math.max(1, others));
        long turn = Math.floorMod(place + term, Math.max(1, others));
        dueMicros = now.micros() + turn * width + random.nextLong(width / 2);
    }
}
