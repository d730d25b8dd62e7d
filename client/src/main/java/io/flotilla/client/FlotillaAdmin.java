package io.flotilla.client;

import com.google.protobuf.ByteString;
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
import io.flotilla.v1.RangeInfo;
import io.flotilla.v1.RecoverRangesRequest;
import io.flotilla.v1.RecoverRangesResponse;
import io.flotilla.v1.ReplicaInfo;
import io.flotilla.v1.Serving;
import io.flotilla.v1.SplitRangeRequest;
import io.flotilla.v1.SplitRangeResponse;
import io.flotilla.v1.StatusRequest;
import io.flotilla.v1.StatusResponse;
import io.flotilla.v1.TransferLeaseRequest;
import io.flotilla.v1.TransferLeaseResponse;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.function.UnaryOperator;

/**
 * What operators do. Each call is blocking, goes to the first endpoint that answers, and throws {@link FlotillaException}. Safe
 * for several threads.
 */
public final class FlotillaAdmin implements AutoCloseable {
    private static final Set<Error.Code> WORTH_ASKING_ANOTHER =
            EnumSet.of(Error.Code.UNAVAILABLE, Error.Code.NO_QUORUM, Error.Code.OVERLOADED);

    /** A server's answer is due before its call gives up. */
    private static final int ANSWER_MILLIS = 500;

    private static final Duration PROGRESS_EVERY = Duration.ofSeconds(5);

    /** What takes hours is given up when nobody has said anything definite for so long. */
    private static final Duration UNHEARD_MAX = Duration.ofSeconds(30);

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
        List<String> named = Endpoints.checked(List.of(endpoints.split(",")));
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
        AdminAttempts attempts = new AdminAttempts();
        InitResponse done = call(
                deadline,
                Duration.ofMillis(Integer.MAX_VALUE),
                attempts,
                (stub, millis) -> stub.init(request),
                InitResponse::getError);
        // What an earlier attempt of this very call began, and was slow to tell of, was not there before.
        boolean before = done.getAlreadyInitialized() && !attempts.maybeExecuted();
        return new InitResult(done.getClusterId(), done.getNodesList(), before);
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
                        node.getReplicasAsleep(),
                        switch (node.getState()) {
                            case DRAINING -> NodeState.DRAINING;
                            case DECOMMISSIONING -> NodeState.DECOMMISSIONING;
                            default -> NodeState.ACTIVE;
                        },
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
                serving.getUnappliedBytes(),
                List.copyOf(serving.getAlarmsList()),
                serving.getReplicasWoken());
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

    /**
     * Puts a replica of a range on one more node. It learns what there is first, and then votes. Blocks until it does.
     *
     * @param witness it will vote and hold no data
     */
    public ReplicaChangeResult addReplica(RangeRef range, int node, boolean witness) {
        return changeReplicas(
                range,
                request -> request.setAdd(
                        ChangeReplicasRequest.Add.newBuilder().setNode(node).setWitness(witness)));
    }

    /** Takes a node's replica out of a range. */
    public ReplicaChangeResult removeReplica(RangeRef range, int node) {
        return changeReplicas(
                range,
                request -> request.setRemove(
                        ChangeReplicasRequest.Remove.newBuilder().setNode(node)));
    }

    /** Puts another node's replica in the place of this one's, in one step. */
    public ReplicaChangeResult moveReplica(RangeRef range, int fromNode, int toNode) {
        return changeReplicas(
                range,
                request -> request.setMove(ChangeReplicasRequest.Move.newBuilder()
                        .setFromNode(fromNode)
                        .setToNode(toNode)));
    }

    /** Asks again while the server says that there is more to do; each time it goes on from where it is. */
    private ReplicaChangeResult changeReplicas(RangeRef range, UnaryOperator<ChangeReplicasRequest.Builder> change) {
        ChangeReplicasRequest.Builder request = change.apply(
                ChangeReplicasRequest.newBuilder().setRange(range.id()).setKey(ByteString.copyFrom(range.key())));
        // One for all: what is refused later has been begun all the same.
        AdminAttempts attempts = new AdminAttempts();
        return untilDone(left -> {
            ChangeReplicasResponse answer = call(
                    left,
                    PROGRESS_EVERY,
                    attempts,
                    (stub, millis) -> stub.changeReplicas(
                            request.setTimeoutMs(answeredWithin(millis)).build()),
                    ChangeReplicasResponse::getError);
            if (answer.getChanged()) {
                attempts.begun();
            }
            return new Progress<>(
                    answer.getDone(),
                    answer.getWaitsFor(),
                    new ReplicaChangeResult(
                            answer.getRange(),
                            answer.getGeneration(),
                            answer.getReplicasList().stream()
                                    .map(FlotillaAdmin::replica)
                                    .toList()));
        });
    }

    /** Makes a node hand all its leases over, so that stopping it is not noticed. */
    public DrainResult drain(int node) {
        DrainNodeResponse done = call(
                (stub, millis) -> stub.drainNode(DrainNodeRequest.newBuilder()
                        .setNode(node)
                        .setTimeoutMs(millis)
                        .build()),
                DrainNodeResponse::getError);
        return new DrainResult(done.getLeasesMoved(), done.getLeasesLeft());
    }

    /**
     * Moves a node's replicas to other nodes, and then takes it out of the cluster for ever. Blocks until that is done; if the time is up, the same
     * call goes on later.
     *
     * @param progress told how many replicas are left, whenever a server says so
     */
    public DecommissionResult decommission(int node, IntConsumer progress) {
        int[] moved = new int[1];
        return untilDone(left -> {
            DecommissionNodeResponse answer = call(
                    left,
                    PROGRESS_EVERY,
                    (stub, millis) -> stub.decommissionNode(DecommissionNodeRequest.newBuilder()
                            .setNode(node)
                            .setTimeoutMs(answeredWithin(millis))
                            .build()),
                    DecommissionNodeResponse::getError);
            moved[0] += answer.getReplicasMoved();
            progress.accept(answer.getReplicasLeft());
            return new Progress<>(answer.getDone(), answer.getWaitsFor(), new DecommissionResult(moved[0]));
        });
    }

    /**
     * Nodes are lost for good: makes the ranges that have no quorum without them go on from what the others have. Writes that were acknowledged and had
     * not reached any of those are lost. Blocks until that is done; if the time is up, the same call goes on later.
     *
     * @param dryRun only say what would be done
     */
    public RecoveryReport recover(Collection<Integer> lostNodes, boolean dryRun) {
        RecoveryReport[] first = new RecoveryReport[1];
        return untilDone(left -> {
            RecoverRangesResponse answer = call(
                    left,
                    PROGRESS_EVERY,
                    (stub, millis) -> stub.recoverRanges(RecoverRangesRequest.newBuilder()
                            .addAllLostNodes(lostNodes)
                            .setDryRun(dryRun)
                            .setTimeoutMs(answeredWithin(millis))
                            .build()),
                    RecoverRangesResponse::getError);
            RecoveryReport report = RecoveryReport.of(answer);
            // What was to be done shows in the first answer, what stands in the way in the last.
            first[0] = first[0] == null ? report : first[0].followedBy(report);
            return new Progress<>(answer.getDone(), answer.getWaitsFor(), first[0]);
        });
    }

    private static int answeredWithin(int millis) {
        return Math.max(1, millis - ANSWER_MILLIS);
    }

    private record Progress<T>(boolean done, String waitsFor, T value) {}

    private <T> T untilDone(Function<Duration, Progress<T>> step) {
        long deadlineNanos = System.nanoTime() + deadline.toNanos();
        String waitsFor = "";
        String lateAnswer = "";
        while (true) {
            Duration left = Duration.ofNanos(deadlineNanos - System.nanoTime());
            // With less time a server could do no more than say so.
            boolean heard = !waitsFor.isEmpty() || !lateAnswer.isEmpty();
            if (left.toMillis() <= (heard ? ANSWER_MILLIS : 0)) {
                String why = waitsFor.isEmpty() ? "an answer" + lateAnswer : waitsFor;
                throw Failure.local(Error.Code.DEADLINE, "waiting for " + why, true, "CHANGE")
                        .toException(List.of());
            }
            try {
                Progress<T> progress = step.apply(left.compareTo(UNHEARD_MAX) < 0 ? left : UNHEARD_MAX);
                if (progress.done()) {
                    return progress.value();
                }
                waitsFor = progress.waitsFor();
            } catch (DeadlineExceededException late) {
                // A server's time, of which it has less than there is; what it waited for before says more.
                lateAnswer = " (" + late.getMessage() + ")";
                Backoff.pause(Math.min(ROUND_PAUSE_NANOS, Math.max(0, deadlineNanos - System.nanoTime())));
            }
        }
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
            case SLOW -> RangeState.SLOW;
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
                info.getReplicaInfosList().stream().map(FlotillaAdmin::replica).toList(),
                info.getLeaseholder(),
                state,
                info.getSystem(),
                info.getAppliedIndex());
    }

    private static ReplicaStatus replica(ReplicaInfo info) {
        ReplicaKind kind = switch (info.getKind()) {
            case LEARNER -> ReplicaKind.LEARNER;
            case INCOMING -> ReplicaKind.INCOMING;
            case OUTGOING -> ReplicaKind.OUTGOING;
            default -> ReplicaKind.VOTER;
        };
        return new ReplicaStatus(info.getNode(), info.getReplicaId(), kind, info.getWitness(), info.getAsleep());
    }

    private interface Call<R> {
        R on(AdminGrpc.AdminBlockingStub stub, int timeoutMillis);
    }

    /** Asks one endpoint after the other, round after round while there is time; the first definite answer counts. */
    private <R> R call(Call<R> call, Function<R, Error> errorOf) {
        return call(deadline, Duration.ofMillis(Integer.MAX_VALUE), call, errorOf);
    }

    private <R> R call(Duration patience, Duration attemptMax, Call<R> call, Function<R, Error> errorOf) {
        return call(patience, attemptMax, new AdminAttempts(), call, errorOf);
    }

    private <R> R call(
            Duration patience, Duration attemptMax, AdminAttempts attempts, Call<R> call, Function<R, Error> errorOf) {
        long deadlineNanos = System.nanoTime() + patience.toNanos();
        for (int asked = 0; ; asked++) {
            int i = asked % channels.size();
            if (asked > 0 && i == 0) {
                Backoff.pause(Math.min(ROUND_PAUSE_NANOS, Math.max(0, deadlineNanos - System.nanoTime())));
            }
            long millis = (deadlineNanos - System.nanoTime()) / 1_000_000;
            // Begun with less, it would end by this clock, and nobody would know any more what every answer so far has
            // said.
            if (millis <= (asked == 0 ? 0 : ANSWER_MILLIS)) {
                throw attempts.toException();
            }
            long attemptMillis = Math.min(attemptMax.toMillis(), Math.max(Math.min(millis, 1_000), millis / 2));
            channels.get(i).resetConnectBackoff();
            SentWatch watch = new SentWatch();
            AdminGrpc.AdminBlockingStub stub = AdminGrpc.newBlockingStub(channels.get(i))
                    .withInterceptors(watch)
                    .withDeadlineAfter(attemptMillis, TimeUnit.MILLISECONDS);
            try {
                R answer = call.on(stub, (int) attemptMillis);
                Error error = errorOf.apply(answer);
                if (error.getCode() == Error.Code.UNSPECIFIED) {
                    return answer;
                }
                attempts.refused(error);
                if (!WORTH_ASKING_ANOTHER.contains(error.getCode())) {
                    throw attempts.toException();
                }
            } catch (StatusRuntimeException e) {
                attempts.lost(endpoints.get(i), e, watch.sent());
            }
        }
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

    /**
     * @param asleep of its replicas, those that have had no traffic for a while and are on disk only
     * @param serving how it served since it started; empty if it did not answer
     */
    public record NodeStatus(
            int node,
            String address,
            String grpcAddress,
            boolean live,
            int replicas,
            int leaseholders,
            int asleep,
            NodeState state,
            Optional<NodeServing> serving) {}

    public enum NodeState {
        ACTIVE,
        /** It was told to hand over what it leads, and leads nothing any more. */
        DRAINING,
        /** It is losing its replicas, and gets no more. */
        DECOMMISSIONING
    }

    /**
     * @param leaseMargins how much of the lease was left when answers to reads left, in ascending buckets
     * @param answersTooLate ready, but not sent: the lease had run out meanwhile
     * @param writesRefused as OVERLOADED
     * @param unappliedBytes payload of writes in the log that are not applied yet
     * @param alarms its replicas that went wrong and are being made anew, a line each
     * @param replicasWoken how often a replica that was on disk only was brought into memory
     */
    public record NodeServing(
            List<LeaseMargin> leaseMargins,
            long answersTooLate,
            long writesRefused,
            long unappliedBytes,
            List<String> alarms,
            long replicasWoken) {}

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
            List<ReplicaStatus> replicaStatus,
            int leaseholder,
            RangeState state,
            boolean system,
            long appliedIndex) {
        @Override
        public String toString() {
            return "range " + range + (system ? " [" + start + ", " + end + ")" : " " + Shown.span(startKey, endKey))
                    + " generation " + generation + " replicas " + replicaStatus + " leaseholder " + leaseholder + " "
                    + state;
        }
    }

    public enum RangeState {
        OK,
        NO_LEASEHOLDER,
        /** Stopped. */
        NO_QUORUM,
        /** Served, but writes wait for their quorum for a second or more. */
        SLOW
    }

    /** @param alreadySplit true if a border was there already */
    public record SplitResult(long leftRange, long rightRange, boolean alreadySplit) {}

    public record TransferResult(long range, int fromNode, int toNode) {}

    /** A range, by its id or by a key in it. */
    public record RangeRef(long id, byte[] key) {
        public static RangeRef of(long id) {
            return new RangeRef(id, new byte[0]);
        }

        public static RangeRef holding(byte[] key) {
            return new RangeRef(0, key);
        }

        @Override
        public String toString() {
            return id != 0 ? "range " + id : "the range of " + Shown.key(key);
        }
    }

    public enum ReplicaKind {
        VOTER,
        /** Is brought up to date; has no vote. */
        LEARNER,
        /** A change of voters is under way: this one comes. */
        INCOMING,
        /** A change of voters is under way: this one goes. */
        OUTGOING
    }

    /**
     * @param witness it votes, but has no data
     * @param asleep in a list of ranges: it has had no traffic for a while and is on disk only; false if its node did not answer
     */
    public record ReplicaStatus(int node, int replicaId, ReplicaKind kind, boolean witness, boolean asleep) {}

    /** @param replicas as they are now */
    public record ReplicaChangeResult(long range, long generation, List<ReplicaStatus> replicas) {}

    /** @param leasesLeft leases that nobody could take in time */
    public record DrainResult(int leasesMoved, int leasesLeft) {}

    /** @param replicasMoved in this call */
    public record DecommissionResult(int replicasMoved) {}
}
