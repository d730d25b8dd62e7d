package io.flotilla.node.admin;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.node.grpc.ClusterAdmin.Answer;
import io.flotilla.node.grpc.ClusterAdmin.Decommissioned;
import io.flotilla.node.grpc.ClusterAdmin.Drained;
import io.flotilla.node.grpc.ClusterAdmin.Failed;
import io.flotilla.node.grpc.ClusterAdmin.Ok;
import io.flotilla.node.storage.MemoryEngine;
import io.flotilla.node.transport.control.AdminReply;
import io.flotilla.range.lifecycle.ReplicaChange;
import io.flotilla.range.lifecycle.ReplicaChangeMachine;
import io.flotilla.range.lifecycle.ReplicaChangeResult;
import io.flotilla.range.lifecycle.ReplicaGroup;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeDescriptorCodec;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.ReplicaInfo;
import io.flotilla.range.routing.Scheduler;
import io.flotilla.txn.coordinator.TxnCoordinator;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A node is taken out of the cluster while others, who have not heard of that, bring replicas there. */
class DecommissionTest {
    private static final NodeId LEAVING = new NodeId(4);

    private final TreeMap<Key, Value> meta = new TreeMap<>();
    private final List<Answer<Decommissioned>> answers = new ArrayList<>();
    private final MemoryEngine engine = new MemoryEngine();
    private final NodeRegistry registry = new NodeRegistry(engine, this::read, new Transactions(), entry -> {});

    /** What happens just before the next commits of descriptors, and just before the next marks. */
    private final Deque<Runnable> beforeChange = new ArrayDeque<>();

    private final Deque<Runnable> beforeMark = new ArrayDeque<>();
    private boolean live = true;

    /** Whether a change of descriptors is committed, and the range where that is recorded is down. */
    private boolean unsettled;

    private final Scheduler scheduler = new Scheduler() {
        private long nowMicros;

        @Override
        public void schedule(long delayMicros, Runnable task) {
            nowMicros += delayMicros;
            task.run();
        }

        @Override
        public long nowMicros() {
            return nowMicros;
        }
    };

    private final ReplicaInfo learner = new ReplicaInfo(LEAVING, 4, ReplicaInfo.Kind.LEARNER, false);

    @Test
    void aReplicaThatArrivedBetweenTheLookAndTheMarkIsTakenAwayBeforeItIsDone() {
        nodes(4);
        write(range(1, List.of(voter(1), voter(2), voter(3)), 4));
        beforeMark.add(() -> write(range(2, List.of(voter(1), voter(2), voter(3), learner), 5)));
        assertEmptied(1);
    }

    /** The look had passed over a change that was under way. */
    @Test
    void aReplicaThatTheLastLookPassedOverIsTakenAwayBeforeItIsDone() {
        nodes(4);
        write(range(1, List.of(voter(1), voter(2), voter(3)), 4));
        beforeMark.add(() -> {});
        beforeMark.add(() -> write(range(2, List.of(voter(1), voter(2), voter(3), learner), 5)));
        assertEmptied(1);
    }

    /** Its copy of the registry is some seconds old, and more if it cannot read the meta range. */
    @Test
    void aGatewayThatHasNotHeardThatANodeLeavesBringsNoReplicaThere() {
        nodes(4);
        RangeDescriptor before = range(1, List.of(voter(1), voter(2), voter(3)), 4);
        write(before);
        write(new NodeEntry(4, "h:4", "h:4", "s4").leaving(false));
        assertThat(registry.isLeaving(LEAVING)).isFalse();

        List<ReplicaChangeResult> results = new ArrayList<>();
        operations().change(before, new ReplicaChange.Add(LEAVING, false), 4_000_000, results::add);
        operations().change(before, new ReplicaChange.Move(new NodeId(1), LEAVING), 4_000_000, results::add);

        assertThat(results)
                .hasSize(2)
                .containsOnly(new ReplicaChangeResult.Refused("n4 is being decommissioned", false));
        assertThat(now()).isEqualTo(before);
    }

    @Test
    void twoWhoMarkTheNodeAtTheSameTimeBothGetThrough() {
        nodes(4);
        write(range(1, List.of(voter(1), voter(2), voter(3)), 4));
        beforeMark.add(() -> write(new NodeEntry(4, "h:4", "h:4", "s4").leaving(false)));
        assertEmptied(0);
    }

    /** He had chosen another place for it. */
    @Test
    void aReplicaThatAnotherOperatorMovedMeanwhileIsNotSaidToBeLeft() {
        nodes(5);
        write(range(1, List.of(voter(1), voter(2), voter(4)), 5));
        beforeChange.add(() -> write(range(5, List.of(voter(1), voter(2), voter(5)), 6)));
        assertEmptied(0);
        assertThat(now().replicas()).containsExactly(voter(1), voter(2), voter(5));
    }

    /** The list of ranges passed over what it could not find out about within a second, and the node was gone with that replica on it. */
    @Test
    void aNodeIsNotDoneWhileAChangeThatMayBringAReplicaThereCannotBeFoundOutAbout() {
        nodes(4);
        write(range(1, List.of(voter(1), voter(2), voter(3)), 4));
        unsettled = true;
        operations().decommission(LEAVING, 4_000_000, answers::add);
        assertThat(answers).singleElement().isInstanceOf(Failed.class);
        assertThat(registry.isGone(LEAVING)).isFalse();

        write(range(2, List.of(voter(1), voter(2), voter(3), learner), 5));
        unsettled = false;
        answers.clear();
        assertEmptied(1);
    }

    private void nodes(int count) {
        for (int node = 1; node <= count; node++) {
            write(new NodeEntry(node, "h:" + node, "h:" + node, "s" + node));
        }
        registry.refresh(read -> assertThat(read).isTrue());
    }

    private void assertEmptied(int moved) {
        operations().decommission(LEAVING, 4_000_000, answers::add);
        assertThat(answers)
                .singleElement()
                .isInstanceOfSatisfying(
                        Ok.class, ok -> assertThat(ok.value()).isEqualTo(new Decommissioned(moved, 0, true, "")));
        assertThat(now().replicaOn(LEAVING)).isEmpty();
        assertThat(registry.isGone(LEAVING)).isTrue();
    }

    @Test
    void aNodeThatIsOutOfReachWasNotDrainedForCertain() {
        write(new NodeEntry(4, "h:4", "h:4", "s4"));
        live = false;
        List<Answer<Drained>> drained = new ArrayList<>();
        operations().drain(LEAVING, 4_000_000, drained::add);
        assertThat(drained)
                .singleElement()
                .isInstanceOfSatisfying(
                        Failed.class,
                        failed -> assertThat(failed.error().provenNotExecuted()).isTrue());
    }

    /** Nor is its silence a fault of ours. */
    @Test
    void aNodeThatFallsSilentMeanwhileWasPerhapsDrained() {
        write(new NodeEntry(4, "h:4", "h:4", "s4"));
        List<Answer<Drained>> drained = new ArrayList<>();
        operations().drain(LEAVING, 4_000_000, drained::add);
        assertThat(drained)
                .containsExactly(new Failed<>(
                        new KvError.Unavailable("UNREACHABLE", Key.MIN, "n4 did not answer in time", true)));
    }

    /** It would have replicas made anew until it reads the registry again, or for ever if it cannot. */
    @Test
    void aNodeThatIsStartedAgainKnowsStillThatItLeaves() {
        registry.learn(new NodeEntry(4, "h:4", "h:4", "s4").leaving(false));

        NodeRegistry again = new NodeRegistry(engine, this::read, new Transactions(), entry -> {});
        again.loadLocal();
        again.learnSelf(new NodeEntry(4, "elsewhere:4", "elsewhere:4", "s4"));
        assertThat(again.isLeaving(LEAVING)).isTrue();
        assertThat(again.nodes()).extracting(NodeEntry::transport).containsExactly("elsewhere:4");

        NodeRegistry once = new NodeRegistry(engine, this::read, new Transactions(), entry -> {});
        once.loadLocal();
        assertThat(once.isLeaving(LEAVING)).isTrue();
    }

    /** The meta range was recovered from a replica that lagged behind. */
    @Test
    void whatTheMetaRangeHasForgottenOfNodesIsWrittenAgain() {
        nodes(4);
        registry.mark(3, true, marked -> assertThat(marked).isTrue());
        registry.mark(4, false, marked -> assertThat(marked).isTrue());
        TreeMap<Key, Value> before = new TreeMap<>(meta);
        meta.remove(KeySpace.node(2));
        write(new NodeEntry(3, "h:3", "h:3", "s3"));
        write(new NodeEntry(4, "h:4", "h:4", "s4"));

        registry.refresh(read -> assertThat(read).isTrue());

        assertThat(registry.isGone(new NodeId(3))).isTrue();
        assertThat(registry.isLeaving(LEAVING)).isTrue();
        assertThat(meta).isEqualTo(before);
    }

    private ReplicaOperations operations() {
        ReplicaChangeMachine machine = new ReplicaChangeMachine(
                this::read,
                (anchor, writes, seen, trigger, timeoutMicros, callback) -> {
                    Optional.ofNullable(beforeChange.poll()).ifPresent(Runnable::run);
                    callback.accept(commit(writes));
                },
                new Leaderless(),
                NodeRegistry::objection,
                scheduler);
        return new ReplicaOperations(registry, new AllLive(), this::read, machine, scheduler);
    }

    private static ReplicaInfo voter(int node) {
        return new ReplicaInfo(new NodeId(node), node);
    }

    private static RangeDescriptor range(long generation, List<ReplicaInfo> replicas, int next) {
        return new RangeDescriptor(new RangeId(2), generation, KeySpace.USERS, replicas, next);
    }

    private RangeDescriptor now() {
        Value row = meta.get(KeySpace.meta(KeySpace.USERS.end()));
        return RangeDescriptorCodec.decode(requireNonNull(row).bytes());
    }

    private void write(RangeDescriptor range) {
        meta.put(KeySpace.meta(range.span().end()), Value.wrap(RangeDescriptorCodec.encode(range)));
    }

    private void write(NodeEntry entry) {
        try {
            meta.put(KeySpace.node(entry.node()), Value.wrap(new ObjectMapper().writeValueAsBytes(entry)));
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private void read(KvBatch batch, Consumer<KvReply> callback) {
        if (unsettled && batch.ops().get(0) instanceof KvOp.Scan scan && !scan.inconsistent()) {
            callback.accept(new KvReply.Refused(new KvError.LockTimeout(scan.key(), TxnMeta.NONE)));
            return;
        }
        List<KvResult> results = new ArrayList<>();
        batch.ops().forEach(op -> results.add(read(op)));
        callback.accept(new KvReply.Done(results, Timestamp.ZERO, List.of()));
    }

    private KvResult read(KvOp op) {
        if (op instanceof KvOp.Scan scan) {
            List<KvResult.Row> rows = new ArrayList<>();
            for (Map.Entry<Key, Value> row :
                    meta.subMap(scan.span().start(), scan.span().end()).entrySet()) {
                rows.add(new KvResult.Row(row.getKey(), row.getValue()));
            }
            return new KvResult.Scanned(rows, null);
        }
        return new KvResult.Got(meta.get(op.key()), Timestamp.ZERO);
    }

    private @Nullable KvError commit(List<KvOp.DataWrite> writes) {
        for (KvOp.DataWrite write : writes) {
            KvOp.CompareAndSet cas = (KvOp.CompareAndSet) write;
            Value actual = meta.get(cas.key());
            if (!Objects.equals(actual, cas.expected())) {
                return new KvError.ConditionFailed(cas.key(), actual);
            }
            meta.put(cas.key(), requireNonNull(cas.value()));
        }
        return null;
    }

    private final class Transactions implements TxnCoordinator {
        @Override
        public void commit(CommitRequest request, Consumer<CommitReply> callback) {
            Optional.ofNullable(beforeMark.poll()).ifPresent(Runnable::run);
            KvError error = DecommissionTest.this.commit(request.writes());
            callback.accept(error == null ? new Committed(Timestamp.ZERO, 0) : new CommitFailed(error, 0));
        }

        @Override
        public void outcome(TxnId id, Key anchor, boolean fence, long timeoutMicros, Consumer<OutcomeReply> callback) {
            throw new UnsupportedOperationException();
        }
    }

    private static final class Leaderless implements ReplicaGroup {
        @Override
        public void look(RangeDescriptor range, Consumer<Optional<Look>> callback) {
            callback.accept(Optional.empty());
        }

        @Override
        public void handOver(
                RangeDescriptor range, NodeId to, long timeoutMicros, Consumer<@Nullable KvError> callback) {
            throw new UnsupportedOperationException();
        }
    }

    private final class AllLive implements NodePort {
        @Override
        public void call(NodeId node, String kind, byte[] payload, Duration timeout, Consumer<AdminReply> callback) {
            callback.accept(AdminReply.failed(node + " did not answer in time"));
        }

        @Override
        public boolean isLive(NodeId node) {
            return live;
        }

        @Override
        public List<NodeId> live() {
            return List.of();
        }

        @Override
        public void forget(NodeId node) {}
    }
}
