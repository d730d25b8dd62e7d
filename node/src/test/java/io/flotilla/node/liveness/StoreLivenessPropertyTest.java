package io.flotilla.node.liveness;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/**
 * Goal: whatever links, disks, clocks and processes do, nobody relies on support that was or may be withdrawn, and no epoch comes back. Method: some
 * seconds of random trouble per seed, all invariants checked after every event, then peace.
 */
class StoreLivenessPropertyTest {
    private static final int RUNS = Integer.getInteger("liveness.runs", 60);
    private static final long SEED = Long.getLong("liveness.seed", 1);

    /** Two clocks may differ by less than support to lease. */
    private static final double DRIFT = 0.1;

    private static final long CLOCK_STEP_MICROS = 1_000_000;

    @Test
    void nobodyReliesOnSupportThatIsNotGiven() {
        long live = 0;
        for (long seed = SEED; seed < SEED + RUNS; seed++) {
            try {
                live += trouble(seed);
            } catch (AssertionError | RuntimeException broken) {
                throw new AssertionError("-Dliveness.seed=" + seed + " -Dliveness.runs=1: " + broken, broken);
            }
        }
        assertThat(live).as("there was support to be lost").isGreaterThan(RUNS);
    }

    private static long trouble(long seed) {
        LivenessLab lab = new LivenessLab(2 + (int) (seed % 4), seed, DRIFT, CLOCK_STEP_MICROS);
        lab.loss = lab.random.nextInt(3) == 0 ? lab.random.nextDouble() * 0.3 : 0;
        lab.repeat = lab.random.nextInt(3) == 0 ? 0.2 : 0;
        lab.lateMicros = lab.random.nextInt(3) == 0 ? lab.random.nextLong(1, 1_500_000) : 0;
        lab.tickLateMicros = lab.random.nextInt(3) == 0 ? lab.random.nextLong(1, 300_000) : 0;
        long live = 0;
        for (int act = 0; act < 12; act++) {
            lab.run(lab.random.nextLong(1, 1_500));
            live += lab.facts.size();
            lab.facts.clear();
            act(lab);
        }
        lab.mend();
        lab.loss = 0;
        lab.lateMicros = 0;
        lab.tickLateMicros = 0;
        for (LivenessLab.Node node : lab.nodes) {
            node.diskFreeMicros = 0;
            if (node.core == null) {
                node.start();
            } else {
                node.resume();
                node.act(() -> node.core().diskStalled(node.now(), false));
            }
        }
        lab.run(5_000);
        for (LivenessLab.Node one : lab.nodes) {
            for (LivenessLab.Node other : lab.nodes) {
                assertThat(one == other || lab.isLive(one.id, other.id))
                        .as("n%s supports n%s in peace", one.id, other.id)
                        .isTrue();
            }
        }
        return live;
    }

    private static void act(LivenessLab lab) {
        LivenessLab.Node node = lab.node(1 + lab.random.nextInt(lab.nodes.size()));
        LivenessLab.Node other = lab.node(1 + lab.random.nextInt(lab.nodes.size()));
        switch (lab.random.nextInt(10)) {
            case 0 -> node.crash();
            case 1 -> {
                node.crash();
                node.start();
            }
            case 2 -> node.pause();
            case 3 -> {
                if (node.core != null) {
                    node.resume();
                }
            }
            case 4 -> lab.cutOneWay(node.id, other.id);
            case 5 -> lab.cutBoth(node.id, other.id);
            case 6 -> lab.mend();
            case 7 -> node.diskFreeMicros = lab.micros + lab.random.nextLong(2_000_000);
            case 8 -> {
                long back = lab.random.nextLong(3_000_000);
                boolean powerCut = lab.random.nextBoolean();
                for (LivenessLab.Node each : lab.nodes) {
                    each.crash();
                    each.backMicros += back;
                    each.boot += powerCut ? 1 : 0;
                }
            }
            default -> {
                boolean stalled = lab.random.nextBoolean();
                if (node.isUp()) {
                    node.act(() -> node.core().diskStalled(node.now(), stalled));
                }
            }
        }
        for (LivenessLab.Node down : lab.nodes) {
            if (down.core == null && lab.random.nextInt(3) == 0) {
                down.start();
            }
        }
    }
}
