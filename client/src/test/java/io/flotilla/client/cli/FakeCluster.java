package io.flotilla.client.cli;

import com.google.protobuf.ByteString;
import io.flotilla.config.key.Key;
import io.flotilla.v1.AdminGrpc;
import io.flotilla.v1.ChangeReplicasRequest;
import io.flotilla.v1.ChangeReplicasResponse;
import io.flotilla.v1.CommitResult;
import io.flotilla.v1.CompareAndSet;
import io.flotilla.v1.DecommissionNodeRequest;
import io.flotilla.v1.DecommissionNodeResponse;
import io.flotilla.v1.DrainNodeRequest;
import io.flotilla.v1.DrainNodeResponse;
import io.flotilla.v1.Error;
import io.flotilla.v1.GetResult;
import io.flotilla.v1.InitRequest;
import io.flotilla.v1.InitResponse;
import io.flotilla.v1.KvGrpc;
import io.flotilla.v1.ListNodesRequest;
import io.flotilla.v1.ListNodesResponse;
import io.flotilla.v1.ListRangesRequest;
import io.flotilla.v1.ListRangesResponse;
import io.flotilla.v1.Mutation;
import io.flotilla.v1.NodeInfo;
import io.flotilla.v1.OutcomeResult;
import io.flotilla.v1.RangeInfo;
import io.flotilla.v1.RecoverRangesRequest;
import io.flotilla.v1.RecoverRangesResponse;
import io.flotilla.v1.ReplicaInfo;
import io.flotilla.v1.Request;
import io.flotilla.v1.Response;
import io.flotilla.v1.Row;
import io.flotilla.v1.ScanResult;
import io.flotilla.v1.SessionRequest;
import io.flotilla.v1.SessionResponse;
import io.flotilla.v1.SplitRangeRequest;
import io.flotilla.v1.SplitRangeResponse;
import io.flotilla.v1.StatusRequest;
import io.flotilla.v1.StatusResponse;
import io.flotilla.v1.TransferLeaseRequest;
import io.flotilla.v1.TransferLeaseResponse;
import io.flotilla.v1.TxnContext;
import io.flotilla.v1.WriteResult;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A server of one node that keeps everything in a map and fails when told to: what the command line is tested against. */
final class FakeCluster implements AutoCloseable {
    private final TreeMap<Key, ByteString> rows = new TreeMap<>();
    private final Server server;
    private volatile @Nullable Error refusal;
    private volatile boolean loseOutcomes;
    private final AtomicInteger changesAsked = new AtomicInteger();
    private volatile boolean initialized = true;
    private volatile boolean serving = true;

    FakeCluster() throws IOException {
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(new FakeKv())
                .addService(new FakeAdmin())
                .build()
                .start();
    }

    String endpoint() {
        return "127.0.0.1:" + server.getPort();
    }

    /** From now on every request on keys and every split is refused so. */
    void refuse(Error.Code code, boolean maybeExecuted) {
        refuse(code, maybeExecuted, "refused by the test");
    }

    void refuse(Error.Code code, boolean maybeExecuted, String message) {
        refusal = Error.newBuilder()
                .setCode(code)
                .setMessage(message)
                .setMaybeExecuted(maybeExecuted)
                .build();
    }

    /** From now on nobody can tell what became of a request. */
    void loseEverything() {
        refuse(Error.Code.DEADLINE, true);
        loseOutcomes = true;
    }

    void notInitialized() {
        initialized = false;
        serving = false;
    }

    void withoutQuorum() {
        serving = false;
    }

    @Override
    public void close() {
        server.shutdownNow();
    }

    private synchronized Response answer(Request request) {
        Response.Builder response = Response.newBuilder().setId(request.getId());
        Error error = refusal;
        if (error != null && (loseOutcomes || request.getKindCase() != Request.KindCase.OUTCOME)) {
            return response.setError(error).build();
        }
        TxnContext context = TxnContext.newBuilder().setReadTimestamp(1_000).build();
        switch (request.getKindCase()) {
            case GET -> {
                Optional<ByteString> value =
                        Optional.ofNullable(rows.get(key(request.getGet().getKey())));
                GetResult.Builder result =
                        GetResult.newBuilder().setFound(value.isPresent()).setTxn(context);
                value.ifPresent(result::setValue);
                response.setGet(result);
            }
            case SCAN -> {
                ScanResult.Builder result = ScanResult.newBuilder().setTxn(context);
                Key end = request.getScan().getEnd().isEmpty()
                        ? Key.MAX
                        : key(request.getScan().getEnd());
                rows.subMap(key(request.getScan().getStart()), end)
                        .forEach((key, value) -> result.addRows(Row.newBuilder()
                                .setKey(ByteString.copyFrom(key.bytes()))
                                .setValue(value)));
                response.setScan(result);
            }
            case WRITE -> {
                Mutation mutation = request.getWrite().getMutation();
                if (mutation.hasCas() && !holds(mutation.getKey(), mutation.getCas())) {
                    return response.setError(Error.newBuilder().setCode(Error.Code.CONDITION_FAILED))
                            .build();
                }
                apply(mutation);
                response.setWrite(WriteResult.newBuilder().setCommitTimestamp(2_000));
            }
            case COMMIT -> {
                request.getCommit().getWritesList().forEach(this::apply);
                response.setCommit(CommitResult.newBuilder().setCommitTimestamp(2_000));
            }
            case OUTCOME -> response.setOutcome(OutcomeResult.newBuilder().setStatus(OutcomeResult.Status.ABORTED));
            default -> response.setError(Error.newBuilder().setCode(Error.Code.INVALID));
        }
        return response.build();
    }

    private boolean holds(ByteString key, CompareAndSet cas) {
        ByteString actual = rows.get(key(key));
        return cas.hasExpected() ? cas.getExpected().equals(actual) : actual == null;
    }

    private void apply(Mutation mutation) {
        Key key = key(mutation.getKey());
        boolean removes =
                mutation.hasDelete() || (mutation.hasCas() && !mutation.getCas().hasValue());
        if (removes) {
            rows.remove(key);
        } else {
            rows.put(key, mutation.hasCas() ? mutation.getCas().getValue() : mutation.getPut());
        }
    }

    private static Key key(ByteString bytes) {
        return Key.wrap(bytes.toByteArray());
    }

    private final class FakeKv extends KvGrpc.KvImplBase {
        @Override
        public StreamObserver<SessionRequest> session(StreamObserver<SessionResponse> out) {
            return new StreamObserver<>() {
                @Override
                public void onNext(SessionRequest message) {
                    SessionResponse.Builder answers = SessionResponse.newBuilder();
                    message.getRequestsList().forEach(request -> answers.addResponses(answer(request)));
                    out.onNext(answers.build());
                }

                @Override
                public void onError(Throwable broken) {
                    // The client has gone.
                }

                @Override
                public void onCompleted() {
                    out.onCompleted();
                }
            };
        }

        @Override
        public void execute(Request request, StreamObserver<Response> out) {
            reply(out, answer(request));
        }
    }

    private final class FakeAdmin extends AdminGrpc.AdminImplBase {
        @Override
        public void init(InitRequest request, StreamObserver<InitResponse> out) {
            InitResponse response = InitResponse.newBuilder()
                    .setClusterId("c-1")
                    .addNodes(1)
                    .setAlreadyInitialized(initialized)
                    .build();
            initialized = true;
            serving = true;
            reply(out, response);
        }

        @Override
        public void status(StatusRequest request, StreamObserver<StatusResponse> out) {
            reply(
                    out,
                    StatusResponse.newBuilder()
                            .setNode(1)
                            .setClusterId(initialized ? "c-1" : "")
                            .setInitialized(initialized)
                            .setServing(serving)
                            .setNodesLive(1)
                            .setNodesTotal(1)
                            .setRanges(1)
                            .setVersion("test")
                            .build());
        }

        @Override
        public void listNodes(ListNodesRequest request, StreamObserver<ListNodesResponse> out) {
            NodeInfo node = NodeInfo.newBuilder()
                    .setNode(1)
                    .setAddress("127.0.0.1:7500")
                    .setGrpcAddress(endpoint())
                    .setLive(true)
                    .setReplicas(2)
                    .setLeaseholders(2)
                    .build();
            reply(out, ListNodesResponse.newBuilder().addNodes(node).build());
        }

        @Override
        public void listRanges(ListRangesRequest request, StreamObserver<ListRangesResponse> out) {
            RangeInfo range = RangeInfo.newBuilder()
                    .setRange(2)
                    .setGeneration(1)
                    .addReplicas(1)
                    .setLeaseholder(1)
                    .setEndKey(ByteString.copyFromUtf8("m"))
                    .build();
            reply(out, ListRangesResponse.newBuilder().addRanges(range).build());
        }

        @Override
        public void splitRange(SplitRangeRequest request, StreamObserver<SplitRangeResponse> out) {
            Error error = refusal;
            if (error != null) {
                reply(out, SplitRangeResponse.newBuilder().setError(error).build());
                return;
            }
            reply(
                    out,
                    SplitRangeResponse.newBuilder()
                            .setLeftRange(2)
                            .setRightRange(3)
                            .build());
        }

        @Override
        public void changeReplicas(ChangeReplicasRequest request, StreamObserver<ChangeReplicasResponse> out) {
            ChangeReplicasResponse.Builder response =
                    ChangeReplicasResponse.newBuilder().setRange(2).setGeneration(7);
            if (request.hasRemove() && request.getRemove().getNode() == 1) {
                response.setError(Error.newBuilder()
                        .setCode(Error.Code.INVALID)
                        .setMessage("no replica would be left that votes and has data"));
            } else if (request.hasAdd() && request.getAdd().getNode() == 9) {
                response.setError(
                        Error.newBuilder().setCode(Error.Code.NOT_FOUND).setMessage("there is no node 9"));
            } else {
                // The first call never gets it done.
                response.setDone(changesAsked.incrementAndGet() > 1)
                        .setWaitsFor("the copy on n4 to be caught up")
                        .addReplicas(ReplicaInfo.newBuilder().setNode(1).setReplicaId(1))
                        .addReplicas(ReplicaInfo.newBuilder()
                                .setNode(4)
                                .setReplicaId(5)
                                .setKind(ReplicaInfo.Kind.LEARNER)
                                .setWitness(request.getAdd().getWitness()));
            }
            reply(out, response.build());
        }

        @Override
        public void drainNode(DrainNodeRequest request, StreamObserver<DrainNodeResponse> out) {
            reply(
                    out,
                    DrainNodeResponse.newBuilder()
                            .setLeasesMoved(2)
                            .setLeasesLeft(request.getNode() == 1 ? 0 : 3)
                            .build());
        }

        @Override
        public void recoverRanges(RecoverRangesRequest request, StreamObserver<RecoverRangesResponse> out) {
            RecoverRangesResponse.Builder response = RecoverRangesResponse.newBuilder();
            if (request.getLostNodes(0) == 9) {
                response.setError(
                        Error.newBuilder().setCode(Error.Code.NOT_FOUND).setMessage("there is no node 9"));
            } else {
                response.setUntouched(4).setDone(true);
                response.addRangesBuilder()
                        .setRange(2)
                        .setSourceNode(1)
                        .addNodes(1)
                        .setLastIndex(77)
                        .setNewestWriteUs(1_700_000_000_000_000L);
                if (!request.getDryRun()) {
                    response.addUnrecoverableBuilder().setStart("m").setEnd("/max");
                }
            }
            out.onNext(response.build());
            out.onCompleted();
        }

        @Override
        public void decommissionNode(DecommissionNodeRequest request, StreamObserver<DecommissionNodeResponse> out) {
            DecommissionNodeResponse.Builder response = DecommissionNodeResponse.newBuilder();
            if (request.getNode() == 1) {
                response.setError(Error.newBuilder()
                        .setCode(Error.Code.INVALID)
                        .setMessage("2 of 2 replicas on n1 have nowhere to go"));
            } else if (request.getNode() == 9) {
                response.setError(
                        Error.newBuilder().setCode(Error.Code.NOT_FOUND).setMessage("there is no node 9"));
            } else {
                boolean done = changesAsked.incrementAndGet() > 1;
                response.setReplicasMoved(2).setReplicasLeft(done ? 0 : 2).setDone(done);
            }
            reply(out, response.build());
        }

        @Override
        public void transferLease(TransferLeaseRequest request, StreamObserver<TransferLeaseResponse> out) {
            TransferLeaseResponse.Builder response = TransferLeaseResponse.newBuilder();
            if (request.getToNode() == 1) {
                response.setRange(2).setFromNode(2).setToNode(1);
            } else {
                response.setError(Error.newBuilder()
                        .setCode(Error.Code.NOT_FOUND)
                        .setMessage("node " + request.getToNode() + " has no replica"));
            }
            reply(out, response.build());
        }
    }

    private static <T> void reply(StreamObserver<T> out, T message) {
        out.onNext(message);
        out.onCompleted();
    }
}
