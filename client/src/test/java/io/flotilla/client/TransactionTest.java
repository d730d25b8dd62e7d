package io.flotilla.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.config.txn.TxnId;
import io.flotilla.v1.Error;
import io.flotilla.v1.Request;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Transactions: what a body sees, when it runs again, what a commit carries. */
@Timeout(120)
class TransactionTest {
    private final FakeStore store = new FakeStore();
    private final FakeGateway gateway = new FakeGateway(store);
    private FlotillaClient client = TestClients.of(gateway);

    @AfterEach
    void close() {
        client.close();
        gateway.close();
    }

    @Test
    void bodySeesItsOwnWrites() {
        client.put("a", "1");
        client.transact(tx -> {
            tx.put("a", "2");
            assertThat(tx.getText("a")).contains("2");
            tx.delete("a");
            assertThat(tx.getText("a")).isEmpty();
            tx.put("b", "3");
            return true;
        });
        assertThat(store.text("a")).isEmpty();
        assertThat(store.text("b")).contains("3");
        assertThat(gateway.requests(Request.KindCase.GET)).isEmpty();
    }

    @Test
    void scanShowsTheSnapshotOverlaidByOwnWritesAcrossPages() {
        store.scanRowsMax = 2;
        for (String key : List.of("a", "c", "e", "g")) {
            client.put(key, "old");
        }
        List<KeyValue> rows = client.transact(tx -> {
                    tx.put("b", "new");
                    tx.put("c", "new");
                    tx.delete("e");
                    tx.put("h", "new");
                    tx.put("z", "outside");
                    assertThat(tx.scan("a", "i", 2))
                            .extracting(KeyValue::keyText)
                            .containsExactly("a", "b");
                    return tx.scan("a", "i", 0);
                })
                .value();
        assertThat(rows).extracting(KeyValue::toString).containsExactly("a=old", "b=new", "c=new", "g=old", "h=new");
    }

    @Test
    void readingAloneCommitsWithoutARequest() {
        client.put("a", "1");
        TxnResult<String> result = client.transact(tx -> tx.getText("a").orElseThrow());
        assertThat(result.value()).isEqualTo("1");
        assertThat(result.id()).isEqualTo(TxnId.NONE);
        assertThat(result.commitTimestamp()).isPositive();
        assertThat(gateway.requests(Request.KindCase.COMMIT)).isEmpty();
    }

    @Test
    void commitCarriesWhatWasReadAndWritten() {
        client.transact(tx -> {
            tx.get("r");
            tx.scan("s", "t", 0);
            tx.scan("u", "", 0);
            tx.put("w2", "1");
            tx.put("w1", "1");
            return true;
        });
        var commit = gateway.requests(Request.KindCase.COMMIT).get(0).getCommit();
        assertThat(commit.getReadsCount()).isEqualTo(3);
        assertThat(commit.getReads(0).getEnd().isEmpty()).isTrue();
        assertThat(commit.getReads(0).getToEnd()).isFalse();
        assertThat(commit.getReads(1).getEnd().toStringUtf8()).isEqualTo("t");
        assertThat(commit.getReads(2).getToEnd()).isTrue();
        assertThat(commit.getWrites(0).getKey().toStringUtf8()).isEqualTo("w1");
        assertThat(commit.getTxn().getReadTimestamp()).isPositive();
        assertThat(commit.getPriority()).isZero();
    }

    @Test
    void onlyTheFirstReadMayMoveTheSnapshot() {
        client.transact(tx -> {
            tx.get("a");
            tx.get("b");
            return tx.scan("c", "d", 0);
        });
        assertThat(gateway.requests(Request.KindCase.GET))
                .extracting(r -> r.getGet().getForwardable())
                .containsExactly(true, false);
        assertThat(gateway.requests(Request.KindCase.SCAN).get(0).getScan().getForwardable())
                .isFalse();
    }

    @Test
    void conflictRunsTheBodyAgainWithItsAge() {
        client.put("a", "0");
        AtomicInteger runs = new AtomicInteger();
        TxnResult<Boolean> result = client.transact(tx -> {
            long seen = Long.parseLong(tx.getText("a").orElseThrow());
            if (runs.incrementAndGet() == 1) {
                client.put("a", "10");
            }
            tx.put("a", Long.toString(seen + 1));
            return true;
        });
        assertThat(store.text("a")).contains("11");
        assertThat(result.attempts()).isEqualTo(2);
        List<Request> commits = gateway.requests(Request.KindCase.COMMIT);
        assertThat(commits.get(1).getCommit().getPriority())
                .isEqualTo(commits.get(0).getCommit().getTxn().getReadTimestamp());
        assertThat(commits.get(1).getCommit().getId())
                .isNotEqualTo(commits.get(0).getCommit().getId());
    }

    @Test
    void noIncrementIsLostAmongManyThreads() throws Exception {
        client.put("n", "0");
        var pool = Executors.newFixedThreadPool(8);
        for (int i = 0; i < 8; i++) {
            pool.execute(() -> {
                for (int j = 0; j < 25; j++) {
                    client.transact(TxnOptions.DEFAULT.deadline(Duration.ofSeconds(60)), tx -> {
                        tx.put("n", Long.toString(Long.parseLong(tx.getText("n").orElseThrow()) + 1));
                        return true;
                    });
                }
            });
        }
        pool.shutdown();
        assertThat(pool.awaitTermination(90, TimeUnit.SECONDS)).isTrue();
        assertThat(store.text("n")).contains("200");
    }

    @Test
    void conflictWithoutEndEndsWithTheAttempts() {
        gateway.refusal = request -> request.hasCommit() ? error(Error.Code.CONFLICT) : Optional.empty();
        assertThatThrownBy(() -> client.transact(TxnOptions.named("busy").attemptsMax(3), tx -> {
                    tx.put("a", "1");
                    return true;
                }))
                .isInstanceOf(ConflictException.class)
                .hasMessageContaining("busy")
                .satisfies(e -> assertThat(e.getSuppressed()).hasSize(2));
        assertThat(store.writesApplied).hasValue(0);
    }

    @Test
    void uncertainReadRefreshesWhatWasReadAndReadsAgain() {
        client.put("a", "1");
        AtomicInteger asked = new AtomicInteger();
        gateway.refusal = request ->
                request.hasGet() && request.getGet().getKey().toStringUtf8().equals("b") && asked.incrementAndGet() == 1
                        ? error(Error.Code.READ_UNCERTAIN).map(e -> e.setRetryTimestamp(500))
                        : Optional.empty();
        TxnResult<Boolean> result = client.transact(tx -> {
            tx.get("a");
            tx.get("b");
            return true;
        });
        assertThat(result.attempts()).isEqualTo(1);
        assertThat(result.commitTimestamp()).isEqualTo(500);
        assertThat(gateway.requests(Request.KindCase.REFRESH)
                        .get(0)
                        .getRefresh()
                        .getReadsCount())
                .isEqualTo(1);
    }

    /** A context that was refreshed before it had read anything would have no uncertainty, and could miss what was written before it. */
    @Test
    void uncertainFirstReadBeginsAnew() {
        client.put("a", "1");
        AtomicInteger asked = new AtomicInteger();
        gateway.refusal = request -> request.hasGet() && asked.incrementAndGet() == 1
                ? error(Error.Code.READ_UNCERTAIN).map(e -> e.setRetryTimestamp(500))
                : Optional.empty();
        TxnResult<Optional<String>> result = client.transact(tx -> tx.getText("a"));
        assertThat(result.value()).contains("1");
        assertThat(result.attempts()).isEqualTo(1);
        assertThat(gateway.requests(Request.KindCase.REFRESH)).isEmpty();
        assertThat(gateway.requests(Request.KindCase.GET)).hasSize(2).allSatisfy(request -> {
            assertThat(request.getGet().getTxn().getReadTimestamp()).isZero();
            assertThat(request.getGet().getForwardable()).isTrue();
        });
    }

    @Test
    void failedRefreshRunsTheBodyAgain() {
        client.put("a", "1");
        AtomicInteger asked = new AtomicInteger();
        gateway.refusal = request -> {
            if (request.hasGet()
                    && request.getGet().getKey().toStringUtf8().equals("b")
                    && asked.incrementAndGet() == 1) {
                while (store.text("a").orElseThrow().equals("1")) {
                    store.execute(Request.newBuilder()
                            .setWrite(io.flotilla.v1.Write.newBuilder()
                                    .setMutation(io.flotilla.v1.Mutation.newBuilder()
                                            .setKey(com.google.protobuf.ByteString.copyFromUtf8("a"))
                                            .setPut(com.google.protobuf.ByteString.copyFromUtf8("2"))))
                            .build());
                }
                return error(Error.Code.READ_UNCERTAIN).map(e -> e.setRetryTimestamp(500));
            }
            return Optional.empty();
        };
        TxnResult<String> result = client.transact(tx -> {
            String seen = tx.getText("a").orElseThrow();
            tx.get("b");
            return seen;
        });
        assertThat(result.value()).isEqualTo("2");
        assertThat(result.attempts()).isEqualTo(2);
    }

    @Test
    void lostAnswerOfACommitThatHappenedIsSuccess() {
        AtomicInteger seen = new AtomicInteger();
        gateway.fate = request -> request.hasCommit() && seen.getAndIncrement() == 0
                ? FakeGateway.Fate.EXECUTE_THEN_BREAK
                : FakeGateway.Fate.SERVE;
        TxnResult<Boolean> result = client.transact(tx -> {
            tx.put("a", "1");
            return true;
        });
        assertThat(result.attempts()).isEqualTo(1);
        assertThat(result.commitTimestamp()).isPositive();
        assertThat(store.writesApplied).hasValue(1);
    }

    @Test
    void commitThatIsFencedOffRunsTheBodyAgain() {
        AtomicInteger seen = new AtomicInteger();
        gateway.fate = request ->
                request.hasCommit() && seen.getAndIncrement() == 0 ? FakeGateway.Fate.BREAK : FakeGateway.Fate.SERVE;
        TxnResult<Boolean> result = client.transact(tx -> {
            tx.put("a", "1");
            return true;
        });
        assertThat(result.attempts()).isEqualTo(2);
        assertThat(store.writesApplied).hasValue(1);
        assertThat(gateway.requests(Request.KindCase.OUTCOME)).isNotEmpty();
    }

    @Test
    void unknownOutcomeCarriesIdAndAnchorAndNeverRunsTheBodyAgain() {
        AtomicInteger runs = new AtomicInteger();
        gateway.refusal = request ->
                request.hasCommit() || request.hasOutcome() ? error(Error.Code.OUTCOME_UNKNOWN) : Optional.empty();
        assertThatThrownBy(() -> client.transact(TxnOptions.DEFAULT.deadline(Duration.ofMillis(2_500)), tx -> {
                    runs.incrementAndGet();
                    tx.put("b", "1");
                    tx.put("a", "1");
                    return true;
                }))
                .isInstanceOfSatisfying(CommitOutcomeUnknownException.class, e -> {
                    assertThat(new String(e.anchor(), StandardCharsets.UTF_8)).isEqualTo("a");
                    assertThat(e.txnId()).isNotEqualTo(TxnId.NONE);
                });
        assertThat(runs).hasValue(1);
    }

    @Test
    void readThatNobodyAnsweredLeavesNothingWritten() {
        client.put("a", "0");
        gateway.fate = request -> request.hasGet() ? FakeGateway.Fate.SWALLOW : FakeGateway.Fate.SERVE;
        TxnOptions soon = TxnOptions.DEFAULT.deadline(Duration.ofMillis(300));
        assertThatThrownBy(() -> client.transact(soon, tx -> {
                    tx.put("a", "1");
                    return tx.getText("b");
                }))
                .isInstanceOfSatisfying(
                        DeadlineExceededException.class,
                        e -> assertThat(e.maybeExecuted()).isFalse());
    }

    @Test
    void whatTheBodyThrowsPassesUnchangedAndNothingIsWritten() {
        IOException mine = new IOException("mine");
        assertThatThrownBy(() -> client.transact(tx -> {
                    tx.put("a", "1");
                    throw mine;
                }))
                .isSameAs(mine);
        assertThat(store.writesApplied).hasValue(0);
        assertThat(gateway.requests).isEmpty();
    }

    @Test
    void bodyThatHidesAFailedReadDoesNotCommit() {
        AtomicInteger asked = new AtomicInteger();
        gateway.refusal = request ->
                request.hasGet() && asked.incrementAndGet() == 1 ? error(Error.Code.CONFLICT) : Optional.empty();
        TxnResult<Boolean> result = client.transact(tx -> {
            try {
                tx.get("a");
            } catch (FlotillaException hidden) {
                asked.incrementAndGet();
            }
            try {
                tx.put("b", "1");
            } catch (FlotillaException hidden) {
                return false;
            }
            return true;
        });
        assertThat(result.value()).isTrue();
        assertThat(result.attempts()).isEqualTo(2);
    }

    @Test
    void limitsAreNamed() {
        assertThatThrownBy(() -> client.transact(tx -> {
                    for (int i = 0; i <= 10_000; i++) {
                        tx.put("k" + i, "");
                    }
                    return true;
                }))
                .isInstanceOf(LimitExceededException.class)
                .hasMessageContaining("10001")
                .hasMessageContaining("10000");
        assertThat(gateway.requests).isEmpty();
    }

    @Test
    void transactionIsOfNoUseAfterItsBodyReturned() {
        AtomicReference<Transaction> kept = new AtomicReference<>();
        client.transact(tx -> {
            kept.set(tx);
            return true;
        });
        assertThatThrownBy(() -> Objects.requireNonNull(kept.get()).get("a")).isInstanceOf(IllegalStateException.class);
    }

    private static Optional<Error.Builder> error(Error.Code code) {
        return Optional.of(Error.newBuilder().setCode(code).setMessage("planted"));
    }
}
