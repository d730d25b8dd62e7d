package io.flotilla.node.admin;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.key.Span;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvHeader;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.kv.KvSender;
import io.flotilla.node.grpc.ClusterAdmin;
import io.flotilla.node.transport.Transport;
import io.flotilla.node.transport.control.AdminReply;
import io.flotilla.node.transport.control.ControlPlane;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeDescriptorCodec;
import io.flotilla.range.routing.ReplicaInfo;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ScheduledExecutorService;
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
    private static final Duration CALL_TIMEOUT = Duration.ofSeconds(1);
    private static final long READ_TIMEOUT_MICROS = 3_000_000;
    private static final int DESCRIPTORS_PER_READ = 5_000;
    private static final long POLL_MILLIS = 25;

    /** What the operations work with. */
    public record Tools(
            NodeEntry self,
            Membership membership,
            NodeRegistry registry,
            ControlPlane control,
            AdminCalls calls,
            Transport transport,
            KvSender sender,
            ScheduledExecutorService executor,
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
        descriptors(KeySpace.METAS.start(), new ArrayList<>(), answer -> {
            if (answer instanceof Failed<List<RangeDescriptor>> failed) {
                callback.accept(new Failed<>(failed.error()));
            } else if (answer instanceof Ok<List<RangeDescriptor>> found) {
                lines(lines -> {
                    List<Range> ranges = new ArrayList<>();
                    for (RangeDescriptor descriptor : found.value()) {
                        ranges.add(describe(descriptor, lines));
                    }
                    callback.accept(new Ok<>(ranges));
                });
            }
        });
    }

    private Range describe(RangeDescriptor descriptor, Map<NodeId, List<AdminCalls.ReplicaLine>> lines) {
        NodeId leaseholder = NodeId.NONE;
        long applied = 0;
        int reachable = 0;
        for (ReplicaInfo replica : descriptor.replicas()) {
            List<AdminCalls.ReplicaLine> of = lines.get(replica.node());
            if (of == null) {
                continue;
            }
            reachable++;
            for (AdminCalls.ReplicaLine line : of) {
                if (line.range() == descriptor.id().value()) {
                    applied = Math.max(applied, line.applied());
                    if (line.leaseholder() && line.quorum()) {
                        leaseholder = replica.node();
                    }
                }
            }
        }
        boolean majority = reachable > descriptor.replicas().size() / 2;
        RangeState state =
                leaseholder.isKnown() ? RangeState.OK : majority ? RangeState.NO_LEASEHOLDER : RangeState.NO_QUORUM;
        return new Range(descriptor, leaseholder, state, applied);
    }

    @Override
    public void transferLease(RangeDescriptor range, NodeId to, long timeoutMicros, Consumer<Answer<Moved>> callback) {
        long deadlineNanos = System.nanoTime() + timeoutMicros * 1_000;
        lines(lines -> {
            NodeId from = describe(range, lines).leaseholder();
            if (from.equals(to)) {
                callback.accept(new Ok<>(new Moved(from, to)));
            } else if (!from.isKnown()) {
                callback.accept(new Failed<>(new KvError.Unavailable(
                        "NO_LEASEHOLDER",
                        range.span().start(),
                        range.id() + " has no leaseholder to hand over",
                        false)));
            } else {
                call(from, AdminCalls.TRANSFER, AdminCalls.transferPayload(range.id(), to), asked -> {
                    if (asked.ok()) {
                        awaitLease(range, from, to, deadlineNanos, callback);
                    } else {
                        callback.accept(new Failed<>(new KvError.Unavailable(
                                "NO_LEASEHOLDER", range.span().start(), asked.error(), false)));
                    }
                });
            }
        });
    }

    private void awaitLease(
            RangeDescriptor range, NodeId from, NodeId to, long deadlineNanos, Consumer<Answer<Moved>> callback) {
        linesOf(to, lines -> {
            boolean there = lines != null
                    && lines.stream()
                            .anyMatch(line -> line.range() == range.id().value() && line.leaseholder());
            if (there) {
                callback.accept(new Ok<>(new Moved(from, to)));
            } else if (System.nanoTime() > deadlineNanos) {
                callback.accept(new Failed<>(new KvError.DeadlineExceeded("LEASE_TRANSFER", true)));
            } else {
                tools.executor()
                        .schedule(
                                () -> awaitLease(range, from, to, deadlineNanos, callback),
                                POLL_MILLIS,
                                TimeUnit.MILLISECONDS);
            }
        });
    }

    // ---- gathering -----------------------------------------------------------------------------------------------

    private void descriptors(Key from, List<RangeDescriptor> found, Consumer<Answer<List<RangeDescriptor>>> callback) {
        KvOp scan = KvOp.Scan.inconsistent(new Span(from, KeySpace.METAS.end()), DESCRIPTORS_PER_READ, 1_500_000);
        tools.sender().send(new KvBatch(KvHeader.standalone(READ_TIMEOUT_MICROS), List.of(scan)), reply -> {
            if (reply instanceof KvReply.Refused refused) {
                callback.accept(new Failed<>(refused.error()));
            } else if (reply instanceof KvReply.Done done
                    && done.results().get(0) instanceof KvResult.Scanned scanned) {
                for (KvResult.Row row : scanned.rows()) {
                    found.add(RangeDescriptorCodec.decode(row.value().bytes()));
                }
                Key resume = scanned.resume();
                if (resume == null) {
                    callback.accept(new Ok<>(found));
                } else {
                    descriptors(resume, found, callback);
                }
            }
        });
    }

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
        if (node.equals(self)) {
            tools.calls().answer(kind, payload, callback);
        } else {
            tools.control().call(node, kind, payload, CALL_TIMEOUT, callback);
        }
    }

    private boolean isLive(NodeId node) {
        return node.equals(self) || tools.transport().isReachable(node);
    }
}
