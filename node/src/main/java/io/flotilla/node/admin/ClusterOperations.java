package io.flotilla.node.admin;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvSender;
import io.flotilla.node.grpc.ClusterAdmin;
import io.flotilla.node.replica.QuorumWatch;
import io.flotilla.node.transport.control.AdminReply;
import io.flotilla.range.lifecycle.ReplicaChange;
import io.flotilla.range.lifecycle.ReplicaChangeResult;
import io.flotilla.range.lifecycle.ReplicaGroup;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.ReplicaInfo;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What operators ask of a cluster: descriptors from the meta range, joined with what each node says of its replicas.
 *
 * <p>Threading: thread-safe; nothing blocks; callbacks run on the sender's or the control plane's threads.
 */
public final class ClusterOperations implements ClusterAdmin {
    /** What the operations work with. */
    public record Tools(
            NodeEntry self,
            Membership membership,
            NodeRegistry registry,
            AdminCalls calls,
            NodeCalls nodes,
            NodeGroups groups,
            ReplicaOperations replicas,
            QuorumRecovery recovery,
            KvSender sender,
            String version) {}

    /** For a node that is there to tell of tens of thousands of replicas. */
    private static final Duration LINES_TIMEOUT = Duration.ofSeconds(4);

    private final Tools tools;
    private final NodeId self;
    private final long startedNanos = System.nanoTime();

    public ClusterOperations(Tools tools) {
        this.tools = tools;
        this.self = new NodeId(tools.self().node());
    }

    @Override
    public void init(int replicationFactor, int nodesExpected, Consumer<Answer<Initialized>> callback) {
        tools.membership().found(replicationFactor, nodesExpected, founded -> {
            if (founded.error().isEmpty()) {
                callback.accept(new Ok<>(new Initialized(
                        founded.clusterId(),
                        founded.nodes().stream().map(NodeId::new).toList(),
                        founded.before())));
            } else {
                callback.accept(new Failed<>(new KvError.Unavailable(
                        "NOT_INITIALIZED",
                        Key.MIN,
                        founded.error(),
                        !founded.clusterId().isEmpty())));
            }
        });
    }

    @Override
    public void status(Consumer<Answer<Status>> callback) {
        String cluster = tools.membership().cluster().map(UUID::toString).orElse("");
        if (!tools.membership().isInitialized()) {
            callback.accept(new Ok<>(status(cluster, false, List.of())));
            return;
        }
        // What this node knows of old tells how the ranges are, but not that they can be found by others.
        MetaScan.settled(
                tools.sender(),
                found -> describe(found, ranges -> callback.accept(new Ok<>(status(cluster, true, ranges)))),
                error -> describe(
                        tools.calls().descriptors(),
                        ranges -> callback.accept(new Ok<>(status(cluster, false, ranges)))));
    }

    private Status status(String cluster, boolean serving, List<Range> ranges) {
        List<NodeEntry> nodes =
                tools.membership().isInitialized() ? tools.registry().nodes() : List.of();
        int live = 0;
        for (NodeEntry node : nodes) {
            live += isLive(new NodeId(node.node())) ? 1 : 0;
        }
        int unavailable = 0;
        for (Range range : ranges) {
            unavailable += range.state().isServed() ? 0 : 1;
        }
        return new Status(
                self,
                cluster,
                !cluster.isEmpty(),
                serving,
                live,
                nodes.size(),
                ranges.size(),
                unavailable,
                tools.version(),
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startedNanos));
    }

    @Override
    public void nodes(Consumer<Answer<List<Node>>> callback) {
        lines(lines -> servings(servings -> {
            List<Node> nodes = new ArrayList<>();
            for (NodeEntry entry : tools.registry().nodes()) {
                NodeId id = new NodeId(entry.node());
                Map<Long, AdminCalls.ReplicaLine> of = lines.getOrDefault(id, Map.of());
                int leaseholders = 0;
                int asleep = 0;
                for (AdminCalls.ReplicaLine line : of.values()) {
                    leaseholders += line.leaseholder() ? 1 : 0;
                    asleep += line.asleep() ? 1 : 0;
                }
                nodes.add(new Node(
                        id,
                        entry.transport(),
                        entry.grpc(),
                        isLive(id),
                        of.size(),
                        leaseholders,
                        asleep,
                        state(entry, servings.get(id)),
                        Optional.ofNullable(servings.get(id))));
            }
            callback.accept(new Ok<>(nodes));
        }));
    }

    private static NodeState state(NodeEntry entry, @Nullable Serving serving) {
        if (entry.leaving()) {
            return NodeState.DECOMMISSIONING;
        }
        return serving != null && serving.drained() ? NodeState.DRAINING : NodeState.ACTIVE;
    }

    /** Asks every known node how it served; one that does not answer has no entry. */
    private void servings(Consumer<Map<NodeId, Serving>> done) {
        List<NodeId> asked = everybody();
        Map<NodeId, Serving> answers = new TreeMap<>();
        AtomicInteger open = new AtomicInteger(asked.size());
        for (NodeId node : asked) {
            call(node, AdminCalls.SERVING, new byte[0], reply -> {
                synchronized (answers) {
                    if (reply.ok()) {
                        AdminCalls.decodeServing(reply.payload()).ifPresent(serving -> answers.put(node, serving));
                    }
                }
                if (open.decrementAndGet() == 0) {
                    done.accept(answers);
                }
            });
        }
    }

    private List<NodeId> everybody() {
        List<NodeId> all = new ArrayList<>();
        for (NodeEntry node : tools.registry().nodes()) {
            all.add(new NodeId(node.node()));
        }
        if (!all.contains(self)) {
            all.add(self);
        }
        return all;
    }

    @Override
    public void ranges(Consumer<Answer<List<Range>>> callback) {
        descriptors(answer -> {
            if (answer instanceof Ok<List<RangeDescriptor>> ok) {
                describe(ok.value(), ranges -> callback.accept(new Ok<>(ranges)));
            } else {
                callback.accept(new Failed<>(((Failed<List<RangeDescriptor>>) answer).error()));
            }
        });
    }

    @Override
    public void descriptors(Consumer<Answer<List<RangeDescriptor>>> callback) {
        MetaScan.settled(tools.sender(), found -> callback.accept(new Ok<>(found)), error -> {
            List<RangeDescriptor> known = tools.calls().descriptors();
            // The meta range itself is down, and just then people want to know what is: as far as this node knows.
            boolean use = error instanceof KvError.Unavailable && !known.isEmpty();
            callback.accept(use ? new Ok<>(known) : new Failed<>(error));
        });
    }

    private void describe(List<RangeDescriptor> found, Consumer<List<Range>> callback) {
        lines(lines -> {
            List<Range> ranges = new ArrayList<>();
            for (RangeDescriptor descriptor : found) {
                ranges.add(describe(descriptor, lines));
            }
            callback.accept(ranges);
        });
    }

    private static Range describe(RangeDescriptor descriptor, Map<NodeId, Map<Long, AdminCalls.ReplicaLine>> lines) {
        NodeId leaseholder = NodeId.NONE;
        QuorumWatch.Progress progress = QuorumWatch.Progress.STOPPED;
        long applied = 0;
        Set<NodeId> answering = new TreeSet<>();
        Set<NodeId> asleep = new TreeSet<>();
        for (ReplicaInfo replica : descriptor.replicas()) {
            Map<Long, AdminCalls.ReplicaLine> of = lines.get(replica.node());
            if (of == null) {
                continue;
            }
            answering.add(replica.node());
            AdminCalls.ReplicaLine line = of.get(descriptor.id().value());
            if (line == null) {
                continue;
            }
            applied = Math.max(applied, line.applied());
            if (line.asleep()) {
                asleep.add(replica.node());
            }
            if (line.leaseholder() && line.quorum()) {
                leaseholder = replica.node();
                progress = line.progress();
            }
        }
        if (progress == QuorumWatch.Progress.FLOWING) {
            return new Range(descriptor, leaseholder, RangeState.OK, applied, asleep);
        }
        if (progress == QuorumWatch.Progress.SLOW) {
            return new Range(descriptor, leaseholder, RangeState.SLOW, applied, asleep);
        }
        boolean majority = descriptor.isQuorum(replica -> answering.contains(replica.node()));
        boolean stopped = leaseholder.isKnown() || !majority;
        RangeState state = stopped ? RangeState.NO_QUORUM : RangeState.NO_LEASEHOLDER;
        return new Range(descriptor, leaseholder, state, applied, asleep);
    }

    @Override
    public void transferLease(RangeDescriptor range, NodeId to, long timeoutMicros, Consumer<Answer<Moved>> callback) {
        long began = System.nanoTime();
        tools.groups()
                .look(
                        range,
                        look -> tools.groups().handOver(range, to, left(timeoutMicros, began), error -> {
                            if (error == null) {
                                NodeId from =
                                        look.map(ReplicaGroup.Look::leaseholder).orElse(NodeId.NONE);
                                callback.accept(new Ok<>(new Moved(from, to)));
                            } else {
                                callback.accept(new Failed<>(error));
                            }
                        }));
    }

    private static long left(long timeoutMicros, long beganNanos) {
        return Math.max(1, timeoutMicros - TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - beganNanos));
    }

    @Override
    public void changeReplicas(
            RangeDescriptor range, ReplicaChange wish, long timeoutMicros, Consumer<ReplicaChangeResult> callback) {
        tools.replicas().change(range, wish, timeoutMicros, callback);
    }

    @Override
    public void drain(NodeId node, long timeoutMicros, Consumer<Answer<Drained>> callback) {
        tools.replicas().drain(node, timeoutMicros, callback);
    }

    @Override
    public void decommission(NodeId node, long timeoutMicros, Consumer<Answer<Decommissioned>> callback) {
        tools.replicas().decommission(node, timeoutMicros, callback);
    }

    @Override
    public void recover(Set<NodeId> lost, boolean dryRun, long timeoutMicros, Consumer<Answer<Recovered>> callback) {
        tools.recovery().recover(lost, dryRun, timeoutMicros, callback);
    }

    // ---- gathering -----------------------------------------------------------------------------------------------

    /** Asks every known node; one that does not answer has no entry. */
    private void lines(Consumer<Map<NodeId, Map<Long, AdminCalls.ReplicaLine>>> done) {
        List<NodeId> asked = everybody();
        Map<NodeId, Map<Long, AdminCalls.ReplicaLine>> answers = new TreeMap<>();
        AtomicInteger open = new AtomicInteger(asked.size());
        for (NodeId node : asked) {
            linesOf(node, lines -> {
                if (lines != null) {
                    Map<Long, AdminCalls.ReplicaLine> byRange = new HashMap<>();
                    lines.forEach(line -> byRange.put(line.range(), line));
                    synchronized (answers) {
                        answers.put(node, byRange);
                    }
                }
                if (open.decrementAndGet() == 0) {
                    done.accept(answers);
                }
            });
        }
    }

    private void linesOf(NodeId node, Consumer<@Nullable List<AdminCalls.ReplicaLine>> done) {
        if (node.equals(self)) {
            tools.calls().replicas(done::accept);
        } else {
            tools.nodes()
                    .call(
                            node,
                            AdminCalls.REPLICAS,
                            new byte[0],
                            isLive(node) ? LINES_TIMEOUT : NodeCalls.TIMEOUT,
                            reply -> done.accept(reply.ok() ? AdminCalls.decode(reply.payload()) : null));
        }
    }

    private void call(NodeId node, String kind, byte[] payload, Consumer<AdminReply> callback) {
        tools.nodes().call(node, kind, payload, NodeCalls.TIMEOUT, callback);
    }

    private boolean isLive(NodeId node) {
        return tools.nodes().isLive(node);
    }
}
