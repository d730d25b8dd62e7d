package io.flotilla.node.sim;

import io.flotilla.node.raft.RaftEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Breaks things, preferably around the leader, and mends them again. */
final class Nemesis {
    private static final Fault[] ACTS = {
        Fault.PARTITION,
        Fault.ONE_WAY,
        Fault.CRASH,
        Fault.AMNESIA,
        Fault.PAUSE,
        Fault.SLOW_DISK,
        Fault.CLOCK_JUMP,
        Fault.COMPACTION,
        Fault.COMPACTION,
        Fault.TRANSFER,
        Fault.CAMPAIGN,
        Fault.UNREACHABLE,
        Fault.RESIGN,
        Fault.BROKEN,
        Fault.FREEZE,
        Fault.FREEZE,
        Fault.CLOCKS_SET_BACK
    };

    private static final long SET_BACK_MICROS_MAX = 5_000_000;

    private final World world;
    private final SplittableRandom random;

    /** Bit per act: a seed that lets some kinds rest digs deeper into the others. */
    private final int enabled;

    /** Will be crashed, for what they are in now has no other end. */
    private final List<SimReplica> doomed = new ArrayList<>();

    /** Once is enough: all stores wait for as long as it was. */
    private boolean clocksSetBack;

    private boolean done;

    Nemesis(World world, SplittableRandom random) {
        this.world = world;
        this.random = random;
        this.enabled = random.nextInt(4) == 0 ? -1 : random.nextInt();
    }

    void start() {
        actLater();
    }

    private void actLater() {
        world.queue.after(random.nextLong(2 * world.weather.faultMeanMicros()), 7, () -> {
            if (!done) {
                act();
                actLater();
            }
        });
    }

    private void act() {
        int choice = random.nextInt(ACTS.length);
        Fault fault = ACTS[choice];
        if ((enabled & (1 << choice)) == 0 || fault == Fault.CLOCKS_SET_BACK && clocksSetBack) {
            return;
        }
        SimReplica victim = victim();
        if (fault == Fault.FREEZE) {
            freeze();
            return;
        }
        world.count(fault);
        switch (fault) {
            case PARTITION -> partition(victim);
            case ONE_WAY -> cutOneWay(victim);
            case CRASH -> crash(victim);
            case AMNESIA -> bounceAllBut(victim);
            case PAUSE -> pause(victim);
            case SLOW_DISK -> victim.slowDisk(world.queue.nowMicros() + random.nextLong(3_000_000));
            case CLOCK_JUMP -> victim.clock.jump(world.drawSkew());
            case CLOCKS_SET_BACK -> setClocksBack();
            case COMPACTION -> {
                victim.flush();
                victim.compact(random.nextInt(20));
            }
            case TRANSFER -> {
                int to = world.anyReplica(random).id;
                for (SimReplica each : world.replicas) {
                    if (each.isLeader()) {
                        each.enqueue(new RaftEvent.TransferLeadership(to));
                    }
                }
            }
            case CAMPAIGN -> victim.enqueue(new RaftEvent.Campaign());
            case UNREACHABLE -> victim.enqueue(new RaftEvent.Unreachable(world.anyReplica(random).id));
            case RESIGN -> {
                victim.store.resign();
                crashLater(victim, random.nextLong(100_000));
            }
            case BROKEN -> {
                victim.fail();
                crashLater(victim, random.nextLong(4_000_000));
            }
            default -> throw new IllegalStateException("no act: " + fault);
        }
    }

    private void freeze() {
        for (SimReplica each : world.replicas) {
            if (each.freeze()) {
                world.count(Fault.FREEZE);
            }
        }
    }

    private void crashLater(SimReplica victim, long delayMicros) {
        doomed.add(victim);
        world.queue.after(delayMicros, 7, () -> {
            if (done) {
                return;
            }
            doomed.remove(victim);
            victim.crash();
            world.queue.after(random.nextLong(1_000_000), 7, victim::restart);
        });
    }

    private SimReplica victim() {
        if (random.nextBoolean()) {
            for (SimReplica each : world.replicas) {
                if (each.isLeader()) {
                    return each;
                }
            }
        }
        return world.anyReplica(random);
    }

    private void partition(SimReplica victim) {
        int shape = random.nextInt(3);
        if (shape == 0) {
            isolate(victim);
        } else if (shape == 1) {
            int side = random.nextInt(1 << world.replicas.size());
            for (SimReplica one : world.replicas) {
                for (SimReplica other : world.replicas) {
                    if (((side >> one.id) & 1) != ((side >> other.id) & 1)) {
                        world.network.cutBothWays(one.id, other.id);
                    }
                }
            }
        } else {
            world.network.cutBothWays(victim.id, world.anyReplica(random).id);
        }
        mendLater();
    }

    private void cutOneWay(SimReplica victim) {
        boolean mute = random.nextBoolean();
        boolean total = random.nextBoolean();
        for (SimReplica other : world.replicas) {
            if (other != victim && (total || random.nextInt(3) == 0)) {
                world.network.cutOneWay(mute ? victim.id : other.id, mute ? other.id : victim.id);
            }
        }
        mendLater();
    }

    private void mendLater() {
        world.queue.after(100_000 + random.nextLong(5_000_000), 7, world.network::mend);
    }

    private void crash(SimReplica victim) {
        int count = random.nextInt(8) == 0 ? world.replicas.size() : 1;
        for (int i = 0; i < count; i++) {
            SimReplica each = count == 1 ? victim : world.replicas.get(i);
            each.crash();
            // A process that is back at once is the one that could break a promise it forgot.
            world.queue.after(random.nextLong(random.nextBoolean() ? 200_000 : 4_000_000), 7, each::restart);
        }
    }

    /** As in a room that was without power, where whoever tells the time is wrong; or by an operator. */
    private void setClocksBack() {
        clocksSetBack = true;
        boolean powerCut = random.nextBoolean();
        world.setClocksBack(random.nextLong(SET_BACK_MICROS_MAX), powerCut);
        for (SimReplica each : world.replicas) {
            world.queue.after(random.nextLong(random.nextBoolean() ? 200_000 : 4_000_000), 7, each::restart);
        }
    }

    private void bounceAllBut(SimReplica victim) {
        isolate(victim);
        for (SimReplica other : world.replicas) {
            if (other != victim) {
                other.crash();
                world.queue.after(random.nextLong(50_000), 7, other::restart);
            }
        }
        world.queue.after(
                60_000 + random.nextLong(1_000_000),
                7,
                () -> world.anyReplica(random).enqueue(new RaftEvent.Campaign()));
        mendLater();
    }

    private void isolate(SimReplica victim) {
        for (SimReplica other : world.replicas) {
            if (other != victim) {
                world.network.cutBothWays(victim.id, other.id);
            }
        }
    }

    private void pause(SimReplica victim) {
        victim.pause();
        world.queue.after(20_000 + random.nextLong(random.nextBoolean() ? 300_000 : 4_000_000), 7, victim::resume);
    }

    /** Everything is mended, for good. */
    void retire() {
        done = true;
        world.network.calmDown();
        world.clients.calmDown();
        world.operators.calmDown();
        for (SimReplica each : world.replicas) {
            each.slowDisk(0);
            if (doomed.contains(each)) {
                each.crash();
            }
            each.restart();
            each.resume();
            // Who lacks very much is better off with a snapshot.
            each.flush();
            each.compact(random.nextInt(100));
        }
    }
}
