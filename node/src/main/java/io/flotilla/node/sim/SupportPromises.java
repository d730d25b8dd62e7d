package io.flotilla.node.sim;

import io.flotilla.node.liveness.LivenessMessage;
import io.flotilla.node.liveness.LivenessView;
import io.flotilla.node.raft.Support;
import java.util.Arrays;
import java.util.TreeMap;
import java.util.TreeSet;

/** What stores promise each other: an epoch is used in one life only, support withdrawn is never given again, and none is withdrawn that is leaned on. */
final class SupportPromises {
    private static final long UNKNOWN = Long.MIN_VALUE;

    private final World world;

    /** By store: the life that used an epoch first. */
    private final TreeMap<Integer, TreeMap<Long, Life>> used = new TreeMap<>();

    /** By supporter and supported, small numbers both: the epoch now given. Looked at in every event, so no map. */
    private long[][] given = new long[0][];

    /** By both: all epochs that were. */
    private final TreeMap<Long, TreeSet<Long>> over = new TreeMap<>();

    private record Life(long sinceMicros) {}

    SupportPromises(World world) {
        this.world = world;
    }

    void leaves(SimStore store, LivenessMessage message) {
        if (message instanceof LivenessMessage.Heartbeat heartbeat) {
            Life life = new Life(store.since().micros());
            Life first =
                    used.computeIfAbsent(store.node, any -> new TreeMap<>()).putIfAbsent(heartbeat.epoch(), life);
            SimViolation.check(
                    first == null || first.equals(life), "an epoch is used in one life", store.node, heartbeat.epoch());
        }
    }

    /** That store shows another view. */
    void published(SimStore store) {
        LivenessView view = store.view();
        for (int other : view.nodes()) {
            long now = view.givenTo(other);
            long before = exchange(store.node, other, now);
            if (before == UNKNOWN || before == now) {
                continue;
            }
            long pair = store.node * 1_000L + other;
            TreeSet<Long> gone = over.computeIfAbsent(pair, any -> new TreeSet<>());
            gone.add(before);
            SimViolation.check(
                    now == Support.NO_EPOCH || !gone.contains(now), "support withdrawn is given again", pair, now);
            SimViolation.check(
                    !world.replica(other).store.leansOn(store.node, before),
                    "support is withdrawn that is leaned on",
                    pair,
                    before);
        }
    }

    private long exchange(int supporter, int supported, long epoch) {
        while (given.length <= supporter) {
            given = Arrays.copyOf(given, given.length + 1);
            given[given.length - 1] = new long[0];
        }
        while (given[supporter].length <= supported) {
            given[supporter] = Arrays.copyOf(given[supporter], given[supporter].length + 1);
            given[supporter][given[supporter].length - 1] = UNKNOWN;
        }
        long before = given[supporter][supported];
        given[supporter][supported] = epoch;
        return before;
    }
}
