package io.flotilla.node.admin;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvSender;
import io.flotilla.node.grpc.ClusterAdmin;
import io.flotilla.node.transport.control.AdminReply;
import io.flotilla.range.lifecycle.ReplicaChange;
import io.flotilla.range.lifecycle.ReplicaChangeResult;
import io.flotilla.range.lifecycle.ReplicaGroup;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.ArrayList;
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
            KvSender sender,
            String version) {}

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
            callback.accept(new Ok<>(status(cluster, false, List.of(), List.of())));
            return;
        }
        ranges(answer -> {
            List<Range> ranges = answer instanceof Ok<List<Range>> ok ? ok.value() : List.of();
            callback.accept(new Ok<>(status(
                    cluster, answer instanceof Ok, ranges, tools.registry().nodes())));
        });
    }

    private Status status(String cluster, boolean serving, List<Range> ranges, List<NodeEntry> nodes) {
        int live = 0;
        for (NodeEntry node : nodes) {
            live += isLive(new NodeId(node.node())) ? 1 : 0;
        }
        int unavailable = 0;
        for (Range range : ranges) {
            unavailable += range.state() == RangeState.OK ? 0 : 1;
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
                List<AdminCalls.ReplicaLine> of = lines.getOrDefault(id, List.of());
                int leaseholders = 0;
                for (AdminCalls.ReplicaLine line : of) {
                    leaseholders += line.leaseholder() ? 1 : 0;
                }
                nodes.add(new Node(
                        id,
                        entry.transport(),
                        entry.grpc(),
                        isLive(id),
                        of.size(),
                        leaseholders,
                        Optional.ofNullable(servings.get(id))));
            }
            callback.accept(new Ok<>(nodes));
        }));
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
        MetaScan.of(
                tools.sender(),
                found -> lines(lines -> {
                    List<Range> ranges = new ArrayList<>();
                    for (RangeDescriptor descriptor : found) {
                        ranges.add(describe(descriptor, lines));
                    }
                    callback.accept(new Ok<>(ranges));
                }),
                error -> callback.accept(new Failed<>(error)));
    }

    private Range describe(RangeDescriptor descriptor, Map<NodeId, List<AdminCalls.ReplicaLine>> lines) {
        NodeId leaseholder = NodeId.NONE;
        long applied = 0;
        Set<NodeId> answering = new TreeSet<>();
        for (ReplicaInfo replica : descriptor.replicas()) {
            List<AdminCalls.ReplicaLine> of = lines.get(replica.node());
            if (of == null) {
                continue;
            }
            answering.add(replica.node());
            for (AdminCalls.ReplicaLine line : of) {
                if (line.range() == descriptor.id().value()) {
                    applied = Math.max(applied, line.applied());
                    if (line.leaseholder() && line.quorum()) {
                        leaseholder = replica.node();
                    }
                }
            }
        }
        boolean majority = descriptor.isQuorum(replica -> answering.contains(replica.node()));
        RangeState state =
                leaseholder.isKnown() ? RangeState.OK : majority ? RangeState.NO_LEASEHOLDER : RangeState.NO_QUORUM;
        return new Range(descriptor, leaseholder, state, applied);
    }

    @Override
    public void transferLease(RangeDescriptor range, NodeId to, long timeoutMicros, Consumer<Answer<Moved>> callback) {
        tools.groups()
                .look(
                        range,
                        look -> tools.groups().handOver(range, to, timeoutMicros, error -> {
                            if (error == null) {
                                NodeId from =
                                        look.map(ReplicaGroup.Look::leaseholder).orElse(NodeId.NONE);
                                callback.accept(new Ok<>(new Moved(from, to)));
                            } else {
                                callback.accept(new Failed<>(error));
                            }
                        }));
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

    // ---- gathering -----------------------------------------------------------------------------------------------

    /** Asks every known node; one that does not answer has no entry. */
    private void lines(Consumer<Map<NodeId, List<AdminCalls.ReplicaLine>>> done) {
        List<NodeId> asked = everybody();
        Map<NodeId, List<AdminCalls.ReplicaLine>> answers = new TreeMap<>();
        AtomicInteger open = new AtomicInteger(asked.size());
        for (NodeId node : asked) {
            linesOf(node, lines -> {
                synchronized (answers) {
                    if (lines != null) {
                        answers.put(node, lines);
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
            call(
                    node,
                    AdminCalls.REPLICAS,
                    new byte[0],
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
