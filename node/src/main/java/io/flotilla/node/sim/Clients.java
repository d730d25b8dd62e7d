package io.flotilla.node.sim;

import io.flotilla.config.time.Timestamp;
import io.flotilla.node.raft.Lease;
import io.flotilla.node.raft.RaftEvent;
import io.flotilla.node.raft.Ready;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.SplittableRandom;

/** Clients that write, read under the lease, and read by read index; none may miss an acknowledged write. */
final class Clients {
    private static final long CALM_MEAN_MICROS = 300_000;

    private final World world;
    private final SplittableRandom random;

    /** The highest position whose write some client was told of. */
    private long acknowledged;

    /** Request to what had been acknowledged when it was asked. Looked up only. */
    private final HashMap<Long, Long> asked = new HashMap<>();

    private boolean calm;
    private boolean silent;
    private long requests;
    private long payloads;

    Clients(World world, SplittableRandom random) {
        this.world = world;
        this.random = random;
    }

    void start() {
        actLater();
    }

    /** Leaves the group time to catch up. */
    void calmDown() {
        calm = true;
    }

    /** Whether they ask for nothing at all. */
    void beSilent(boolean still) {
        silent = still;
    }

    private void actLater() {
        long mean = calm ? CALM_MEAN_MICROS : world.weather.proposeMeanMicros();
        world.queue.after(random.nextLong(2 * mean), 6, () -> {
            if (!silent) {
                act();
            }
            actLater();
        });
    }

    private void act() {
        SimReplica replica = target();
        int choice = random.nextInt(10);
        if (choice < 6) {
            propose(replica);
        } else if (choice < 7) {
            askIndex(replica);
        } else {
            for (SimReplica each : world.replicas) {
                if (each.isUp()) {
                    readUnderLease(each);
                }
            }
        }
    }

    private SimReplica target() {
        if (random.nextInt(5) > 0) {
            for (SimReplica each : world.replicas) {
                if (each.isLeader()) {
                    return each;
                }
            }
        }
        return world.anyReplica(random);
    }

    void propose(SimReplica replica) {
        List<byte[]> batch = new ArrayList<>();
        int count = 1 + random.nextInt(4);
        for (int i = 0; i < count; i++) {
            batch.add(Payloads.write(++payloads, random));
        }
        if (replica.isOverloaded()) {
            world.count(Fault.OVERLOADED);
            return;
        }
        world.traffic.asked(replica.id);
        replica.enqueue(new RaftEvent.Propose(batch));
    }

    private void askIndex(SimReplica replica) {
        long request = ++requests;
        asked.put(request, acknowledged);
        world.traffic.asked(replica.id);
        replica.enqueue(new RaftEvent.ReadIndex(request));
    }

    void granted(Ready.ReadGrant read) {
        Long before = asked.remove(read.request());
        if (before == null) {
            throw new SimViolation("a read was answered twice: " + read.request());
        }
        if (read.index() != 0) {
            SimViolation.check(
                    read.index() >= before, "a read index misses an acknowledged write", read.index(), before);
        }
    }

    /** The answer leaves in the same moment: the shell checks the lease as it does. */
    void readUnderLease(SimReplica replica) {
        if (replica.isFrozen()) {
            // A request that arrives wakes it up; but not all the time, or nobody would ever sleep.
            if (random.nextInt(4) > 0) {
                return;
            }
            replica.thaw();
        }
        replica.clock.advanceTo(world.queue.nowMicros());
        world.leases.changed(replica);
        Lease lease = replica.lease();
        Timestamp timestamp = replica.clock.reading();
        if (!lease.covers(replica.clock.monotonic(), timestamp) || !timestamp.isAfter(lease.start())) {
            return;
        }
        SimViolation.check(
                replica.machine.applied() >= acknowledged,
                "a read under the lease misses an acknowledged write",
                replica.machine.applied(),
                acknowledged);
        world.leases.served(lease, timestamp);
        world.leaseReads++;
    }

    void acknowledged(long index) {
        acknowledged = Math.max(acknowledged, index);
    }

    long acknowledged() {
        return acknowledged;
    }
}
