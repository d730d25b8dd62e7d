package io.flotilla.client;

import com.google.protobuf.ByteString;
import io.flotilla.v1.AdminGrpc;
import io.flotilla.v1.Error;
import io.flotilla.v1.InitRequest;
import io.flotilla.v1.InitResponse;
import io.flotilla.v1.ListNodesRequest;
import io.flotilla.v1.ListNodesResponse;
import io.flotilla.v1.ListRangesRequest;
import io.flotilla.v1.ListRangesResponse;
import io.flotilla.v1.RangeInfo;
import io.flotilla.v1.Serving;
import io.flotilla.v1.SplitRangeRequest;
import io.flotilla.v1.SplitRangeResponse;
import io.flotilla.v1.StatusRequest;
import io.flotilla.v1.StatusResponse;
import io.flotilla.v1.TransferLeaseRequest;
import io.flotilla.v1.TransferLeaseResponse;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * What operators do. Each call is blocking, goes to the first endpoint that answers, and throws {@link FlotillaException}. Safe
 * for several threads.
 */
public final class FlotillaAdmin implements AutoCloseable {
    private static final Set<Error.Code> WORTH_ASKING_ANOTHER =
            EnumSet.of(Error.Code.UNAVAILABLE, Error.Code.NO_QUORUM, Error.Code.OVERLOADED);

    private static final int FAILURES_MAX = 16;
    private static final long ROUND_PAUSE_NANOS = 200_000_000L;

    private final Transport transport;
    private final Duration deadline;
    private final List<String> endpoints;
    private final List<ManagedChannel> channels = new ArrayList<>();

    FlotillaAdmin(Transport transport, List<String> endpoints, Duration deadline) {
        this.transport = transport;
        this.deadline = deadline;
        this.endpoints = endpoints;
        for (String endpoint : endpoints) {
            channels.add(transport.open(endpoint, transport.nextLoop()));
        }
    }

    /** @param endpoints {@code host:port}, several separated by commas */
    public static FlotillaAdmin connect(String endpoints, Duration deadline) {
        List<String> named = Stream.of(endpoints.split(","))
                .map(String::trim)
                .filter(text -> !text.isEmpty())
                .toList();
        if (named.isEmpty()) {
            throw new IllegalArgumentException("no endpoint is named: " + endpoints);
        }
        if (deadline.toMillis() < 1) {
            throw new IllegalArgumentException("deadline is below 1 ms: " + deadline);
        }
        return new FlotillaAdmin(new NettyTransport(1), named, deadline);
    }

    /**
     * Turns a set of started nodes into a cluster, once.
     *
     * @param replicationFactor 0 means 3, or as many as there are nodes if fewer
     * @param nodesExpected waits until so many nodes have joined; 0 means {@code replicationFactor}
     */
    public InitResult init(int replicationFactor, int nodesExpected) {
        InitRequest request = InitRequest.newBuilder()
                .setReplicationFactor(replicationFactor)
                .setNodesExpected(nodesExpected)
                .build();
        InitResponse done = call((stub, millis) -> stub.init(request), InitResponse::getError);
        return new InitResult(done.getClusterId(), done.getNodesList(), done.getAlreadyInitialized());
    }

    public ClusterStatus status() {
        StatusResponse found =
                call((stub, millis) -> stub.status(StatusRequest.getDefaultInstance()), StatusResponse::getError);
        return new ClusterStatus(
                found.getNode(),
                found.getClusterId(),
                found.getInitialized(),
                found.getServing(),
                found.getNodesLive(),
                found.getNodesTotal(),
                found.getRanges(),
                found.getRangesUnavailable(),
                found.getVersion(),
                Duration.ofMillis(found.getUptimeMs()));
    }

    public List<NodeStatus> nodes() {
        ListNodesResponse found = call(
                (stub, millis) -> stub.listNodes(ListNodesRequest.getDefaultInstance()), ListNodesResponse::getError);
        return found.getNodesList().stream()
                .map(node -> new NodeStatus(
                        node.getNode(),
                        node.getAddress(),
                        node.getGrpcAddress(),
                        node.getLive(),
                        node.getReplicas(),
                        node.getLeaseholders(),
                        node.hasServing() ? Optional.of(serving(node.getServing())) : Optional.empty()))
                .toList();
    }

    private static NodeServing serving(Serving serving) {
        return new NodeServing(
                serving.getLeaseMarginsList().stream()
                        .map(margin -> new LeaseMargin(margin.getBelowMs(), margin.getAnswers()))
                        .toList(),
                serving.getAnswersTooLate(),
                serving.getWritesRefused(),
                serving.getUnappliedBytes());
    }

    /** All ranges of users' keys, in key order. @param system also the system's own */
    public List<RangeStatus> ranges(boolean system) {
        return ranges(new byte[0], new byte[0], system);
    }

    /** Ranges that overlap [{@code start}, {@code end}); empty means unbounded. */
    public List<RangeStatus> ranges(byte[] start, byte[] end, boolean system) {
        ListRangesRequest request = ListRangesRequest.newBuilder()
                .setStart(ByteString.copyFrom(start))
                .setEnd(ByteString.copyFrom(end))
                .setSystem(system)
                .build();
        ListRangesResponse found = call((stub, millis) -> stub.listRanges(request), ListRangesResponse::getError);
        return found.getRangesList().stream().map(FlotillaAdmin::range).toList();
    }

    /** Makes {@code key} the first key of a range. */
    public SplitResult split(byte[] key) {
        SplitRangeResponse done = call(
                (stub, millis) -> stub.splitRange(SplitRangeRequest.newBuilder()
                        .setKey(ByteString.copyFrom(key))
                        .setTimeoutMs(millis)
                        .build()),
                SplitRangeResponse::getError);
        return new SplitResult(done.getLeftRange(), done.getRightRange(), done.getAlreadySplit());
    }

    public TransferResult transferLease(long range, int toNode) {
        return transfer(TransferLeaseRequest.newBuilder().setRange(range).setToNode(toNode));
    }

    /** For the range that holds {@code key}. */
    public TransferResult transferLease(byte[] key, int toNode) {
        return transfer(TransferLeaseRequest.newBuilder()
                .setKey(ByteString.copyFrom(key))
                .setToNode(toNode));
    }

    @Override
    public void close() {
        channels.forEach(ManagedChannel::shutdownNow);
        transport.close();
    }

    private TransferResult transfer(TransferLeaseRequest.Builder request) {
        TransferLeaseResponse done = call(
                (stub, millis) ->
                        stub.transferLease(request.setTimeoutMs(millis).build()),
                TransferLeaseResponse::getError);
        return new TransferResult(done.getRange(), done.getFromNode(), done.getToNode());
    }

    private static RangeStatus range(RangeInfo info) {
        RangeState state = switch (info.getState()) {
            case OK -> RangeState.OK;
            case NO_QUORUM -> RangeState.NO_QUORUM;
            default -> RangeState.NO_LEASEHOLDER;
        };
        return new RangeStatus(
                info.getRange(),
                info.getStart(),
                info.getEnd(),
                info.getStartKey().toByteArray(),
                info.getEndKey().toByteArray(),
                info.getGeneration(),
                info.getReplicasList(),
                info.getLeaseholder(),
                state,
                info.getSystem(),
                info.getAppliedIndex());
    }

    private interface Call<R> {
        R on(AdminGrpc.AdminBlockingStub stub, int timeoutMillis);
    }

    /** Asks one endpoint after the other, round after round while there is time; the first definite answer counts. */
    private <R> R call(Call<R> call, Function<R, Error> errorOf) {
        long deadlineNanos = System.nanoTime() + deadline.toNanos();
        List<Failure> failures = new ArrayList<>();
        for (int asked = 0; ; asked++) {
            int i = asked % channels.size();
            if (asked > 0 && i == 0) {
                Backoff.pause(Math.min(ROUND_PAUSE_NANOS, Math.max(0, deadlineNanos - System.nanoTime())));
            }
            long millis = (deadlineNanos - System.nanoTime()) / 1_000_000;
            if (millis <= 0) {
                throw lastOf(failures).toException(failures);
            }
            long attemptMillis = Math.max(Math.min(millis, 1_000), millis / 2);
            channels.get(i).resetConnectBackoff();
            AdminGrpc.AdminBlockingStub stub =
                    AdminGrpc.newBlockingStub(channels.get(i)).withDeadlineAfter(attemptMillis, TimeUnit.MILLISECONDS);
            try {
                R answer = call.on(stub, (int) attemptMillis);
                Error error = errorOf.apply(answer);
                if (error.getCode() == Error.Code.UNSPECIFIED) {
                    return answer;
                }
                failures.add(Failure.of(error));
                if (!WORTH_ASKING_ANOTHER.contains(error.getCode())) {
                    throw lastOf(failures).toException(failures);
                }
            } catch (StatusRuntimeException e) {
                failures.add(Failure.local(kindOf(e.getStatus()), endpoints.get(i) + ": " + reason(e), true, "ANSWER"));
            }
            if (failures.size() > FAILURES_MAX) {
                failures.remove(0);
            }
        }
    }

    private static Failure lastOf(List<Failure> failures) {
        return failures.isEmpty()
                ? Failure.local(Error.Code.DEADLINE, "no endpoint answered in time", false, "CONNECT")
                : failures.get(failures.size() - 1);
    }

    private static Error.Code kindOf(Status status) {
        return switch (status.getCode()) {
            case DEADLINE_EXCEEDED -> Error.Code.DEADLINE;
            case UNIMPLEMENTED, INVALID_ARGUMENT -> Error.Code.INVALID;
            default -> Error.Code.UNAVAILABLE;
        };
    }

    private static String reason(StatusRuntimeException e) {
        Throwable cause = e.getStatus().getCause();
        return e.getMessage() + (cause == null ? "" : " (" + cause.getMessage() + ")");
    }

    /** @param alreadyInitialized true if the cluster was initialized before: nothing was changed */
    public record InitResult(String clusterId, List<Integer> nodes, boolean alreadyInitialized) {}

    /** As one node sees the cluster. @param clusterId empty before init */
    public record ClusterStatus(
            int node,
            String clusterId,
            boolean initialized,
            boolean serving,
            int nodesLive,
            int nodesTotal,
            int ranges,
            int rangesUnavailable,
            String version,
            Duration uptime) {}

    /** @param serving how it served since it started; empty if it did not answer */
    public record NodeStatus(
            int node,
            String address,
            String grpcAddress,
            boolean live,
            int replicas,
            int leaseholders,
            Optional<NodeServing> serving) {}

    /**
     * @param leaseMargins how much of the lease was left when answers to reads left, in ascending buckets
     * @param answersTooLate ready, but not sent: the lease had run out meanwhile
     * @param writesRefused as OVERLOADED
     * @param unappliedBytes payload of writes in the log that are not applied yet
     */
    public record NodeServing(
            List<LeaseMargin> leaseMargins, long answersTooLate, long writesRefused, long unappliedBytes) {}

    /** @param belowMillis upper end of the bucket, exclusive; 0 for the last, which is open */
    public record LeaseMargin(long belowMillis, long answers) {}

    /** @param leaseholder 0 if not known */
    public record RangeStatus(
            long range,
            String start,
            String end,
            byte[] startKey,
            byte[] endKey,
            long generation,
            List<Integer> replicas,
            int leaseholder,
            RangeState state,
            boolean system,
            long appliedIndex) {}

    public enum RangeState {
        OK,
        NO_LEASEHOLDER,
        NO_QUORUM
    }

    /** @param alreadySplit true if a border was there already */
    public record SplitResult(long leftRange, long rightRange, boolean alreadySplit) {}

    public record TransferResult(long range, int fromNode, int toNode) {}
}
