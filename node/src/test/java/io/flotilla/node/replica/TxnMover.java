package io.flotilla.node.replica;

import io.flotilla.config.id.NodeId;
import io.flotilla.range.lifecycle.ReplicaChange;
import io.flotilla.range.lifecycle.ReplicaChangeResult;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Wishes for other replicas in a {@link TxnWorld}, now of one range, then of another, whatever else goes on. */
final class TxnMover {
    private static final int REPLICAS_MAX = 5;

    private final TxnWorld world;
    private final SplittableRandom random;
    private long endMicros;

    TxnMover(TxnWorld world, SplittableRandom random) {
        this.world = world;
        this.random = random;
    }

    void begin(long until) {
        endMicros = until;
        if (world.weather.upheaval().changeMeanMicros() > 0) {
            next();
        }
    }

    private void next() {
        world.time.after(world.exponential(world.weather.upheaval().changeMeanMicros()), 0, () -> {
            if (world.time.nowMicros() < endMicros && !world.isViolated()) {
                wish();
                next();
            }
        });
    }

    /** By a driver that knows what a replica on any node knows. */
    private void wish() {
        TxnProcess driver = world.node(1 + random.nextInt(world.nodes.size())).process;
        TxnProcess source = world.node(1 + random.nextInt(world.nodes.size())).process;
        if (driver == null || source == null || source.store.replicas.size() == 0) {
            return;
        }
        List<RangeDescriptor> ranges = source.store.descriptors();
        RangeDescriptor range = ranges.get(random.nextInt(ranges.size()));
        ReplicaChange wish = wish(range);
        if (wish != null) {
            long timeout = random.nextBoolean() ? 10_000_000 : world.exponential(1_000_000) + 1;
            driver.after(
                    0,
                    () -> driver.changes.change(range, wish, timeout, result -> {
                        if (result instanceof ReplicaChangeResult.Done done && done.changed()) {
                            world.saw(TxnSight.REPLICA_CHANGE);
                        }
                    }));
        }
    }

    private @Nullable ReplicaChange wish(RangeDescriptor range) {
        List<NodeId> others = new ArrayList<>();
        for (TxnNode node : world.nodes.values()) {
            if (range.replicaOn(node.id).isEmpty()) {
                others.add(node.id);
            }
        }
        List<ReplicaInfo> members = range.replicas();
        ReplicaInfo member = members.get(random.nextInt(members.size()));
        if (member.kind() == ReplicaInfo.Kind.LEARNER && random.nextBoolean()) {
            return new ReplicaChange.TakeBack(member.replicaId());
        }
        long voters = members.stream().filter(ReplicaInfo::staysVoter).count();
        // Two voters of which one has lost its disk are lost, and who wishes may not know how many there are.
        boolean removes = world.weather.upheaval().lossMeanMicros() == 0;
        int choice = voters <= 2 ? 0 : random.nextInt(4);
        if (choice == 0 && members.size() < REPLICAS_MAX && !others.isEmpty()) {
            return new ReplicaChange.Add(pick(others), false);
        }
        if (choice == 1 && removes) {
            return new ReplicaChange.Remove(member.node());
        }
        return choice >= 2 && !others.isEmpty() ? new ReplicaChange.Move(member.node(), pick(others)) : null;
    }

    private NodeId pick(List<NodeId> nodes) {
        return nodes.get(random.nextInt(nodes.size()));
    }
}
