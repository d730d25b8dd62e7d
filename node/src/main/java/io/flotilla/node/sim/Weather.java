package io.flotilla.node.sim;

import io.flotilla.config.settings.RaftSettings;
import java.util.SplittableRandom;

/**
 * How hostile one seed's world is. Delays and means in microseconds, chances in [0, 1].
 *
 * @param ordered whether each link keeps the order of messages
 * @param faultMeanMicros mean time between two acts of the nemesis
 * @param proposeMeanMicros mean time between two proposals
 * @param inLogMax entries in a leader's log and not applied beyond which its shell refuses proposals
 * @param changeMeanMicros mean time between two changes of membership; 0 for never
 * @param witnesses whether some replicas are witnesses
 * @param groupMicros how long a replica's mailbox fills before it is emptied at once; 0 for event by event
 */
record Weather(
        int replicas,
        RaftSettings settings,
        long maxOffsetMicros,
        double loss,
        double duplicate,
        double late,
        boolean ordered,
        long delayMicros,
        long syncMicros,
        long faultMeanMicros,
        long proposeMeanMicros,
        long inLogMax,
        long changeMeanMicros,
        boolean witnesses,
        long groupMicros,
        long calmAfterMicros) {

    private static final int ENTRY_BYTES = 48;
    private static final int ENTRIES_PER_PROPOSAL = 3;

    static Weather drawnFrom(SplittableRandom random) {
        boolean changing = random.nextBoolean();
        int replicas = changing && random.nextInt(3) == 0 ? 1 + random.nextInt(4) : random.nextInt(2) == 0 ? 3 : 5;
        RaftSettings settings = new RaftSettings(
                50,
                200,
                1_000,
                800,
                40 + random.nextInt(400),
                1 + random.nextInt(8),
                40 + random.nextInt(2_000),
                random.nextInt(40));
        boolean lossy = random.nextBoolean();
        long maxOffsetMicros = 10_000L + random.nextInt(240_000);
        double loss = lossy ? random.nextDouble(0.15) : 0;
        double duplicate = lossy ? random.nextDouble(0.1) : 0;
        double late = lossy ? random.nextDouble(0.1) : 0;
        boolean ordered = random.nextBoolean();
        long delayMicros = 200L + random.nextInt(20_000);
        long syncMicros = 200L + random.nextInt(20_000);
        boolean flooded = random.nextInt(8) == 0;
        return new Weather(
                replicas,
                settings,
                maxOffsetMicros,
                loss,
                duplicate,
                late,
                ordered,
                delayMicros,
                syncMicros,
                60_000 + random.nextInt(1_200_000),
                flooded
                        ? 2_000 + random.nextInt(20_000)
                        : Math.max(
                                10_000 + random.nextInt(150_000),
                                proposeMicrosMin(settings, 2 * delayMicros + syncMicros)),
                20 + random.nextInt(200),
                changing ? 100_000 + random.nextInt(1_200_000) : 0,
                random.nextInt(3) == 0,
                random.nextBoolean() ? 0 : 1 + random.nextInt(3_000),
                15_000_000 + random.nextInt(20_000_000));
    }

    /** What a group's windows let through with ease: twice the time that one proposal (of some entries) takes with them. */
    private static long proposeMicrosMin(RaftSettings settings, long tripMicros) {
        long perMessage = Math.max(1, settings.entriesBytesMax() / ENTRY_BYTES);
        long messages = Math.max(
                1, Math.min(settings.inflightAppendsMax(), settings.inflightBytesMax() / settings.entriesBytesMax()));
        return 2 * tripMicros * ENTRIES_PER_PROPOSAL / (perMessage * messages);
    }
}
