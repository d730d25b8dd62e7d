package io.flotilla.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.config.flow.AdmissionLimit;
import io.flotilla.config.settings.Limits;
import io.flotilla.v1.Error;
import io.flotilla.v1.Request;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Single requests: what they do, what travels together, what is tried again, what is looked up. */
@Timeout(120)
class FlotillaClientTest {
    /** The first answer must be there before that, also if the machine stands still for a moment; what is tested is waited for as long. */
    private static final Duration LONG_ENOUGH_TO_BE_REFUSED = Duration.ofMillis(2_500);

    private final FakeStore store = new FakeStore();
    private final FakeGateway one = new FakeGateway(store);
    private final FakeGateway two = new FakeGateway(store);
    private FlotillaClient client = TestClients.of(one, two);

    @AfterEach
    void close() {
        client.close();
        one.close();
        two.close();
    }

    @Test
    void whatIsWrittenIsRead() {
        assertThat(client.get("a")).isEmpty();
        client.put("a", "1");
        assertThat(client.getText("a")).contains("1");
        client.delete("a");
        assertThat(client.get("a")).isEmpty();
    }

    @Test
    void compareAndSetTellsWhetherItDid() {
        assertThat(cas(null, "1")).isTrue();
        assertThat(cas(null, "2")).isFalse();
        assertThat(cas("1", "2")).isTrue();
        assertThat(store.text("k")).contains("2");
        assertThat(cas("2", null)).isTrue();
        assertThat(store.text("k")).isEmpty();
    }

    @Test
    void scanGathersAllPages() {
        store.scanRowsMax = 3;
        for (int i = 0; i < 10; i++) {
            client.put("k" + i, "v" + i);
        }
        assertThat(client.scan("k2", "k9", 0))
                .extracting(KeyValue::keyText)
                .containsExactly("k2", "k3", "k4", "k5", "k6", "k7", "k8");
        assertThat(client.scan("k", "", 5)).hasSize(5);
        List<String> walked = new ArrayList<>();
        client.scanAll(utf8("k5"), new byte[0], 2).forEach(row -> walked.add(row.valueText()));
        assertThat(walked).containsExactly("v5", "v6", "v7", "v8", "v9");
    }

    @Test
    void whatIsAskedWhileTheStreamIsBusyTravelsTogether() throws Exception {
        client.close();
        client = TestClients.of(one);
        CountDownLatch arrived = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        one.fate = request -> {
            arrived.countDown();
            try {
                go.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return FakeGateway.Fate.SERVE;
        };
        List<CompletableFuture<?>> answers = new ArrayList<>();
        answers.add(client.getAsync(utf8("first")));
        arrived.await();
        for (int i = 0; i < 100; i++) {
            answers.add(client.getAsync(utf8("k" + i)));
        }
        go.countDown();
        CompletableFuture.allOf(answers.toArray(new CompletableFuture<?>[0])).get(30, TimeUnit.SECONDS);
        assertThat(one.batches).hasSizeLessThan(10);
        assertThat(one.requests).hasSize(101);
    }

    @Test
    void requestsGoRoundAllEndpoints() {
        awaitReady(2);
        for (int i = 0; i < 20; i++) {
            client.get("k");
        }
        assertThat(one.requests).hasSize(10);
        assertThat(two.requests).hasSize(10);
    }

    @Test
    void aReadIsAskedAgainAfterEachPassingFailure() {
        AtomicInteger asked = new AtomicInteger();
        refuseBoth(request -> switch (asked.incrementAndGet()) {
            case 1 -> error(Error.Code.UNAVAILABLE);
            case 2 -> error(Error.Code.NO_QUORUM);
            case 3 -> error(Error.Code.OVERLOADED).map(e -> e.setRetryAfterMs(80));
            case 4 -> error(Error.Code.DEADLINE);
            default -> Optional.empty();
        });
        long begun = System.nanoTime();
        assertThat(client.get("k")).isEmpty();
        assertThat(asked).hasValue(5);
        assertThat(System.nanoTime() - begun).isGreaterThan(80_000_000L);
    }

    @Test
    void theCallersMistakeIsNotTriedAgain() {
        refuseBoth(request -> error(Error.Code.INVALID));
        assertThatThrownBy(() -> client.get("k")).isInstanceOf(InvalidRequestException.class);
        assertThat(one.requests.size() + two.requests.size()).isEqualTo(1);
    }

    @Test
    void noQuorumUntilTheDeadlineIsSaidAsSuch() {
        reconnect(LONG_ENOUGH_TO_BE_REFUSED);
        refuseBoth(request -> error(Error.Code.NO_QUORUM));
        assertThatThrownBy(() -> client.get("k")).isInstanceOfSatisfying(UnavailableException.class, e -> {
            assertThat(e.noQuorum()).isTrue();
            assertThat(e.maybeExecuted()).isFalse();
            assertThat(e.getSuppressed()).isNotEmpty();
        });
    }

    @Test
    void aSilentGatewayEndsWithTheDeadline() {
        reconnect(Duration.ofMillis(300));
        one.fate = request -> FakeGateway.Fate.SWALLOW;
        two.fate = request -> FakeGateway.Fate.SWALLOW;
        long begun = System.nanoTime();
        assertThatThrownBy(() -> client.get("k")).isInstanceOf(DeadlineExceededException.class);
        assertThat(System.nanoTime() - begun).isBetween(200_000_000L, 30_000_000_000L);
    }

    /** Its answer would be taken in by the very thread that waits for it. */
    @Test
    void aBlockingCallInACallbackOfTheSameClientIsRefusedAtOnce() {
        client.put("k", "1");
        CountDownLatch hung = new CountDownLatch(1);
        one.fate = request -> {
            await(hung);
            return FakeGateway.Fate.SERVE;
        };
        two.fate = one.fate;
        CompletableFuture<?> stuck = client.getAsync(utf8("k")).thenApply(read -> client.getText("k"));
        CompletableFuture<?> transacting =
                client.getAsync(utf8("k")).thenApply(read -> client.transact(tx -> tx.getText("k")));
        CompletableFuture<Optional<String>> elsewhere =
                client.getAsync(utf8("k")).thenApplyAsync(read -> client.getText("k"));
        hung.countDown();
        assertThatThrownBy(stuck::join)
                .hasCauseInstanceOf(IllegalStateException.class)
                .hasMessageContaining("returns a future");
        assertThatThrownBy(transacting::join).hasCauseInstanceOf(IllegalStateException.class);
        assertThat(elsewhere.join()).contains("1");
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void anEndpointThatIsNoneIsRefusedBeforeAnythingIsAsked() {
        for (String wrong :
                List.of("localhost", "127.0.0.1:99999", "127.0.0.1:0", ":7400", "a b:7400", "::1:7400", "http://h:1")) {
            assertThatThrownBy(() -> FlotillaClient.builder().endpoints("127.0.0.1:7400," + wrong))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("'" + wrong + "' is not of the form HOST:PORT");
            assertThatThrownBy(() -> FlotillaAdmin.connect(wrong, Duration.ofSeconds(1)))
                    .hasMessageContaining("HOST:PORT");
        }
        FlotillaClient.builder().endpoints("host-1.example:7400, [::1]:7400,[fe80::1%eth0]:1,10.0.0.1:65535,");
    }

    @Test
    void aScanMayAskForMoreRowsThanOneRequestMay() {
        client.put("a", "1");
        client.put("b", "2");
        assertThat(client.scan("", "", 3 * Limits.SCAN_ROWS_MAX)).hasSize(2);
        assertThat(all(Request.KindCase.SCAN))
                .isNotEmpty()
                .allMatch(asked -> asked.getScan().getLimit() <= Limits.SCAN_ROWS_MAX);
    }

    @Test
    void theTimeLeftTravelsWithTheRequest() {
        client.get("k");
        List<Request> asked = one.requests.isEmpty() ? two.requests : one.requests;
        assertThat(asked.get(0).getTimeoutMs()).isBetween(1_000, 20_000);
    }

    @Test
    void aWriteWhoseAnswerIsLostIsFoundAndNotDoneTwice() {
        once(FakeGateway.Fate.EXECUTE_THEN_BREAK, Request.KindCase.WRITE);
        client.put("k", "1");
        assertThat(store.writesApplied).hasValue(1);
        assertThat(all(Request.KindCase.OUTCOME))
                .isNotEmpty()
                .allMatch(r -> r.getOutcome().getFence());
        assertThat(all(Request.KindCase.WRITE)).hasSize(1);
    }

    @Test
    void whatAGatewayDoesNotGetToIsNotEvenSent() throws InterruptedException {
        reconnect(Duration.ofSeconds(30));
        awaitReady(2);
        one.fate = request -> FakeGateway.Fate.SWALLOW;
        two.fate = one.fate;
        int most = 2 * AdmissionLimit.INITIAL;
        int more = 1_000;
        List<CompletableFuture<?>> writes = new ArrayList<>();
        for (int i = 0; i < most + more; i++) {
            writes.add(client.putAsync(utf8("k" + i), utf8("v")));
        }
        for (int looks = 0; looks < 4_000 && all(Request.KindCase.WRITE).size() < most; looks++) {
            Thread.sleep(5);
        }
        client.close();
        long unknown = writes.stream()
                .map(write -> write.handle((done, failure) -> failure).join())
                .filter(failure -> failure instanceof CommitOutcomeUnknownException)
                .count();
        assertThat(unknown).isEqualTo(most);
    }

    @Test
    void aWriteThatWasLostIsFencedAndDoneAgainUnderANewId() {
        once(FakeGateway.Fate.BREAK, Request.KindCase.WRITE);
        client.put("k", "1");
        assertThat(store.writesApplied).hasValue(1);
        assertThat(store.text("k")).contains("1");
        List<Request> writes = all(Request.KindCase.WRITE);
        assertThat(writes).hasSize(2);
        assertThat(writes.get(0).getWrite().getId())
                .isNotEqualTo(writes.get(1).getWrite().getId());
    }

    @Test
    void aWriteProvenNotExecutedIsDoneAgainWithoutLookUp() {
        AtomicInteger asked = new AtomicInteger();
        refuseBoth(request -> asked.incrementAndGet() == 1 ? error(Error.Code.NO_QUORUM) : Optional.empty());
        client.put("k", "1");
        assertThat(all(Request.KindCase.OUTCOME)).isEmpty();
        assertThat(store.writesApplied).hasValue(1);
    }

    @Test
    void aWriteWhoseOutcomeNobodyKnowsSaysSo() {
        reconnect(LONG_ENOUGH_TO_BE_REFUSED);
        refuseBoth(request -> request.hasWrite()
                ? error(Error.Code.DEADLINE).map(e -> e.setMaybeExecuted(true))
                : error(Error.Code.NO_QUORUM));
        assertThatThrownBy(() -> client.put("k", "1"))
                .isInstanceOfSatisfying(CommitOutcomeUnknownException.class, e -> {
                    assertThat(e.anchor()).isEqualTo(utf8("k"));
                    assertThat(e.maybeExecuted()).isTrue();
                    io.flotilla.v1.TxnId sent =
                            all(Request.KindCase.WRITE).get(0).getWrite().getId();
                    assertThat(Protocol.id(e.txnId())).isEqualTo(sent);
                });
    }

    @Test
    void oneDeadEndpointIsNotNoticed() {
        awaitReady(2);
        one.kill();
        for (int i = 0; i < 20; i++) {
            client.put("k" + i, "v");
        }
        assertThat(store.writesApplied).hasValue(20);
    }

    @Test
    void anEndpointThatComesBackIsUsedAgain() {
        awaitReady(2);
        one.kill();
        // The client hears of it in its own time; before that, what it calls ready may be the endpoint that is gone.
        while (ready() == 2) {
            Thread.yield();
        }
        client.put("k", "v");
        one.restart();
        awaitReady(2);
        int before = one.requests.size();
        client.get("k");
        client.get("k");
        assertThat(one.requests.size()).isGreaterThan(before);
    }

    @Test
    void whoeverWaitsWhileNoneIsThereIsServedByTheFirstThatComes() {
        one.kill();
        two.kill();
        CompletableFuture<Long> put = client.putAsync(utf8("k"), utf8("1"));
        assertThat(put).isNotDone();
        two.restart();
        assertThat(put).succeedsWithin(Duration.ofSeconds(30));
    }

    @Test
    void aTransportThatThrowsIsTriedAgain() {
        client.close();
        client = TestClients.ofOneThatThrowsFirst(one);
        assertThat(client.put("k", "1")).isPositive();
    }

    @Test
    void nobodyThereUntilTheDeadlineIsUnavailableAndProvenNotExecuted() {
        reconnect(Duration.ofMillis(300));
        one.kill();
        two.kill();
        assertThatThrownBy(() -> client.put("k", "1")).isInstanceOfSatisfying(UnavailableException.class, e -> {
            assertThat(e.noQuorum()).isFalse();
            assertThat(e.maybeExecuted()).isFalse();
        });
    }

    @Test
    void anEndpointThatFallsSilentIsAvoidedAndItsWritesAreLookedUpElsewhere() {
        client.close();
        client = TestClients.of(Duration.ofSeconds(30), one, two);
        awaitReady(2);
        one.fate = request -> FakeGateway.Fate.SWALLOW;
        List<CompletableFuture<Long>> writes = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            writes.add(client.putAsync(utf8("k" + i), utf8("v")));
        }
        while (client.endpoints().get(0).state() != EndpointStatus.State.SUSPECT) {
            Thread.yield();
        }
        int before = one.requests.size();
        for (int i = 0; i < 20; i++) {
            client.get("k");
        }
        // Half of them would be its share. One may have been under way, and one is let through now and then to see
        // whether it is back.
        assertThat(one.requests.size() - before).isLessThanOrEqualTo(5);
        for (CompletableFuture<Long> write : writes) {
            assertThat(write).succeedsWithin(Duration.ofSeconds(30));
        }
        assertThat(store.writesApplied).hasValue(4);
    }

    /** What was asked for at the start was used up after 2^31 messages: days. Nothing came from then on, and nobody connected anew. */
    @Test
    void aStreamNeverEndsToReceive() {
        client.close();
        client = TestClients.ofOneThatHasReceivedMuch(one, 3);
        client.put("k", "v");
        for (int i = 0; i < 10; i++) {
            assertThat(client.getText("k")).contains("v");
        }
        assertThat(one.sessions.get()).isEqualTo(2); // with the one of the client before
    }

    /** Nothing is sent on such a stream any more, so nothing told of the server's end, and its successor was never looked for. */
    @Test
    void whoSaidThatItStopsAndVanishedIsLookedForAgain() {
        client.close();
        client = TestClients.of(one);
        client.put("k", "v");
        one.endsStreams = false;
        one.sayFarewell();
        while (client.endpoints().get(0).state() == EndpointStatus.State.READY) {
            Thread.yield();
        }
        assertThat(client.getText("k")).contains("v");
    }

    @Test
    void closingFailsWhoeverWaits() {
        one.fate = request -> FakeGateway.Fate.SWALLOW;
        two.fate = request -> FakeGateway.Fate.SWALLOW;
        CompletableFuture<?> get = client.getAsync(utf8("k"));
        client.close();
        assertThat(get)
                .failsWithin(Duration.ofSeconds(30))
                .withThrowableThat()
                .withCauseInstanceOf(UnavailableException.class);
        assertThatThrownBy(() -> client.get("k")).isInstanceOf(UnavailableException.class);
    }

    private boolean cas(@Nullable String expected, @Nullable String value) {
        return client.compareAndSet(
                utf8("k"),
                Optional.ofNullable(expected).map(FlotillaClientTest::utf8),
                Optional.ofNullable(value).map(FlotillaClientTest::utf8));
    }

    private void reconnect(Duration deadline) {
        client.close();
        client = TestClients.of(deadline, one, two);
        awaitReady(2);
    }

    private void awaitReady(int count) {
        while (ready() < count) {
            Thread.yield();
        }
    }

    private long ready() {
        return client.endpoints().stream()
                .filter(endpoint -> endpoint.state() == EndpointStatus.State.READY)
                .count();
    }

    private void once(FakeGateway.Fate fate, Request.KindCase kind) {
        AtomicInteger seen = new AtomicInteger();
        one.fate =
                request -> request.getKindCase() == kind && seen.getAndIncrement() == 0 ? fate : FakeGateway.Fate.SERVE;
        two.fate = one.fate;
    }

    private void refuseBoth(java.util.function.Function<Request, Optional<Error.Builder>> refusal) {
        one.refusal = refusal;
        two.refusal = refusal;
    }

    private List<Request> all(Request.KindCase kind) {
        List<Request> found = new ArrayList<>(one.requests(kind));
        found.addAll(two.requests(kind));
        return found;
    }

    private static Optional<Error.Builder> error(Error.Code code) {
        return Optional.of(Error.newBuilder().setCode(code).setMessage("planted"));
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
