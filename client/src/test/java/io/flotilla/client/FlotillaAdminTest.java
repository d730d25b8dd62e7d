package io.flotilla.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.v1.AdminGrpc;
import io.flotilla.v1.ChangeReplicasRequest;
import io.flotilla.v1.ChangeReplicasResponse;
import io.flotilla.v1.Error;
import io.flotilla.v1.InitRequest;
import io.flotilla.v1.InitResponse;
import io.flotilla.v1.ListRangesRequest;
import io.flotilla.v1.ListRangesResponse;
import io.flotilla.v1.RangeInfo;
import io.flotilla.v1.SplitRangeRequest;
import io.flotilla.v1.SplitRangeResponse;
import io.flotilla.v1.StatusRequest;
import io.flotilla.v1.StatusResponse;
import io.flotilla.v1.TransferLeaseRequest;
import io.flotilla.v1.TransferLeaseResponse;
import io.grpc.Server;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class FlotillaAdminTest {
    private final String name = UUID.randomUUID().toString();
    private final Fake fake = new Fake();
    private Server server;
    private FlotillaAdmin admin;

    @BeforeEach
    void start() throws Exception {
        server = InProcessServerBuilder.forName(name).addService(fake).build().start();
        admin = new FlotillaAdmin(new TestClients.InProcess(), List.of("nobody-" + name, name), Duration.ofSeconds(20));
    }

    @AfterEach
    void stop() {
        admin.close();
        server.shutdownNow();
    }

    @Test
    void asksTheNextEndpointIfOneIsNotThere() {
        FlotillaAdmin.ClusterStatus status = admin.status();
        assertThat(status.node()).isEqualTo(2);
        assertThat(status.nodesLive()).isEqualTo(3);
        assertThat(status.uptime()).isEqualTo(Duration.ofSeconds(7));
    }

    @Test
    void rangesAreTyped() {
        FlotillaAdmin.RangeStatus range = admin.ranges(false).get(0);
        assertThat(range.range()).isEqualTo(5);
        assertThat(range.replicas()).containsExactly(1, 2, 3);
        assertThat(range.state()).isEqualTo(FlotillaAdmin.RangeState.NO_QUORUM);
    }

    @Test
    void asksAgainWhileUnavailableAndStopsAtAMistake() {
        assertThatThrownBy(() -> admin.split(new byte[] {1})).isInstanceOf(InvalidRequestException.class);
        assertThat(fake.splits).hasValue(2);
    }

    /** Found by chance in one run of many: the last attempt had so little time left that it ended by its own deadline. */
    @Test
    void whatNobodyHeardWasNotExecutedHoweverLittleTimeTheLastAttemptHad() {
        List<String> nowhere = List.of("nobody-" + name);
        for (int millis = 1; millis <= 500; millis = millis * 2 + 1) {
            try (FlotillaAdmin alone =
                    new FlotillaAdmin(new NettyTransport(1), List.of("127.0.0.1:1"), Duration.ofMillis(millis))) {
                assertThatThrownBy(() -> alone.init(0, 0))
                        .isInstanceOfSatisfying(
                                UnavailableException.class,
                                unreachable ->
                                        assertThat(unreachable.maybeExecuted()).isFalse());
            }
        }
        try (FlotillaAdmin alone = new FlotillaAdmin(new TestClients.InProcess(), nowhere, Duration.ofMillis(50))) {
            assertThatThrownBy(() -> alone.init(0, 0)).isInstanceOf(UnavailableException.class);
        }
    }

    @Test
    void whatWasSentAndNotAnsweredMayHaveBeenExecuted() {
        try (FlotillaAdmin patient =
                new FlotillaAdmin(new TestClients.InProcess(), List.of(name), Duration.ofMillis(2_500))) {
            assertThatThrownBy(() -> patient.transferLease(7, 1))
                    .isInstanceOfSatisfying(
                            FlotillaException.class,
                            lost -> assertThat(lost.maybeExecuted()).isTrue());
        }
    }

    /** A node was slow to take its part: the first answer said so, and the second finds the cluster that the first call made. */
    @Test
    void aClusterThatAnEarlierAttemptOfTheSameCallMadeWasNotThereBefore() {
        fake.foundingGoesOn = true;
        assertThat(admin.init(3, 3)).isEqualTo(new FlotillaAdmin.InitResult("c-1", List.of(), false));
        assertThat(admin.init(3, 3)).isEqualTo(new FlotillaAdmin.InitResult("c-1", List.of(), true));
    }

    /** Such a call is made of many, and each is told no more than what became of itself. */
    @Test
    void aChangeThatIsRefusedAfterSomethingWasBegunHasPerhapsChangedSomething() {
        assertThatThrownBy(() -> admin.moveReplica(FlotillaAdmin.RangeRef.of(5), 9, 4))
                .isInstanceOfSatisfying(
                        InvalidRequestException.class,
                        refused -> assertThat(refused.maybeExecuted()).isFalse());
        fake.copying = true;
        assertThatThrownBy(() -> admin.moveReplica(FlotillaAdmin.RangeRef.of(5), 9, 4))
                .isInstanceOfSatisfying(
                        InvalidRequestException.class,
                        refused -> assertThat(refused.maybeExecuted()).isTrue());
    }

    /** The last of the calls that it is made of has next to no time, and what became of that one was told instead. */
    @Test
    void whatAChangeWaitedForIsToldWhenTheTimeIsUp() {
        fake.copying = true;
        fake.late = true;
        try (FlotillaAdmin hasty =
                new FlotillaAdmin(new TestClients.InProcess(), List.of(name), Duration.ofMillis(1_500))) {
            assertThatThrownBy(() -> hasty.addReplica(FlotillaAdmin.RangeRef.of(5), 4, false))
                    .isInstanceOf(DeadlineExceededException.class)
                    .hasMessageContaining("the copy on n4 to be caught up");
            assertThatThrownBy(() -> hasty.addReplica(FlotillaAdmin.RangeRef.of(5), 4, false))
                    .isInstanceOf(DeadlineExceededException.class)
                    .hasMessageContaining("waiting for an answer (deadline exceeded in phase ROUTE)");
        }
    }

    private static final class Fake extends AdminGrpc.AdminImplBase {
        private final AtomicInteger splits = new AtomicInteger();
        private volatile boolean foundingGoesOn;
        private volatile boolean copying;
        private volatile boolean late;

        @Override
        public void changeReplicas(ChangeReplicasRequest request, StreamObserver<ChangeReplicasResponse> answer) {
            ChangeReplicasResponse.Builder response = ChangeReplicasResponse.newBuilder();
            if (copying) {
                copying = false;
                response.setChanged(true).setWaitsFor("the copy on n4 to be caught up");
            } else if (late) {
                response.setError(
                        Error.newBuilder().setCode(Error.Code.DEADLINE).setMessage("deadline exceeded in phase ROUTE"));
            } else {
                response.setError(
                        Error.newBuilder().setCode(Error.Code.NOT_FOUND).setMessage("r5 has no replica on n9"));
            }
            answer.onNext(response.build());
            answer.onCompleted();
        }

        @Override
        public void init(InitRequest request, StreamObserver<InitResponse> answer) {
            InitResponse.Builder response = InitResponse.newBuilder();
            if (foundingGoesOn) {
                foundingGoesOn = false;
                response.setError(Error.newBuilder()
                        .setCode(Error.Code.UNAVAILABLE)
                        .setMessage("nodes [3] have not answered yet")
                        .setMaybeExecuted(true));
            } else {
                response.setClusterId("c-1").setAlreadyInitialized(true);
            }
            answer.onNext(response.build());
            answer.onCompleted();
        }

        @Override
        public void status(StatusRequest request, StreamObserver<StatusResponse> answer) {
            answer.onNext(StatusResponse.newBuilder()
                    .setNode(2)
                    .setNodesLive(3)
                    .setUptimeMs(7_000)
                    .build());
            answer.onCompleted();
        }

        /** Never answers. */
        @Override
        public void transferLease(TransferLeaseRequest request, StreamObserver<TransferLeaseResponse> answer) {}

        @Override
        public void listRanges(ListRangesRequest request, StreamObserver<ListRangesResponse> answer) {
            answer.onNext(ListRangesResponse.newBuilder()
                    .addRanges(RangeInfo.newBuilder()
                            .setRange(5)
                            .addAllReplicas(List.of(1, 2, 3))
                            .setState(RangeInfo.State.NO_QUORUM))
                    .build());
            answer.onCompleted();
        }

        @Override
        public void splitRange(SplitRangeRequest request, StreamObserver<SplitRangeResponse> answer) {
            Error.Code code = splits.incrementAndGet() == 1 ? Error.Code.UNAVAILABLE : Error.Code.INVALID;
            answer.onNext(SplitRangeResponse.newBuilder()
                    .setError(Error.newBuilder().setCode(code).setMessage("planted"))
                    .build());
            answer.onCompleted();
        }
    }

    @Test
    void whatAnOperatorPrintsShowsKeysAsText() {
        byte[] start = "a\0".getBytes(java.nio.charset.StandardCharsets.UTF_8);
        RecoveryReport.RangeLoss loss = new RecoveryReport.RangeLoss(
                7, start, new byte[0], false, 1, java.util.List.of(1), 42, java.util.Optional.empty(), 0);
        assertThat(loss.toString()).contains("range 7").doesNotContain("[B@").contains("(last)");
        assertThat(FlotillaAdmin.RangeRef.holding(start).toString()).startsWith("the range of a");
        assertThat(FlotillaAdmin.RangeRef.of(3)).hasToString("range 3");
    }
}
