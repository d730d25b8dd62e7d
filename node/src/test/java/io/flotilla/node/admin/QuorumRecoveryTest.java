package io.flotilla.node.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.key.Span;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.node.grpc.ClusterAdmin.Absent;
import io.flotilla.node.grpc.ClusterAdmin.Answer;
import io.flotilla.node.grpc.ClusterAdmin.Failed;
import io.flotilla.node.grpc.ClusterAdmin.Ok;
import io.flotilla.node.grpc.ClusterAdmin.Recovered;
import io.flotilla.node.storage.MemoryEngine;
import io.flotilla.node.transport.control.AdminReply;
import io.flotilla.range.recovery.RecoveryPlan;
import io.flotilla.range.recovery.Survivor;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.ReplicaInfo;
import io.flotilla.range.routing.Scheduler;
import io.flotilla.txn.coordinator.TxnCoordinator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Node 1 is asked to recover what nodes 2 and 3 had; node 4 came just before they were lost. */
class QuorumRecoveryTest {
    private static final NodeId SELF = new NodeId(1);
    private final Set<NodeId> lost = new TreeSet<>(Set.of(new NodeId(2), new NodeId(3)));
    private static final RangeDescriptor META = range(1, 1, new Span(Key.MIN, KeySpace.USERS.start()), 1, 2, 3);
    private static final RangeDescriptor USERS = range(2, 1, KeySpace.USERS, 1, 2, 3);

    /** What the last change made of it before the nodes were lost; node 1 has no replica any more and has not heard of that. */
    private static final RangeDescriptor MOVED = range(2, 9, KeySpace.USERS, 4, 2, 3);

    private final Map<NodeId, List<Survivor>> stores = new TreeMap<>();
    private final NodeRegistry registry =
            new NodeRegistry(new MemoryEngine(), (batch, callback) -> {}, new NoTransactions(), entry -> {});
    private final List<Answer<Recovered>> answers = new ArrayList<>();

    QuorumRecoveryTest() {
        for (int node = 1; node <= 3; node++) {
            registry.learn(new NodeEntry(node, "h:" + node, "h:" + node, "s" + node));
        }
        stores.put(SELF, List.of(survivor(1, META), survivor(1, USERS)));
    }

    /** A plan was made without it, by which the range went on from what node 1 had long ago. */
    @Test
    void whoAnswersIsAskedThoughTheRegistrysCopyDoesNotHaveItYet() {
        stores.put(new NodeId(4), List.of(survivor(4, MOVED)));
        RecoveryPlan plan = dryRun();
        assertThat(plan.forced()).hasSize(2);
        assertThat(plan.forced().get(1).source().node()).isEqualTo(new NodeId(4));
        assertThat(plan.forced().get(1).after().replicas())
                .extracting(ReplicaInfo::node)
                .containsExactly(new NodeId(4));
    }

    /** Of its being there only a replica tells. */
    @Test
    void withoutWhatANodeHasThatIsNeitherLostNorAnswersNothingIsDecided() {
        stores.put(SELF, List.of(survivor(1, META), survivor(1, range(2, 5, KeySpace.USERS, 1, 2, 4))));
        recover();
        assertThat(answers).singleElement().isInstanceOfSatisfying(Failed.class, failed -> {
            assertThat(failed.error()).isInstanceOf(KvError.Invalid.class);
            assertThat(failed.error().message()).startsWith("node 4 has replicas");
        });
    }

    @Test
    void whoIsLostTooMayBeCalledSoThoughOnlyAReplicaTellsOfIt() {
        stores.put(SELF, List.of(survivor(1, META), survivor(1, range(2, 5, KeySpace.USERS, 1, 2, 4))));
        lost.add(new NodeId(4));
        assertThat(dryRun().forced()).hasSize(2);
    }

    @Test
    void whomNobodyNamesThereIsNot() {
        lost.add(new NodeId(9));
        recover();
        assertThat(answers)
                .singleElement()
                .isInstanceOfSatisfying(
                        Absent.class, absent -> assertThat(absent.what()).isEqualTo("there is no node 9"));
    }

    @Test
    void whoIsGoneIsNotMissed() {
        registry.learn(new NodeEntry(4, "h:4", "h:4", "s4").leaving(true));
        stores.put(SELF, List.of(survivor(1, META), survivor(1, range(2, 5, KeySpace.USERS, 1, 2, 4))));
        assertThat(dryRun().forced()).hasSize(2);
    }

    private RecoveryPlan dryRun() {
        recover();
        assertThat(answers).singleElement().isInstanceOf(Ok.class);
        return ((Ok<Recovered>) answers.get(0)).value().plan();
    }

    private void recover() {
        Scheduler scheduler = new Scheduler() {
            @Override
            public void schedule(long delayMicros, Runnable task) {
                task.run();
            }

            @Override
            public long nowMicros() {
                return 0;
            }
        };
        NodePort nodes = new Stores();
        new QuorumRecovery(
                        SELF,
                        registry,
                        nodes,
                        new NodeGroups(nodes, scheduler),
                        (batch, callback) -> {},
                        (anchor, writes, seen, trigger, timeoutMicros, callback) -> {},
                        scheduler)
                .recover(lost, true, 4_000_000, answers::add);
    }

    private static Survivor survivor(int node, RangeDescriptor range) {
        return new Survivor(new NodeId(node), range, range, 5, 5, 100, 100, Timestamp.ZERO);
    }

    private static RangeDescriptor range(long id, long generation, Span span, int... nodes) {
        List<ReplicaInfo> replicas = new ArrayList<>();
        for (int node : nodes) {
            replicas.add(new ReplicaInfo(new NodeId(node), node));
        }
        return new RangeDescriptor(new RangeId(id), generation, span, replicas, 9);
    }

    /** Those that are there, and what they have. */
    private final class Stores implements NodePort {
        @Override
        public void call(NodeId node, String kind, byte[] payload, Duration timeout, Consumer<AdminReply> callback) {
            assertThat(kind).isEqualTo(AdminCalls.SURVEY);
            callback.accept(AdminReply.of(AdminCalls.encode(stores.getOrDefault(node, List.of()).stream()
                    .map(AdminCalls.SurvivorLine::of)
                    .toList())));
        }

        @Override
        public boolean isLive(NodeId node) {
            return stores.containsKey(node);
        }

        @Override
        public List<NodeId> live() {
            return stores.keySet().stream().filter(node -> !node.equals(SELF)).toList();
        }

        @Override
        public void forget(NodeId node) {}
    }

    private static final class NoTransactions implements TxnCoordinator {
        @Override
        public void commit(CommitRequest request, Consumer<CommitReply> callback) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void outcome(TxnId id, Key anchor, boolean fence, long timeoutMicros, Consumer<OutcomeReply> callback) {
            throw new UnsupportedOperationException();
        }
    }
}
