package io.flotilla.node.sim;

import java.util.SplittableRandom;

/** Links between replicas: each direction may be cut, slow, lossy, repeating and, unless ordered, reordering. */
final class SimNetwork {
    static final long LATE_MICROS_MAX = 1_500_000;

    private final World world;
    private final SplittableRandom random;
    private final boolean[][] cut;
    private final long[][] lastArrival;
    private boolean calm;

    SimNetwork(World world, SplittableRandom random) {
        this.world = world;
        this.random = random;
        int size = Operators.REPLICAS_MAX + 1;
        this.cut = new boolean[size][size];
        this.lastArrival = new long[size][size];
    }

    /** @param arrival what happens if and when it arrives; perhaps twice */
    void send(int from, int to, Runnable arrival) {
        Weather weather = world.weather;
        if (isCut(from, to)) {
            return;
        }
        if (!calm && random.nextDouble() < weather.loss()) {
            world.count(Fault.LOSS);
            return;
        }
        deliverLater(from, to, arrival);
        if (!calm && random.nextDouble() < weather.duplicate()) {
            world.count(Fault.DUPLICATE);
            deliverLater(from, to, arrival);
        }
    }

    private void deliverLater(int from, int to, Runnable arrival) {
        Weather weather = world.weather;
        long delay = 50 + random.nextLong(weather.delayMicros());
        if (!calm && random.nextDouble() < weather.late()) {
            world.count(Fault.LATE);
            delay += random.nextLong(LATE_MICROS_MAX);
        }
        if (weather.ordered()) {
            long[] arrivals = lastArrival[from];
            arrivals[to] = Math.max(arrivals[to], world.queue.nowMicros() + delay);
            delay = arrivals[to] - world.queue.nowMicros();
        }
        world.queue.after(delay, 1, () -> {
            if (!isCut(from, to)) {
                arrival.run();
            }
        });
    }

    /** A delay for bulk traffic; negative if it is lost. */
    long bulkDelay(int from, int to) {
        boolean lost = isCut(from, to) || (!calm && random.nextInt(5) == 0);
        long delay = 5_000 + random.nextLong(400_000);
        return lost ? -delay : delay;
    }

    boolean isCut(int from, int to) {
        return cut[from][to];
    }

    void cutOneWay(int from, int to) {
        cut[from][to] = true;
    }

    void cutBothWays(int one, int other) {
        cut[one][other] = true;
        cut[other][one] = true;
    }

    void mend() {
        for (boolean[] row : cut) {
            java.util.Arrays.fill(row, false);
        }
    }

    void calmDown() {
        calm = true;
        mend();
    }
}
