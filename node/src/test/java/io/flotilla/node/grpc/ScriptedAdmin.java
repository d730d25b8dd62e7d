package io.flotilla.node.grpc;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.key.Span;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.time.Timestamp;
import io.flotilla.range.lifecycle.ReplicaChange;
import io.flotilla.range.lifecycle.ReplicaChangeResult;
import io.flotilla.range.lifecycle.SplitResult;
import io.flotilla.range.recovery.RecoveryPlan;
import io.flotilla.range.recovery.RecoveryPlanner;
import io.flotilla.range.recovery.Survivor;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A cluster of nodes 1 and 2 with the meta range and two users' ranges. */
final class ScriptedAdmin implements ClusterAdmin {
    static final RangeDescriptor META = range(1, Key.MIN, KeySpace.USERS.start());
    static final RangeDescriptor LEFT = range(2, KeySpace.USERS.start(), KeySpace.user(Key.of("m")));
    static final RangeDescriptor RIGHT = range(3, KeySpace.user(Key.of("m")), KeySpace.USERS.end());

    final List<String> transfers = new ArrayList<>();
    final List<String> changes = new ArrayList<>();
    volatile long findingMillis;

    /** The time that the last change was given. */
    volatile long givenMicros;

    /** How often all nodes were asked how their replicas are. */
    volatile int looks;

    volatile ReplicaChangeResult changeResult = new ReplicaChangeResult.Done(LEFT, true);
    final List<Key> splits = new ArrayList<>();
    volatile SplitResult splitResult = new SplitResult.Split(LEFT, RIGHT);

    private static RangeDescriptor range(long id, Key start, Key end) {
        List<ReplicaInfo> replicas = List.of(new ReplicaInfo(new NodeId(1), 1), new ReplicaInfo(new NodeId(2), 2));
        return new RangeDescriptor(new RangeId(id), 5, new Span(start, end), replicas, 3);
    }

    void split(Key key, long timeoutMicros, Consumer<SplitResult> callback) {
        splits.add(key);
        callback.accept(splitResult);
    }

    @Override
    public void init(int replicationFactor, int nodesExpected, Consumer<Answer<Initialized>> callback) {
        callback.accept(
                nodesExpected > 2
                        ? new Failed<>(new KvError.Invalid("only 2 nodes have joined"))
                        : new Ok<>(new Initialized("c-1", List.of(new NodeId(1), new NodeId(2)), false)));
    }

    @Override
    public void status(Consumer<Answer<Status>> callback) {
        callback.accept(new Ok<>(new Status(new NodeId(1), "c-1", true, true, 2, 2, 3, 0, "0.1.0", 1234)));
    }

    @Override
    public void nodes(Consumer<Answer<List<Node>>> callback) {
        callback.accept(new Ok<>(List.of(new Node(
                new NodeId(1),
                "h:1",
                "h:2",
                true,
                3,
                2,
                1,
                NodeState.DRAINING,
                Optional.of(new Serving(
                        List.of(new LeaseMargin(50, 7), new LeaseMargin(0, 9)),
                        1,
                        2,
                        3,
                        List.of("range 7"),
                        4,
                        true))))));
    }

    @Override
    public void ranges(Consumer<Answer<List<Range>>> callback) {
        looks++;
        callback.accept(new Ok<>(List.of(
                new Range(META, new NodeId(1), RangeState.OK, 10, Set.of()),
                new Range(LEFT, new NodeId(1), RangeState.OK, 20, Set.of()),
                new Range(RIGHT, NodeId.NONE, RangeState.NO_QUORUM, 30, Set.of(new NodeId(1))))));
    }

    @Override
    public void descriptors(Consumer<Answer<List<RangeDescriptor>>> callback) {
        try {
            TimeUnit.MILLISECONDS.sleep(findingMillis);
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        }
        callback.accept(new Ok<>(List.of(META, LEFT, RIGHT)));
    }

    @Override
    public void transferLease(RangeDescriptor range, NodeId to, long timeoutMicros, Consumer<Answer<Moved>> callback) {
        givenMicros = timeoutMicros;
        transfers.add(range.id() + "->" + to);
        callback.accept(new Ok<>(new Moved(new NodeId(1), to)));
    }

    @Override
    public void changeReplicas(
            RangeDescriptor range, ReplicaChange wish, long timeoutMicros, Consumer<ReplicaChangeResult> callback) {
        givenMicros = timeoutMicros;
        changes.add(range.id() + " " + wish);
        callback.accept(changeResult);
    }

    @Override
    public void drain(NodeId node, long timeoutMicros, Consumer<Answer<Drained>> callback) {
        callback.accept(node.value() == 9 ? new Absent<>("there is no node 9") : new Ok<>(new Drained(3, 1)));
    }

    @Override
    public void decommission(NodeId node, long timeoutMicros, Consumer<Answer<Decommissioned>> callback) {
        callback.accept(
                node.value() == 9
                        ? new Absent<>("there is no node 9")
                        : new Ok<>(new Decommissioned(2, 5, false, "r3: a copy")));
    }

    @Override
    public void recover(Set<NodeId> lost, boolean dryRun, long timeoutMicros, Consumer<Answer<Recovered>> callback) {
        Survivor source =
                new Survivor(new NodeId(1), LEFT, LEFT, 6, 5, 77, 70, Timestamp.ofMicros(1_700_000_000_000_000L));
        RecoveryPlan plan = RecoveryPlanner.plan(List.of(source));
        callback.accept(new Ok<>(new Recovered(plan, List.of("a problem"), dryRun, dryRun ? "" : "r2")));
    }
}
