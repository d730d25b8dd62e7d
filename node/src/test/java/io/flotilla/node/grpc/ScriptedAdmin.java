package io.flotilla.node.grpc;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.key.Span;
import io.flotilla.config.kv.KvError;
import io.flotilla.range.lifecycle.SplitResult;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** A cluster of nodes 1 and 2 with the meta range and two users' ranges. */
final class ScriptedAdmin implements ClusterAdmin {
    static final RangeDescriptor META = range(1, Key.MIN, KeySpace.USERS.start());
    static final RangeDescriptor LEFT = range(2, KeySpace.USERS.start(), KeySpace.user(Key.of("m")));
    static final RangeDescriptor RIGHT = range(3, KeySpace.user(Key.of("m")), KeySpace.USERS.end());

    final List<String> transfers = new ArrayList<>();
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
                Optional.of(new Serving(List.of(new LeaseMargin(50, 7), new LeaseMargin(0, 9)), 1, 2, 3))))));
    }

    @Override
    public void ranges(Consumer<Answer<List<Range>>> callback) {
        callback.accept(new Ok<>(List.of(
                new Range(META, new NodeId(1), RangeState.OK, 10),
                new Range(LEFT, new NodeId(1), RangeState.OK, 20),
                new Range(RIGHT, NodeId.NONE, RangeState.NO_QUORUM, 30))));
    }

    @Override
    public void transferLease(RangeDescriptor range, NodeId to, long timeoutMicros, Consumer<Answer<Moved>> callback) {
        transfers.add(range.id() + "->" + to);
        callback.accept(new Ok<>(new Moved(new NodeId(1), to)));
    }
}
