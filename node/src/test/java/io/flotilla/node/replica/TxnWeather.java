package io.flotilla.node.replica;

import io.flotilla.config.settings.IdleSettings;
import io.flotilla.config.settings.ReadMode;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * How hostile one seed's world is to its transactions. Times and means in microseconds, chances in [0, 1].
 *
 * @param borders after how many keys each range of the users' ends, the last excepted
 * @param bodyMicros how long a transaction's body takes between two of its calls, if it does not go on at once
 * @param ordered whether each link keeps the order of messages
 * @param stall the chance that a process stands still in the middle of a turn, at any look at its clock
 * @param faultMeanMicros mean time between two faults; 0 for none
 * @param nodes without the one that joins later, if there is one
 * @param splits whether ranges are split meanwhile
 */
record TxnWeather(
        int nodes,
        int[] borders,
        int keys,
        int clients,
        long thinkMicros,
        long bodyMicros,
        long maxOffsetMicros,
        double loss,
        double duplicate,
        double late,
        boolean ordered,
        long delayMicros,
        long syncMicros,
        double stall,
        long faultMeanMicros,
        boolean splits,
        IdleSettings idle,
        ReadMode readMode,
        long deadlineMicros,
        long retentionMicros,
        long runMicros,
        TxnUpheaval upheaval) {

    static TxnWeather calm() {
        return new TxnWeather(
                3,
                new int[] {3},
                6,
                4,
                20_000,
                20_000,
                100_000,
                0,
                0,
                0,
                true,
                300,
                400,
                0,
                0,
                false,
                IdleSettings.DEFAULT,
                ReadMode.LEASE,
                4_000_000,
                60_000_000,
                5_000_000,
                TxnUpheaval.NONE);
    }

    static TxnWeather of(SplittableRandom random) {
        int keys = random.nextInt(3, 10);
        int[] borders = new int[random.nextInt(1, 5)];
        for (int i = 0; i < borders.length; i++) {
            borders[i] = random.nextInt(0, keys + 1);
        }
        boolean lossy = random.nextInt(3) == 0;
        long deadline = random.nextLong(1_500_000, 4_000_000);
        TxnUpheaval upheaval = TxnUpheaval.of(random);
        int often = upheaval.changeMeanMicros() > 0 ? 1 : 3;
        return new TxnWeather(
                random.nextInt(often) == 0 ? random.nextInt(often == 1 ? 3 : 4, 6) : 3,
                Arrays.stream(borders).sorted().distinct().toArray(),
                keys,
                random.nextInt(3, 9),
                1L << random.nextInt(11, 19),
                1L << random.nextInt(10, 20),
                random.nextBoolean() ? 250_000 : random.nextLong(2_000, 500_000),
                lossy ? random.nextDouble() * 0.1 : 0,
                lossy ? random.nextDouble() * 0.1 : 0,
                random.nextInt(2) == 0 ? random.nextDouble() * 0.02 : 0,
                random.nextBoolean(),
                random.nextLong(50, 3_000),
                random.nextLong(50, 6_000),
                random.nextInt(3) == 0 ? 0.0001 : 0,
                random.nextInt(8) == 0 ? 0 : random.nextLong(200_000, 4_000_000),
                random.nextInt(3) == 0,
                random.nextBoolean() ? IdleSettings.DEFAULT : new IdleSettings(1L << random.nextInt(4, 11), 256),
                random.nextInt(4) == 0 ? ReadMode.READ_INDEX : ReadMode.LEASE,
                deadline,
                random.nextInt(3) == 0 ? 2 * deadline : 60_000_000,
                random.nextLong(4_000_000, 14_000_000),
                upheaval);
    }
}
