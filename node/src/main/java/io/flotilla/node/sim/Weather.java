package io.flotilla.node.sim;

import io.flotilla.config.settings.RaftSettings;
import java.util.SplittableRandom;

/**
 * How hostile one seed's world is. Delays and means in microseconds, chances in [0, 1].
 *
 * @param ordered whether each link keeps the order of messages
 * @param faultMeanMicros mean time between two acts of the nemesis
 * @param proposeMeanMicros mean time between two proposals
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
        long groupMicros,
        long calmAfterMicros) {

    static Weather drawnFrom(SplittableRandom random) {
        int replicas = random.nextInt(2) == 0 ? 3 : 5;
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
        return new Weather(
                replicas,
                settings,
                10_000 + random.nextInt(240_000),
                lossy ? random.nextDouble(0.15) : 0,
                lossy ? random.nextDouble(0.1) : 0,
                lossy ? random.nextDouble(0.1) : 0,
                random.nextBoolean(),
                200 + random.nextInt(20_000),
                200 + random.nextInt(20_000),
                60_000 + random.nextInt(1_200_000),
                10_000 + random.nextInt(150_000),
                random.nextBoolean() ? 0 : 1 + random.nextInt(3_000),
                15_000_000 + random.nextInt(20_000_000));
    }
}
