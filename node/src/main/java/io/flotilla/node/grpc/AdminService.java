package io.flotilla.node.grpc;

import com.google.protobuf.ByteString;
import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.key.Span;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.settings.Limits;
import io.flotilla.range.lifecycle.ReplicaChange;
import io.flotilla.range.lifecycle.SplitResult;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.ReplicaInfo;
import io.flotilla.v1.AdminGrpc;
import io.flotilla.v1.ChangeReplicasRequest;
import io.flotilla.v1.ChangeReplicasResponse;
import io.flotilla.v1.DecommissionNodeRequest;
import io.flotilla.v1.DecommissionNodeResponse;
import io.flotilla.v1.DrainNodeRequest;
import io.flotilla.v1.DrainNodeResponse;
import io.flotilla.v1.Error;
import io.flotilla.v1.InitRequest;
import io.flotilla.v1.InitResponse;
import io.flotilla.v1.ListNodesRequest;
import io.flotilla.v1.ListNodesResponse;
import io.flotilla.v1.ListRangesRequest;
import io.flotilla.v1.ListRangesResponse;
import io.flotilla.v1.NodeInfo;
import io.flotilla.v1.NodeState;
import io.flotilla.v1.RangeInfo;
import io.flotilla.v1.RecoverRangesRequest;
import io.flotilla.v1.RecoverRangesResponse;
import io.flotilla.v1.SplitRangeRequest;
import io.flotilla.v1.SplitRangeResponse;
import io.flotilla.v1.StatusRequest;
import io.flotilla.v1.StatusResponse;
import io.flotilla.v1.TransferLeaseRequest;
import io.flotilla.v1.TransferLeaseResponse;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The operators' service. Threading: handlers run on event loops and never block. */
public final class AdminService extends AdminGrpc.AdminImplBase {
    /** Splits ranges; {@code SplitMachine::split} has this form. */
    @FunctionalInterface
    public interface Splitter {
        void split(Key key, long timeoutMicros, Consumer<SplitResult> callback);
    }

    private static final long MICROS_PER_MILLI = 1_000;

    private final ClusterAdmin admin;
    private final Splitter splitter;

    public AdminService(ClusterAdmin admin, Splitter splitter) {
        this.admin = admin;
        this.splitter = splitter;
    }

    @Override
    public void init(InitRequest request, StreamObserver<InitResponse> responses) {
        admin.init(
                request.getReplicationFactor(),
                request.getNodesExpected(),
                answering(
                        responses,
                        error -> InitResponse.newBuilder().setError(error).build(),
                        done -> InitResponse.newBuilder()
                                .setClusterId(done.clusterId())
                                .addAllNodes(
                                        done.nodes().stream().map(NodeId::value).toList())
                                .setAlreadyInitialized(done.alreadyInitialized())
                                .build()));
    }

    @Override
    public void status(StatusRequest request, StreamObserver<StatusResponse> responses) {
        admin.status(answering(
                responses,
                error -> StatusResponse.newBuilder().setError(error).build(),
                status -> StatusResponse.newBuilder()
                        .setNode(status.node().value())
                        .setClusterId(status.clusterId())
                        .setInitialized(status.initialized())
                        .setServing(status.serving())
                        .setNodesLive(status.nodesLive())
                        .setNodesTotal(status.nodesTotal())
                        .setRanges(status.ranges())
                        .setRangesUnavailable(status.rangesUnavailable())
                        .setVersion(status.version())
                        .setUptimeMs(status.uptimeMillis())
                        .build()));
    }

    @Override
    public void listNodes(ListNodesRequest request, StreamObserver<ListNodesResponse> responses) {
        admin.nodes(answering(
                responses,
                error -> ListNodesResponse.newBuilder().setError(error).build(),
                nodes -> {
                    ListNodesResponse.Builder response = ListNodesResponse.newBuilder();
                    for (ClusterAdmin.Node node : nodes) {
                        response.addNodes(info(node));
                    }
                    return response.build();
                }));
    }

    private static NodeInfo info(ClusterAdmin.Node node) {
        NodeInfo.Builder info = NodeInfo.newBuilder()
                .setNode(node.id().value())
                .setAddress(node.address())
                .setGrpcAddress(node.grpcAddress())
                .setLive(node.live())
                .setReplicas(node.replicas())
                .setLeaseholders(node.leaseholders())
                .setReplicasAsleep(node.asleep())
                .setState(
                        switch (node.state()) {
                            case ACTIVE -> NodeState.ACTIVE;
                            case DRAINING -> NodeState.DRAINING;
                            case DECOMMISSIONING -> NodeState.DECOMMISSIONING;
                        });
        node.serving().ifPresent(serving -> {
            info.getServingBuilder()
                    .setAnswersTooLate(serving.answersTooLate())
                    .setWritesRefused(serving.writesRefused())
                    .setUnappliedBytes(serving.unappliedBytes())
                    .addAllAlarms(serving.alarms())
                    .setReplicasWoken(serving.woken());
            for (ClusterAdmin.LeaseMargin margin : serving.leaseMargins()) {
                info.getServingBuilder()
                        .addLeaseMarginsBuilder()
                        .setBelowMs((int) margin.belowMillis())
                        .setAnswers(margin.answers());
            }
        });
        return info.build();
    }

    @Override
    public void listRanges(ListRangesRequest request, StreamObserver<ListRangesResponse> responses) {
        Function<Error, ListRangesResponse> failed =
                error -> ListRangesResponse.newBuilder().setError(error).build();
        Span wanted;
        try {
            wanted = Wire.scanSpan(request.getStart(), request.getEnd());
        } catch (Refusal refusal) {
            answer(responses, failed.apply(WireErrors.of(refusal.error())));
            return;
        }
        admin.ranges(answering(responses, failed, ranges -> {
            ListRangesResponse.Builder response = ListRangesResponse.newBuilder();
            for (ClusterAdmin.Range range : ranges) {
                boolean system = isSystem(range.descriptor());
                if (system ? request.getSystem() : range.descriptor().span().overlaps(wanted)) {
                    response.addRanges(info(range, system));
                }
            }
            return response.build();
        }));
    }

    private static RangeInfo info(ClusterAdmin.Range range, boolean system) {
        RangeDescriptor descriptor = range.descriptor();
        Span span = descriptor.span();
        ByteString start = Wire.userKey(span.start());
        ByteString end = Wire.userKey(span.end());
        return RangeInfo.newBuilder()
                .setRange(descriptor.id().value())
                .setStart(system || !start.isEmpty() ? KeySpace.describe(span.start()) : "")
                .setEnd(system || !end.isEmpty() ? KeySpace.describe(span.end()) : "")
                .setStartKey(start)
                .setEndKey(end)
                .setGeneration(descriptor.generation())
                .addAllReplicas(descriptor.replicas().stream()
                        .map(replica -> replica.node().value())
                        .toList())
                .addAllReplicaInfos(ReplicaWire.infos(descriptor, range.asleep()))
                .setLeaseholder(range.leaseholder().value())
                .setState(
                        switch (range.state()) {
                            case OK -> RangeInfo.State.OK;
                            case NO_LEASEHOLDER -> RangeInfo.State.NO_LEASEHOLDER;
                            case NO_QUORUM -> RangeInfo.State.NO_QUORUM;
                            case SLOW -> RangeInfo.State.SLOW;
                        })
                .setSystem(system)
                .setAppliedIndex(range.appliedIndex())
                .build();
    }

    private static boolean isSystem(RangeDescriptor descriptor) {
        return descriptor.span().start().compareTo(KeySpace.USERS.start()) < 0;
    }

    @Override
    public void splitRange(SplitRangeRequest request, StreamObserver<SplitRangeResponse> responses) {
        Key key;
        long timeoutMicros;
        try {
            key = Wire.key(request.getKey());
            timeoutMicros = timeoutMicros(request.getTimeoutMs());
        } catch (Refusal refusal) {
            answer(responses, splitFailed(refusal.error()));
            return;
        }
        quiet(responses);
        splitter.split(key, timeoutMicros, result -> {
            if (result instanceof SplitResult.Split split) {
                answer(responses, split(split.left(), split.right(), false));
            } else if (result instanceof SplitResult.AlreadySplit already) {
                answer(responses, split(already.left(), already.right(), true));
            } else {
                answer(responses, splitFailed(((SplitResult.Failed) result).error()));
            }
        });
    }

    private static SplitRangeResponse split(RangeDescriptor left, RangeDescriptor right, boolean already) {
        return SplitRangeResponse.newBuilder()
                .setLeftRange(left.id().value())
                .setRightRange(right.id().value())
                .setAlreadySplit(already)
                .build();
    }

    private static SplitRangeResponse splitFailed(KvError error) {
        return SplitRangeResponse.newBuilder().setError(WireErrors.of(error)).build();
    }

    @Override
    public void transferLease(TransferLeaseRequest request, StreamObserver<TransferLeaseResponse> responses) {
        Key key;
        long timeoutMicros;
        try {
            key = request.getRange() == 0 ? Wire.key(request.getKey()) : Key.MIN;
            timeoutMicros = timeoutMicros(request.getTimeoutMs());
            if (request.getToNode() <= 0) {
                throw Refusal.invalid("to_node must be set");
            }
        } catch (Refusal refusal) {
            answer(responses, transferFailed(WireErrors.of(refusal.error())));
            return;
        }
        quiet(responses);
        withRange(
                request.getRange(),
                key,
                error -> answer(responses, transferFailed(error)),
                timeoutMicros,
                (range, leftMicros) -> transfer(range, new NodeId(request.getToNode()), leftMicros, responses));
    }

    private interface OnRange {
        void call(RangeDescriptor range, long leftMicros);
    }

    /** Finds the range by its id, or by a key in it, which is of the time that there is for the whole. */
    private void withRange(long id, Key key, Consumer<Error> failed, long timeoutMicros, OnRange found) {
        long began = System.nanoTime();
        admin.descriptors(ranges -> {
            if (ranges instanceof ClusterAdmin.Ok<List<RangeDescriptor>> ok) {
                RangeDescriptor range = find(ok.value(), id, key);
                if (range == null) {
                    failed.accept(WireErrors.of(
                            Error.Code.NOT_FOUND, id == 0 ? "no range holds that key" : "there is no range " + id));
                } else {
                    long took = TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - began);
                    found.call(range, Math.max(1, timeoutMicros - took));
                }
            } else {
                failed.accept(ReplicaWire.lookingUp(errorOf(ranges)));
            }
        });
    }

    private void transfer(
            RangeDescriptor descriptor,
            NodeId to,
            long timeoutMicros,
            StreamObserver<TransferLeaseResponse> responses) {
        Optional<ReplicaInfo> target = descriptor.replicaOn(to);
        if (target.isEmpty()) {
            KvError error = new KvError.Invalid(
                    "range " + descriptor.id().value() + " has no replica on node " + to.value() + ", only on nodes "
                            + descriptor.replicas().stream()
                                    .map(replica -> replica.node().value())
                                    .toList());
            answer(responses, transferFailed(WireErrors.of(error)));
        } else if (!target.get().mayLead()) {
            KvError error = new KvError.Invalid(
                    "the replica of range " + descriptor.id().value() + " on node "
                            + to.value() + " is a "
                            + (target.get().witness() ? "witness: it has no data" : "learner: it has no vote")
                            + ", and never holds the lease");
            answer(responses, transferFailed(WireErrors.of(error)));
        } else {
            admin.transferLease(
                    descriptor,
                    to,
                    timeoutMicros,
                    replying(
                            responses,
                            AdminService::transferFailed,
                            moved -> transferred(descriptor.id(), moved.from(), moved.to())));
        }
    }

    private static @Nullable RangeDescriptor find(List<RangeDescriptor> ranges, long id, Key key) {
        for (RangeDescriptor range : ranges) {
            if (id == 0 ? range.span().contains(key) : range.id().value() == id) {
                return range;
            }
        }
        return null;
    }

    private static TransferLeaseResponse transferred(RangeId range, NodeId from, NodeId to) {
        return TransferLeaseResponse.newBuilder()
                .setRange(range.value())
                .setFromNode(from.value())
                .setToNode(to.value())
                .build();
    }

    private static TransferLeaseResponse transferFailed(Error error) {
        return TransferLeaseResponse.newBuilder().setError(error).build();
    }

    @Override
    public void changeReplicas(ChangeReplicasRequest request, StreamObserver<ChangeReplicasResponse> responses) {
        Key key;
        long timeoutMicros;
        ReplicaChange wish;
        try {
            key = request.getRange() == 0 ? Wire.key(request.getKey()) : Key.MIN;
            timeoutMicros = timeoutMicros(request.getTimeoutMs());
            wish = ReplicaWire.wish(request);
        } catch (Refusal refusal) {
            answer(responses, ReplicaWire.failed(WireErrors.of(refusal.error())));
            return;
        }
        quiet(responses);
        withRange(
                request.getRange(),
                key,
                error -> answer(responses, ReplicaWire.failed(error)),
                timeoutMicros,
                (range, leftMicros) -> admin.changeReplicas(
                        range, wish, leftMicros, result -> answer(responses, ReplicaWire.answer(range, result))));
    }

    @Override
    public void drainNode(DrainNodeRequest request, StreamObserver<DrainNodeResponse> responses) {
        Function<Error, DrainNodeResponse> failed =
                error -> DrainNodeResponse.newBuilder().setError(error).build();
        onNode(
                request.getNode(),
                request.getTimeoutMs(),
                responses,
                failed,
                (node, timeoutMicros) -> admin.drain(
                        node,
                        timeoutMicros,
                        answering(
                                responses,
                                failed,
                                drained -> DrainNodeResponse.newBuilder()
                                        .setLeasesMoved(drained.moved())
                                        .setLeasesLeft(drained.left())
                                        .build())));
    }

    @Override
    public void decommissionNode(DecommissionNodeRequest request, StreamObserver<DecommissionNodeResponse> responses) {
        Function<Error, DecommissionNodeResponse> failed =
                error -> DecommissionNodeResponse.newBuilder().setError(error).build();
        onNode(
                request.getNode(),
                request.getTimeoutMs(),
                responses,
                failed,
                (node, timeoutMicros) -> admin.decommission(
                        node,
                        timeoutMicros,
                        answering(
                                responses,
                                failed,
                                emptied -> DecommissionNodeResponse.newBuilder()
                                        .setReplicasMoved(emptied.moved())
                                        .setReplicasLeft(emptied.left())
                                        .setDone(emptied.done())
                                        .setWaitsFor(emptied.waitsFor())
                                        .build())));
    }

    @Override
    public void recoverRanges(RecoverRangesRequest request, StreamObserver<RecoverRangesResponse> responses) {
        long timeoutMicros;
        try {
            timeoutMicros = timeoutMicros(request.getTimeoutMs());
            if (request.getLostNodesCount() == 0) {
                throw Refusal.invalid("lost_nodes must be set");
            }
            for (int node : request.getLostNodesList()) {
                if (node <= 0) {
                    throw Refusal.invalid("a node's id must be positive: " + Integer.toUnsignedString(node));
                }
            }
        } catch (Refusal refusal) {
            answer(responses, RecoveryWire.failed(WireErrors.of(refusal.error())));
            return;
        }
        Set<NodeId> lost = new TreeSet<>();
        request.getLostNodesList().forEach(node -> lost.add(new NodeId(node)));
        admin.recover(
                lost,
                request.getDryRun(),
                timeoutMicros,
                answering(responses, RecoveryWire::failed, RecoveryWire::answer));
    }

    private interface OnNode {
        void call(NodeId node, long timeoutMicros);
    }

    private static <R> void onNode(
            int node, int timeoutMillis, StreamObserver<R> responses, Function<Error, R> failed, OnNode call) {
        long timeoutMicros;
        try {
            timeoutMicros = timeoutMicros(timeoutMillis);
            if (node <= 0) {
                throw Refusal.invalid("node must be set");
            }
        } catch (Refusal refusal) {
            answer(responses, failed.apply(WireErrors.of(refusal.error())));
            return;
        }
        call.call(new NodeId(node), timeoutMicros);
    }

    private static long timeoutMicros(int timeoutMillis) {
        Refusal.checkLimit("timeout_ms", timeoutMillis & 0xFFFFFFFFL, Limits.DEADLINE_MILLIS_MAX);
        return (timeoutMillis == 0 ? Limits.DEADLINE_MILLIS_DEFAULT : timeoutMillis) * MICROS_PER_MILLI;
    }

    private static <T, R> Consumer<ClusterAdmin.Answer<T>> answering(
            StreamObserver<R> responses, Function<Error, R> failed, Function<T, R> succeeded) {
        quiet(responses);
        return replying(responses, failed, succeeded);
    }

    /** As {@link #answering}, for a call that is quiet already. */
    private static <T, R> Consumer<ClusterAdmin.Answer<T>> replying(
            StreamObserver<R> responses, Function<Error, R> failed, Function<T, R> succeeded) {
        return reply -> answer(
                responses,
                reply instanceof ClusterAdmin.Ok<T> ok ? succeeded.apply(ok.value()) : failed.apply(errorOf(reply)));
    }

    private static <T> Error errorOf(ClusterAdmin.Answer<T> reply) {
        if (reply instanceof ClusterAdmin.Absent<T> absent) {
            return WireErrors.of(Error.Code.NOT_FOUND, absent.what());
        }
        return WireErrors.of(((ClusterAdmin.Failed<T>) reply).error());
    }

    /** With a handler set, answering a call that was given up is no error. Only possible before the handler returns. */
    private static void quiet(StreamObserver<?> responses) {
        ((ServerCallStreamObserver<?>) responses).setOnCancelHandler(() -> {});
    }

    private static <R> void answer(StreamObserver<R> responses, R response) {
        responses.onNext(response);
        responses.onCompleted();
    }
}
