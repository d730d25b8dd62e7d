package io.flotilla.node.sim;

import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What is expected of a group whose world is mended and whose clients are silent: it falls asleep, and says nothing more; and if then its leader's
 * node dies, another holds the lease before long, and the group agrees again.
 */
final class Finale {
    private static final long FALL_ASLEEP_MICROS_MAX = 10_000_000;
    private static final long UNDER_WAY_MICROS = 100_000;
    private static final long SLEEP_MICROS = 4_000_000;

    /** Support runs out within 1 s of the slowest clock, then one campaign, at worst a few; new leases begin above clocks that are ahead. */
    private static final long FAIL_OVER_MICROS_MAX = 4_000_000;

    private final World world;

    Finale(World world) {
        this.world = world;
    }

    void play() {
        world.clients.beSilent(true);
        for (SimReplica each : world.replicas) {
            if (!members().contains(each.id)) {
                each.hearOfRemoval();
            }
        }
        // What was sent in the bad times may still arrive.
        rest(SimNetwork.LATE_MICROS_MAX);
        SimReplica leader = sleep();
        int voters = world.memberships.current().voters().size();
        boolean dispensable = voters - 1 >= voters / 2 + 1;
        if (world.random.nextInt(4) > 0 || !dispensable) {
            return;
        }
        freezeSome();
        leader.crash();
        long crashedMicros = world.queue.nowMicros();
        await(FAIL_OVER_MICROS_MAX, "nobody takes over", () -> leaseholder() != null);
        world.tookOver(world.queue.nowMicros() - crashedMicros);
        world.queue.after(world.random.nextLong(3_000_000), 7, leader::restart);
        world.clients.beSilent(false);
        world.awaitAgreement();
        world.clients.beSilent(true);
        sleep();
    }

    private SimReplica sleep() {
        await(FALL_ASLEEP_MICROS_MAX, "the group does not fall asleep", this::isAsleep);
        // What was overtaken is still to arrive.
        rest(UNDER_WAY_MICROS);
        await(FALL_ASLEEP_MICROS_MAX, "the group does not fall asleep again", this::isAsleep);
        SimReplica leader = leaseholder();
        if (leader == null) {
            throw new SimViolation("a group falls asleep without a lease: " + world.describe());
        }
        long sentBefore = world.traffic.sent();
        long end = world.queue.nowMicros() + SLEEP_MICROS;
        while (world.queue.nowMicros() < end) {
            world.runNext();
            SimViolation.check(leader.holdsLease(), "a sleeping group keeps its lease", leader.id, 0);
        }
        SimViolation.check(
                world.traffic.sent() == sentBefore, "a sleeping group says nothing", world.traffic.sent(), sentBefore);
        return leader;
    }

    private void rest(long micros) {
        long until = world.queue.nowMicros() + micros;
        while (world.queue.nowMicros() < until) {
            world.runNext();
        }
    }

    private void freezeSome() {
        for (SimReplica each : world.replicas) {
            if (world.random.nextBoolean()) {
                each.freeze();
            }
        }
    }

    private boolean isAsleep() {
        if (world.memberships.current().isJoint()) {
            return false; // somebody will still ask for it to be left
        }
        for (int id : members()) {
            SimReplica each = world.replica(id);
            if (!each.isAsleep() || !each.waitsFor().isEmpty()) {
                return false;
            }
        }
        return true;
    }

    private List<Integer> members() {
        return world.memberships.current().members();
    }

    private @Nullable SimReplica leaseholder() {
        for (SimReplica each : world.replicas) {
            if (each.holdsLease()) {
                return each;
            }
        }
        return null;
    }

    private void await(long microsMax, String promise, BooleanSupplier done) {
        long deadline = world.queue.nowMicros() + microsMax;
        while (!done.getAsBoolean()) {
            world.runNext();
            if (world.queue.nowMicros() > deadline) {
                throw new SimViolation(promise + ": " + world.describe());
            }
        }
    }
}
