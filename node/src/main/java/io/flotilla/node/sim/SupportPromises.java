package io.flotilla.node.sim;

import io.flotilla.node.liveness.LivenessMessage;
import io.flotilla.node.raft.Support;
import java.util.TreeMap;
import java.util.TreeSet;

/** What stores promise each other: an epoch is used in one life only, support withdrawn is never given again, and none is withdrawn that is leaned on. */
final class SupportPromises {
    private final World world;

    /** By store: the life that used an epoch first. */
    private final TreeMap<Integer, TreeMap<Long, Life>> used = new TreeMap<>();

    /** By supporter and supported: the epoch now given, and all that were. */
    private final TreeMap<Long, Long> given = new TreeMap<>();

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
        for (int other : store.view().nodes()) {
            long pair = store.node * 1_000L + other;
            long now = store.view().givenTo(other);
            Long before = given.put(pair, now);
            if (before == null || before == now) {
                continue;
            }
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
}
