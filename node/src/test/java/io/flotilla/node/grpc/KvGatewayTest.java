package io.flotilla.node.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.flotilla.config.flow.AdmissionLimit;
import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.key.Span;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvHeader;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.kv.Observed;
import io.flotilla.config.settings.Limits;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnStatus;
import io.flotilla.txn.coordinator.TxnCoordinator;
import io.flotilla.v1.Commit;
import io.flotilla.v1.CompareAndSet;
import io.flotilla.v1.Error;
import io.flotilla.v1.Get;
import io.flotilla.v1.KeySpan;
import io.flotilla.v1.Mutation;
import io.flotilla.v1.Outcome;
import io.flotilla.v1.OutcomeResult;
import io.flotilla.v1.Refresh;
import io.flotilla.v1.Request;
import io.flotilla.v1.Response;
import io.flotilla.v1.Scan;
import io.flotilla.v1.SessionRequest;
import io.flotilla.v1.SessionResponse;
import io.flotilla.v1.TxnContext;
import io.flotilla.v1.Write;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class KvGatewayTest {
    private static final io.flotilla.v1.TxnId ID =
            io.flotilla.v1.TxnId.newBuilder().setHigh(3).setLow(4).build();

    @SuppressWarnings("NullAway.Init") // set by JUnit before all tests
    private static GrpcFixture f;

    @BeforeAll
    static void start() throws Exception {
        f = new GrpcFixture();
    }

    @AfterAll
    static void stop() {
        f.close();
    }

    @BeforeEach
    void clear() {
        f.batches.clear();
        f.commits.clear();
        f.initialized = true;
        f.holding = false;
        f.held.clear();
        f.commit = request -> new TxnCoordinator.Committed(new Timestamp(88), 99);
    }

    // ---- single requests ---------------------------------------------------------------------------------------

    @Test
    void aSingleGetIsReadAtTheLeaseholdersOwnClock() {
        f.reads = done(new Timestamp(77), new KvResult.Got(Value.of("v"), new Timestamp(70)));
        Response response = execute(b -> b.setId(5).setGet(Get.newBuilder().setKey(bytes("k"))));
        assertThat(response.getId()).isEqualTo(5);
        assertThat(response.getGet().getFound()).isTrue();
        assertThat(response.getGet().getValue()).isEqualTo(bytes("v"));
        assertThat(response.getGet().getVersion()).isEqualTo(70);
        assertThat(response.getGet().hasTxn()).isFalse();
        KvBatch batch = f.batches.get(0);
        assertThat(batch.ops()).containsExactly(new KvOp.Get(KeySpace.user(Key.of("k"))));
        assertThat(batch.header()).isEqualTo(KvHeader.standalone(5_000_000));
    }

    @Test
    void theFirstReadOfATransactionFixesItsTimestamp() {
        f.reads = batch -> new KvReply.Done(
                List.of(new KvResult.Got(null, Timestamp.ZERO)),
                batch.header().timestamp().next(),
                List.of(
                        new Observed(new NodeId(2), new Timestamp(12)),
                        new Observed(new NodeId(1), new Timestamp(99))));
        TxnContext context = TxnContext.newBuilder()
                .addObserved(io.flotilla.v1.Observed.newBuilder().setNode(1).setTimestamp(11))
                .build();
        Response response = execute(b ->
                b.setGet(Get.newBuilder().setKey(bytes("k")).setTxn(context).setForwardable(true)));
        KvHeader header = f.batches.get(0).header();
        assertThat(header.forwardable()).isTrue();
        assertThat(header.uncertaintyLimit()).isEqualTo(header.timestamp().plusMicros(GrpcFixture.MAX_OFFSET_MICROS));
        TxnContext after = response.getGet().getTxn();
        assertThat(after.getReadTimestamp()).isEqualTo(header.timestamp().next().packed());
        assertThat(after.getUncertaintyLimit())
                .isEqualTo(header.uncertaintyLimit().packed());
        assertThat(after.getObservedList())
                .extracting(o -> o.getNode() + "@" + o.getTimestamp())
                .containsExactly("1@11", "2@12");
    }

    @Test
    void laterReadsKeepTheTransactionsTimestamp() {
        TxnContext context = TxnContext.newBuilder()
                .setReadTimestamp(1000)
                .setUncertaintyLimit(2000)
                .build();
        f.reads = done(new Timestamp(1000), new KvResult.Scanned(List.of(), null));
        execute(b -> b.setScan(Scan.newBuilder().setStart(bytes("a")).setTxn(context)));
        KvHeader header = f.batches.get(0).header();
        assertThat(header.timestamp()).isEqualTo(new Timestamp(1000));
        assertThat(header.uncertaintyLimit()).isEqualTo(new Timestamp(2000));
        assertThat(header.forwardable()).isFalse();
    }

    @Test
    void aScanAnswersUsersKeysAndWhereToGoOn() {
        KvResult.Row row = new KvResult.Row(KeySpace.user(Key.of("b")), Value.of("vb"));
        f.reads = done(new Timestamp(7), new KvResult.Scanned(List.of(row), KeySpace.user(Key.of("c"))));
        Response response =
                execute(b -> b.setScan(Scan.newBuilder().setStart(bytes("a")).setLimit(1)));
        assertThat(response.getScan().getRows(0).getKey()).isEqualTo(bytes("b"));
        assertThat(response.getScan().getResume()).isEqualTo(bytes("c"));
        KvOp.Scan scan = (KvOp.Scan) f.batches.get(0).ops().get(0);
        assertThat(scan.span()).isEqualTo(new Span(KeySpace.user(Key.of("a")), Key.MAX));
        assertThat(scan.rowsMax()).isEqualTo(1);
    }

    @Test
    void aScanOutsideATransactionMovesUpByItselfWhenItIsUncertain() {
        f.reads = batch -> f.batches.size() == 1
                ? new KvReply.Refused(new KvError.ReadUncertain(
                        KeySpace.user(Key.of("b")), batch.header().timestamp().next()))
                : new KvReply.Done(List.of(new KvResult.Scanned(List.of(), null)), Timestamp.ZERO, List.of());
        Response response = execute(b -> b.setScan(Scan.getDefaultInstance()));
        assertThat(response.hasScan()).isTrue();
        KvHeader first = f.batches.get(0).header();
        assertThat(first.uncertaintyLimit()).isEqualTo(first.timestamp().plusMicros(GrpcFixture.MAX_OFFSET_MICROS));
        KvHeader second = f.batches.get(1).header();
        assertThat(second).isEqualTo(first.at(first.timestamp().next()).within(second.timeoutMicros()));
    }

    @Test
    void howeverOftenAScanMovesUpItHasTheTimeOfOneRequest() {
        f.reads = batch -> {
            long began = System.nanoTime();
            while (System.nanoTime() - began < 10_000_000) {
                Thread.onSpinWait();
            }
            return new KvReply.Refused(new KvError.ReadUncertain(
                    KeySpace.user(Key.of("b")), batch.header().timestamp().next()));
        };
        Response response = execute(b -> b.setTimeoutMs(25).setScan(Scan.getDefaultInstance()));
        assertThat(response.getError().getCode()).isEqualTo(Error.Code.DEADLINE);
        assertThat(response.getError().getMaybeExecuted()).isFalse();
        long left = 25_000;
        for (KvBatch batch : f.batches) {
            assertThat(batch.header().timeoutMicros()).isBetween(1L, left);
            left -= 10_000;
        }
    }

    @Test
    void aScanThatIsAlwaysUncertainEnds() {
        f.reads = batch -> new KvReply.Refused(new KvError.ReadUncertain(
                KeySpace.user(Key.of("b")), batch.header().timestamp().next()));
        assertThat(execute(b -> b.setScan(Scan.getDefaultInstance())).getError().getCode())
                .isEqualTo(Error.Code.READ_UNCERTAIN);
        assertThat(f.batches).hasSizeLessThan(20);
    }

    @Test
    void aWriteIsACommitOfOneKeyAnchoredThere() {
        Mutation cas = Mutation.newBuilder()
                .setKey(bytes("k"))
                .setCas(CompareAndSet.newBuilder().setValue(bytes("v")))
                .build();
        Response response = execute(
                b -> b.setTimeoutMs(250).setWrite(Write.newBuilder().setId(ID).setMutation(cas)));
        assertThat(response.getWrite().getCommitTimestamp()).isEqualTo(88);
        Key key = KeySpace.user(Key.of("k"));
        assertThat(f.commits)
                .containsExactly(new TxnCoordinator.CommitRequest(
                        new TxnId(3, 4),
                        key,
                        Timestamp.ZERO,
                        List.of(new KvOp.CompareAndSet(key, null, Value.of("v"))),
                        List.of(),
                        0,
                        Value.EMPTY,
                        250_000));
    }

    @Test
    void aCommitCarriesWritesReadsAndItsAge() {
        Commit commit = Commit.newBuilder()
                .setId(ID)
                .setTxn(TxnContext.newBuilder().setReadTimestamp(1000))
                .addWrites(put("b", "1"))
                .addWrites(Mutation.newBuilder().setKey(bytes("a")).setDelete(true))
                .addReads(KeySpan.newBuilder().setStart(bytes("x")))
                .addReads(KeySpan.newBuilder().setStart(bytes("y")).setToEnd(true))
                .setPriority(55)
                .build();
        Response response = execute(b -> b.setCommit(commit));
        assertThat(response.getCommit().getCommitTimestamp()).isEqualTo(88);
        assertThat(response.getCommit().getPriority()).isEqualTo(99);
        TxnCoordinator.CommitRequest sent = f.commits.get(0);
        assertThat(sent.anchor()).isEqualTo(KeySpace.user(Key.of("b")));
        assertThat(sent.readTimestamp()).isEqualTo(new Timestamp(1000));
        assertThat(sent.priority()).isEqualTo(55);
        assertThat(sent.reads())
                .containsExactly(Span.of(KeySpace.user(Key.of("x"))), new Span(KeySpace.user(Key.of("y")), Key.MAX));
    }

    @Test
    void anOutcomeIsLookedUp() {
        f.outcome = new TxnCoordinator.Outcome(true, TxnStatus.STAGING, new Timestamp(6));
        Outcome ask = Outcome.newBuilder().setId(ID).setAnchor(bytes("k")).build();
        assertThat(execute(b -> b.setOutcome(ask)).getOutcome().getStatus()).isEqualTo(OutcomeResult.Status.PENDING);
        f.outcome = new TxnCoordinator.Outcome(false, TxnStatus.ABORTED, Timestamp.ZERO);
        assertThat(execute(b -> b.setOutcome(ask)).getOutcome().getStatus()).isEqualTo(OutcomeResult.Status.UNKNOWN);
    }

    @Test
    void aRefreshMovesTheContextToWhereItWasAsked() {
        f.reads = done(new Timestamp(1500), KvResult.Acknowledged.INSTANCE);
        Refresh refresh = Refresh.newBuilder()
                .setTxn(TxnContext.newBuilder().setReadTimestamp(1000).setUncertaintyLimit(2000))
                .addReads(KeySpan.newBuilder().setStart(bytes("x")))
                .setTo(1500)
                .build();
        Response response = execute(b -> b.setRefresh(refresh));
        assertThat(response.getRefresh().getTxn().getReadTimestamp()).isEqualTo(1500);
        assertThat(response.getRefresh().getTxn().getUncertaintyLimit()).isEqualTo(2000);
        assertThat(f.batches.get(0).header().timestamp()).isEqualTo(new Timestamp(1500));
        assertThat(f.batches.get(0).ops())
                .containsExactly(new KvOp.Refresh(Span.of(KeySpace.user(Key.of("x"))), new Timestamp(1000)));
    }

    // ---- refusals ----------------------------------------------------------------------------------------------

    @Test
    void whatIsMalformedOrTooLargeIsRefusedBeforeAnythingIsSent() {
        ByteString longKey = ByteString.copyFrom(new byte[Limits.KEY_BYTES_MAX + 1]);
        ByteString longValue = ByteString.copyFrom(new byte[Limits.VALUE_BYTES_MAX + 1]);
        check(Error.Code.INVALID, b -> {});
        check(Error.Code.INVALID, b -> b.setGet(Get.getDefaultInstance()));
        check(Error.Code.TOO_LARGE, b -> b.setGet(Get.newBuilder().setKey(longKey)));
        check(
                Error.Code.TOO_LARGE,
                b -> b.setTimeoutMs(60_001).setGet(Get.newBuilder().setKey(bytes("k"))));
        check(
                Error.Code.INVALID,
                b -> b.setScan(Scan.newBuilder().setStart(bytes("b")).setEnd(bytes("a"))));
        check(Error.Code.TOO_LARGE, b -> b.setScan(Scan.newBuilder().setLimit(10_001)));
        check(Error.Code.TOO_LARGE, b -> b.setScan(Scan.newBuilder().setLimit(-1)));
        check(Error.Code.INVALID, b -> b.setWrite(Write.newBuilder().setMutation(put("k", "v"))));
        check(Error.Code.INVALID, b -> b.setWrite(Write.newBuilder().setId(ID)));
        Mutation.Builder nothing = Mutation.newBuilder().setKey(bytes("k"));
        check(Error.Code.INVALID, b -> b.setWrite(Write.newBuilder().setId(ID).setMutation(nothing)));
        Mutation.Builder large = Mutation.newBuilder().setKey(bytes("k")).setPut(longValue);
        check(Error.Code.TOO_LARGE, b -> b.setWrite(Write.newBuilder().setId(ID).setMutation(large)));
        check(Error.Code.INVALID, b -> b.setCommit(Commit.newBuilder().setId(ID)));
        Commit.Builder twice =
                Commit.newBuilder().setId(ID).addWrites(put("k", "1")).addWrites(put("k", "2"));
        check(Error.Code.INVALID, b -> b.setCommit(twice));
        Commit.Builder many = Commit.newBuilder().setId(ID);
        for (int i = 0; i < 5; i++) {
            many.addWrites(Mutation.newBuilder().setKey(bytes("k" + i)).setPut(longValue.substring(1)));
        }
        check(Error.Code.TOO_LARGE, b -> b.setCommit(many));
        Commit.Builder unread = Commit.newBuilder()
                .setId(ID)
                .addWrites(put("k", "1"))
                .addReads(KeySpan.newBuilder().setStart(bytes("x")));
        check(Error.Code.INVALID, b -> b.setCommit(unread));
        assertThat(f.batches).isEmpty();
        assertThat(f.commits).isEmpty();
    }

    @Test
    void aReadInTheFarFutureIsRefusedBecauseItWouldStopAllWriters() {
        long future = f.clock.now().plusMicros(10_000_000).packed();
        TxnContext context = TxnContext.newBuilder().setReadTimestamp(future).build();
        check(
                Error.Code.INVALID,
                b -> b.setGet(Get.newBuilder().setKey(bytes("k")).setTxn(context)));
        check(
                Error.Code.INVALID,
                b -> b.setGet(Get.newBuilder()
                        .setKey(bytes("k"))
                        .setTxn(TxnContext.newBuilder().setReadTimestamp(-5))));
        assertThat(f.batches).isEmpty();
    }

    @Test
    void beforeInitEverythingIsUnavailable() {
        f.initialized = false;
        check(Error.Code.UNAVAILABLE, b -> b.setGet(Get.newBuilder().setKey(bytes("k"))));
        assertThat(f.batches).isEmpty();
    }

    @Test
    void errorsAreToldWithAllTheyKnow() {
        Key key = KeySpace.user(Key.of("k"));
        Error condition = told(new KvError.ConditionFailed(key, Value.of("other")));
        assertThat(condition.getCode()).isEqualTo(Error.Code.CONDITION_FAILED);
        assertThat(condition.getKey()).isEqualTo(bytes("k"));
        assertThat(condition.getActual()).isEqualTo(bytes("other"));
        assertThat(condition.getMaybeExecuted()).isFalse();
        assertThat(told(new KvError.ConditionFailed(key, null)).hasActual()).isFalse();
        Error pushed = told(new KvError.Pushed(key, new Timestamp(9)));
        assertThat(pushed.getCode()).isEqualTo(Error.Code.CONFLICT);
        assertThat(pushed.getRetryTimestamp()).isEqualTo(9);
        assertThat(told(new KvError.RefreshFailed(key)).getCode()).isEqualTo(Error.Code.CONFLICT);
        assertThat(told(new KvError.TxnAborted(new TxnId(1, 2), "pushed")).getCode())
                .isEqualTo(Error.Code.CONFLICT);
        TxnMeta holder = new TxnMeta(new TxnId(7, 8), key, Timestamp.ZERO, 1);
        Error lock = told(new KvError.LockTimeout(key, holder));
        assertThat(lock.getCode()).isEqualTo(Error.Code.CONFLICT);
        assertThat(lock.getOther().getLow()).isEqualTo(8);
        Error deadline = told(new KvError.DeadlineExceeded("ROUTE", true));
        assertThat(deadline.getCode()).isEqualTo(Error.Code.DEADLINE);
        assertThat(deadline.getPhase()).isEqualTo("ROUTE");
        assertThat(deadline.getMaybeExecuted()).isTrue();
        assertThat(told(new KvError.Unavailable("NO_QUORUM", key, "", false)).getCode())
                .isEqualTo(Error.Code.NO_QUORUM);
        assertThat(told(new KvError.Unavailable("UNREACHABLE", key, "", true)).getCode())
                .isEqualTo(Error.Code.UNAVAILABLE);
        assertThat(told(new KvError.Overloaded("x", 40)).getRetryAfterMs()).isEqualTo(40);
        Error unknown = told(new KvError.OutcomeUnknown(new TxnId(1, 2), key));
        assertThat(unknown.getCode()).isEqualTo(Error.Code.OUTCOME_UNKNOWN);
        assertThat(unknown.getOther()).as("whose outcome to look up").isEqualTo(Wire.txnId(new TxnId(1, 2)));
        assertThat(told(new KvError.Internal("bug", true)).getCode()).isEqualTo(Error.Code.INTERNAL);
        assertThat(told(new KvError.RefreshFailed(KeySpace.node(1))).getKey().isEmpty())
                .isTrue();
    }

    // ---- sessions ----------------------------------------------------------------------------------------------

    @Test
    void answersThatAreReadyTogetherLeaveTogether() throws Exception {
        f.reads = done(new Timestamp(7), new KvResult.Got(null, Timestamp.ZERO));
        BlockingQueue<SessionResponse> answers = new LinkedBlockingQueue<>();
        StreamObserver<SessionRequest> session = f.session().session(into(answers));
        session.onNext(gets(1, 100));
        SessionResponse first = answers.poll(60, TimeUnit.SECONDS);
        assertThat(first).isNotNull();
        assertThat(first.getResponsesList())
                .extracting(Response::getId)
                .hasSize(100)
                .contains(1L, 100L);
        session.onCompleted();
        assertThat(answers.poll(60, TimeUnit.SECONDS)).isEqualTo(SessionResponse.getDefaultInstance());
    }

    @Test
    void answersFromManyThreadsAllArriveOnce() throws Exception {
        try (GrpcFixture own = new GrpcFixture()) {
            own.reads = done(new Timestamp(7), new KvResult.Got(Value.of("v"), new Timestamp(1)));
            own.holding = true;
            BlockingQueue<SessionResponse> answers = new LinkedBlockingQueue<>();
            StreamObserver<SessionRequest> session = own.session().session(into(answers));
            int total = 4_000;
            for (int from = 1; from <= total; from += 500) {
                session.onNext(gets(from, 500));
            }
            session.onCompleted();
            waitFor(() -> own.held.size() == total);
            own.held.parallelStream().forEach(Runnable::run);
            assertEachIsAnsweredOnce(answers, total);
        }
    }

    private static void assertEachIsAnsweredOnce(BlockingQueue<SessionResponse> answers, int total)
            throws InterruptedException {
        boolean[] seen = new boolean[total + 1];
        int count = 0;
        SessionResponse next = answers.poll(60, TimeUnit.SECONDS);
        while (next != null && next.getResponsesCount() > 0) {
            for (Response response : next.getResponsesList()) {
                assertThat(seen[(int) response.getId()]).isFalse();
                seen[(int) response.getId()] = true;
                count++;
            }
            next = answers.poll(60, TimeUnit.SECONDS);
        }
        assertThat(next).as("the stream was completed").isNotNull();
        assertThat(count).isEqualTo(total);
    }

    @Test
    void moreThanTheBoundOfUnansweredRequestsIsOverloaded() throws Exception {
        // Its own: how many are let in depends on how long others took.
        try (GrpcFixture own = new GrpcFixture()) {
            own.holding = true;
            BlockingQueue<SessionResponse> answers = new LinkedBlockingQueue<>();
            StreamObserver<SessionRequest> session = own.session().session(into(answers));
            session.onNext(gets(1, AdmissionLimit.INITIAL + 3));
            SessionResponse refused = answers.poll(60, TimeUnit.SECONDS);
            assertThat(refused).isNotNull();
            assertThat(refused.getResponsesList())
                    .hasSize(3)
                    .allMatch(response -> response.getError().getCode() == Error.Code.OVERLOADED);
            session.onError(new IllegalStateException("enough"));
        }
    }

    /** What such a request was counted as stayed counted, its client waited for ever, and the rest of the stream's message was never begun. */
    @Test
    void aRequestThatMeetsABugIsAnsweredAndMakesRoomForOthers() throws Exception {
        try (GrpcFixture own = new GrpcFixture()) {
            own.reads = batch -> {
                throw new IllegalStateException("a bug");
            };
            BlockingQueue<SessionResponse> answers = new LinkedBlockingQueue<>();
            StreamObserver<SessionRequest> session = own.session().session(into(answers));
            int asked = AdmissionLimit.INITIAL + 3;
            session.onNext(gets(1, asked));
            int answered = 0;
            while (answered < asked) {
                SessionResponse next = answers.poll(60, TimeUnit.SECONDS);
                assertThat(next).isNotNull();
                assertThat(next.getResponsesList()).allSatisfy(response -> {
                    assertThat(response.getError().getCode()).isEqualTo(Error.Code.INTERNAL);
                    assertThat(response.getError().getMessage()).contains("a bug");
                    assertThat(response.getError().getMaybeExecuted()).isFalse();
                });
                answered += next.getResponsesCount();
            }
            session.onCompleted();
        }
    }

    @Test
    void aCommitThatMeetsABugMayHaveBeenExecuted() {
        f.commit = request -> {
            throw new IllegalStateException("a bug");
        };
        Error error = execute(b -> b.setWrite(Write.newBuilder().setId(ID).setMutation(put("k", "v"))))
                .getError();
        assertThat(error.getCode()).isEqualTo(Error.Code.INTERNAL);
        assertThat(error.getMaybeExecuted()).isTrue();
    }

    /** Nothing bounded how many bytes of answers waited for a client: one that read much and took nothing cost the server its memory. */
    @Test
    void whoTakesNoAnswersIsReadNothingMoreFor() throws Exception {
        try (GrpcFixture own = new GrpcFixture()) {
            Value large = Value.wrap(new byte[Limits.VALUE_BYTES_MAX]);
            own.reads = done(new Timestamp(7), new KvResult.Got(large, new Timestamp(1)));
            Slow client = new Slow();
            StreamObserver<SessionRequest> session = own.session().session(client);
            int asked = 300;
            session.onNext(gets(1, asked));
            waitFor(() -> !own.batches.isEmpty());
            client.takeAll();
            waitFor(() -> client.served.get() + client.refused.get() == asked);
            assertThat(client.served.get()).isBetween(60, 100);
            session.onNext(gets(1_000, 1));
            waitFor(() -> client.served.get() + client.refused.get() == asked + 1);
            assertThat(client.refused.get()).isLessThan(asked - 60);
        }
    }

    /** A client that takes nothing until it is told to. */
    private static final class Slow implements ClientResponseObserver<SessionRequest, SessionResponse> {
        final AtomicInteger served = new AtomicInteger();
        final AtomicInteger refused = new AtomicInteger();
        private volatile @Nullable ClientCallStreamObserver<SessionRequest> call;

        @Override
        public void beforeStart(ClientCallStreamObserver<SessionRequest> started) {
            started.disableAutoRequestWithInitial(0);
            call = started;
        }

        void takeAll() {
            Objects.requireNonNull(call).request(Integer.MAX_VALUE);
        }

        @Override
        public void onNext(SessionResponse message) {
            for (Response response : message.getResponsesList()) {
                boolean overloaded = response.getError().getCode() == Error.Code.OVERLOADED;
                (overloaded ? refused : served).incrementAndGet();
            }
        }

        @Override
        public void onError(Throwable error) {}

        @Override
        public void onCompleted() {}
    }

    @Test
    void healthOfTheDataServiceFollowsTheNode() {
        HealthGrpc.HealthBlockingStub health = HealthGrpc.newBlockingStub(f.channel);
        HealthCheckRequest kv =
                HealthCheckRequest.newBuilder().setService("flotilla.v1.Kv").build();
        assertThat(health.check(kv).getStatus()).isEqualTo(ServingStatus.NOT_SERVING);
        f.server.setServing(true);
        assertThat(health.check(kv).getStatus()).isEqualTo(ServingStatus.SERVING);
        f.server.setServing(false);
    }

    private static StreamObserver<SessionResponse> into(BlockingQueue<SessionResponse> answers) {
        return new StreamObserver<>() {
            @Override
            public void onNext(SessionResponse response) {
                answers.add(response);
            }

            @Override
            public void onError(Throwable error) {}

            @Override
            public void onCompleted() {
                answers.add(SessionResponse.getDefaultInstance());
            }
        };
    }

    private static void waitFor(java.util.function.BooleanSupplier condition) {
        long end = System.nanoTime() + 60_000_000_000L;
        while (!condition.getAsBoolean() && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        assertThat(condition.getAsBoolean()).isTrue();
    }

    private static SessionRequest gets(int from, int count) {
        SessionRequest.Builder message = SessionRequest.newBuilder();
        for (int i = 0; i < count; i++) {
            message.addRequests(
                    Request.newBuilder().setId(from + i).setGet(Get.newBuilder().setKey(bytes("k"))));
        }
        return message.build();
    }

    private static Error told(KvError error) {
        f.reads = batch -> new KvReply.Refused(error);
        return execute(b -> b.setGet(Get.newBuilder().setKey(bytes("k")))).getError();
    }

    private static void check(Error.Code code, Consumer<Request.Builder> request) {
        Error error = execute(request).getError();
        assertThat(error.getCode()).as(error.getMessage()).isEqualTo(code);
        assertThat(error.getMaybeExecuted()).isFalse();
    }

    private static Response execute(Consumer<Request.Builder> request) {
        Request.Builder builder = Request.newBuilder();
        request.accept(builder);
        return f.kv().execute(builder.build());
    }

    private static java.util.function.Function<KvBatch, KvReply> done(Timestamp timestamp, KvResult result) {
        return batch -> new KvReply.Done(List.of(result), timestamp, List.of());
    }

    private static Mutation put(String key, String value) {
        return Mutation.newBuilder().setKey(bytes(key)).setPut(bytes(value)).build();
    }

    private static ByteString bytes(String text) {
        return ByteString.copyFromUtf8(text);
    }
}
