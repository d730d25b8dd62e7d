package io.flotilla.node.replica;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.KeySpace;
import io.flotilla.node.raft.RaftEvent;
import io.flotilla.range.lifecycle.SplitResult;
import io.flotilla.range.routing.ReplicaInfo;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/** Makes trouble in a {@link TxnWorld}: processes that die or stand still, cuts, clocks that jump, leases that move, ranges that are split. */
final class TxnNemesis {
    private final TxnWorld world;
    private final SplittableRandom random;
    private final Set<Integer> cut = new HashSet<>();
    private long endMicros;

    TxnNemesis(TxnWorld world, SplittableRandom random) {
        this.world = world;
        this.random = random;
    }

    boolean isCut(NodeId from, NodeId to) {
        return cut.contains(link(from.value(), to.value()));
    }

    private static int link(int from, int to) {
        return from * 100 + to;
    }

    void begin(long until) {
        endMicros = until;
        if (world.weather.faultMeanMicros() > 0) {
            next();
        }
        if (world.weather.splits()) {
            nextSplit();
        }
    }

    /** All is well from now on. */
    void heal() {
        cut.clear();
        for (TxnNode node : world.nodes.values()) {
            node.pausedUntil = Math.min(node.pausedUntil, world.time.nowMicros() + 1);
            node.startUnlessRunning();
        }
    }

    private void next() {
        world.time.after(world.exponential(world.weather.faultMeanMicros()), 0, () -> {
            if (world.time.nowMicros() < endMicros && !world.isViolated()) {
                act();
                next();
            }
        });
    }

    private void nextSplit() {
        world.time.after(world.exponential(2_000_000), 0, () -> {
            if (world.time.nowMicros() < endMicros && !world.isViolated()) {
                split();
                nextSplit();
            }
        });
    }

    private TxnNode anyNode() {
        return world.node(1 + random.nextInt(world.nodes.size()));
    }

    private void act() {
        switch (random.nextInt(9)) {
            case 0, 1 -> crash();
            case 2 -> pause();
            case 3 -> partition();
            case 4 -> cutOneWay();
            case 5 -> anyNode().skewMicros = world.skew();
            default -> moveLease();
        }
    }

    private void crash() {
        world.saw(TxnSight.CRASH);
        TxnNode node = anyNode();
        node.crash(random.nextBoolean(), random.nextInt(3) == 0);
        later(random.nextBoolean() ? 20_000 : 1_500_000, node::startUnlessRunning);
    }

    private void pause() {
        world.saw(TxnSight.PAUSE);
        long length = world.exponential(random.nextBoolean() ? 50_000 : 1_500_000);
        anyNode().pausedUntil = world.time.nowMicros() + length;
    }

    private void partition() {
        world.saw(TxnSight.CUT);
        List<Integer> links = new ArrayList<>();
        int side = random.nextInt(1, 1 << world.nodes.size());
        for (int from : world.nodes.keySet()) {
            for (int to : world.nodes.keySet()) {
                if ((side >> from & 1) != (side >> to & 1)) {
                    links.add(link(from, to));
                }
            }
        }
        cut.addAll(links);
        later(random.nextBoolean() ? 200_000 : 2_000_000, () -> cut.removeAll(links));
    }

    private void cutOneWay() {
        int one = link(anyNode().id.value(), anyNode().id.value());
        cut.add(one);
        later(1_000_000, () -> cut.remove(one));
    }

    private void moveLease() {
        TxnNode from = anyNode();
        TxnProcess process = from.process;
        if (process == null) {
            return;
        }
        for (Slot slot : process.store.replicas.all()) {
            List<ReplicaInfo> all = slot.descriptor().replicas();
            int to = all.get(random.nextInt(all.size())).replicaId();
            if (random.nextBoolean()) {
                world.saw(TxnSight.LEASE_MOVE);
                process.after(0, () -> slot.tellIfAwake(new ReplicaActor.Raise(new RaftEvent.TransferLeadership(to))));
            }
        }
    }

    private void split() {
        TxnProcess process = anyNode().process;
        if (process == null) {
            return;
        }
        String at = TxnWorld.keyName(random.nextInt(world.weather.keys())) + (random.nextBoolean() ? "" : "x");
        process.after(
                0,
                () -> process.splits.split(KeySpace.user(at.getBytes(StandardCharsets.UTF_8)), 3_000_000, result -> {
                    if (result instanceof SplitResult.Split) {
                        world.saw(TxnSight.SPLIT);
                    }
                }));
    }

    private void later(long meanMicros, Runnable undo) {
        world.time.after(world.exponential(meanMicros), 0, undo);
    }
}
