package io.flotilla.range.routing;

import static io.flotilla.range.routing.RouterFixture.batch;
import static io.flotilla.range.routing.RouterFixture.get;
import static io.flotilla.range.routing.RouterFixture.put;
import static io.flotilla.range.routing.RouterFixture.transactional;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvHeader;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.kv.Observed;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Batches and scans across range borders. */
class RouterCutTest {
    private final RouterFixture f = RouterFixture.warm();

    @Test
    void partsGoOutTogetherAndResultsComeInTheOrderOfTheOperations() {
        for (String key : List.of("a", "h", "o", "u", "b")) {
            f.cluster.data.put(Ranges.key(key), Value.of("v" + key));
        }
        KvReply.Done done = f.done(batch(get("u"), get("a"), get("o"), get("b"), get("h")));
        assertThat(done.results())
                .extracting(result -> String.valueOf(((KvResult.Got) result).value()))
                .containsExactly("vu", "va", "vo", "vb", "vh");
        assertThat(f.cluster.sent).hasSize(4);
        assertThat(f.cluster.sent)
                .extracting(FakeCluster.Sent::at)
                .containsOnly(f.cluster.sent.get(0).at());
    }

    @Test
    void allPartsReadAtOneTimestampChosenHere() {
        f.done(batch(get("a"), get("z")));
        List<KvHeader> headers = headers();
        assertThat(headers.get(0).timestamp().isSet()).isTrue();
        assertThat(headers.get(0).timestamp()).isEqualTo(headers.get(1).timestamp());
        assertThat(headers.get(0).uncertaintyLimit())
                .isEqualTo(headers.get(0).timestamp().plusMicros(f.clock.maxOffsetMicros()));
        assertThat(headers).noneMatch(KvHeader::forwardable);
    }

    @Test
    void theReplyHasTheLatestTimestampAndEachNodesFirstObservedClock() {
        f.cluster.script = (node, request) -> {
            long range = request.range().value();
            NodeId on = range == 4 ? Ranges.N3 : node;
            return new RangeReply.Served(new KvReply.Done(
                    List.of(KvResult.Acknowledged.INSTANCE),
                    new Timestamp(1000 + range),
                    List.of(new Observed(on, new Timestamp(range)))));
        };
        KvReply.Done done = f.done(transactional(put("a", "1"), put("h", "1"), put("o", "1")));
        assertThat(done.timestamp()).isEqualTo(new Timestamp(1004));
        assertThat(done.observed())
                .containsExactly(new Observed(Ranges.N1, new Timestamp(2)), new Observed(Ranges.N3, new Timestamp(4)));
    }

    @Test
    void aCommitIsCutByKeyAndItsEndGoesToTheAnchor() {
        KvOp end = new KvOp.EndTxn(Ranges.key("a"), TxnStatus.STAGING, List.of(), Value.EMPTY);
        f.done(transactional(put("a", "1"), put("h", "1"), put("b", "1"), end));
        assertThat(f.cluster.sent)
                .extracting(sent -> sent.request().batch().ops())
                .containsExactly(List.of(put("a", "1"), put("b", "1"), end), List.of(put("h", "1")));
    }

    @Test
    void aVerdictIsToldBeforeAnOutage() {
        f.cluster.script = (node, request) -> switch ((int) request.range().value()) {
            case 2 -> new RangeReply.Served(new KvReply.Refused(new KvError.Pushed(Ranges.key("a"), new Timestamp(7))));
            case 3 -> new RangeReply.Served(new KvReply.Refused(new KvError.ConditionFailed(Ranges.key("h"), null)));
            case 4 -> new RangeReply.NoQuorum("alone");
            default -> null;
        };
        KvError error = f.refused(transactional(put("a", "1"), put("h", "1"), put("o", "1"), put("z", "1")));
        assertThat(error).isEqualTo(new KvError.ConditionFailed(Ranges.key("h"), null));
    }

    @Test
    void amongPushesTheHighestIsTold() {
        f.cluster.script = (node, request) -> new RangeReply.Served(new KvReply.Refused(new KvError.Pushed(
                Ranges.key("a"), new Timestamp(100 - request.range().value()))));
        KvError error = f.refused(transactional(put("a", "1"), put("h", "1"), put("o", "1")));
        assertThat(error).isEqualTo(new KvError.Pushed(Ranges.key("a"), new Timestamp(98)));
    }

    @Test
    void anOutageOfOnePartDoesNotClaimThatTheOthersWereNotExecuted() {
        f.cluster.script = (node, request) -> request.range().value() == 3 ? new RangeReply.NoQuorum("alone") : null;
        KvError error = f.refused(transactional(put("a", "1"), put("h", "1")));
        assertThat(error).isInstanceOf(KvError.Unavailable.class);
        assertThat(error.provenNotExecuted()).isFalse();
        KvError reading = f.refused(batch(get("a"), get("h")));
        assertThat(reading.provenNotExecuted()).isTrue();
    }

    @Test
    void withoutATransactionEvenAVerdictDoesNotHideThatOthersWereExecuted() {
        f.cluster.script = (node, request) -> request.range().value() == 3
                ? new RangeReply.Served(new KvReply.Refused(new KvError.LockTimeout(Ranges.key("h"), TxnMeta.NONE)))
                : null;
        KvOp one = new KvOp.ForgetTxn(Ranges.key("a"), new TxnId(1, 1));
        KvOp two = new KvOp.ForgetTxn(Ranges.key("h"), new TxnId(1, 1));
        assertThat(f.refused(batch(one, two)).provenNotExecuted()).isFalse();
    }

    @Test
    void aSplitUnderWayCutsTheBatchAgain() {
        f.cluster.split("c", 10);
        KvReply.Done done = f.done(transactional(put("a", "1"), put("d", "2"), put("h", "3")));
        assertThat(done.results()).hasSize(3);
        assertThat(f.cluster.data).containsKeys(Ranges.key("a"), Ranges.key("d"), Ranges.key("h"));
    }

    @Test
    void aRefreshIsCutAtTheBordersAndSentTogether() {
        KvOp refresh = new KvOp.Refresh(new Span(Ranges.key("c"), Ranges.key("p")), new Timestamp(3));
        KvReply.Done done = f.done(transactional(refresh, put("a", "1")));
        assertThat(done.results()).hasSize(2);
        assertThat(f.cluster.sent.stream()
                        .flatMap(sent -> sent.request().batch().ops().stream())
                        .filter(op -> op instanceof KvOp.Refresh)
                        .map(op -> ((KvOp.Refresh) op).span()))
                .containsExactly(span("c", "g"), span("g", "n"), span("n", "p"));
        assertThat(f.cluster.sent)
                .extracting(FakeCluster.Sent::at)
                .containsOnly(f.cluster.sent.get(0).at());
    }

    @Test
    void readsOfSeveralRangesThatMustMoveAreReadAgainTogether() {
        Timestamp to = new Timestamp(5000);
        f.cluster.script = (node, request) -> request.range().value() == 3
                        && request.batch().header().timestamp().isBefore(to)
                ? new RangeReply.Served(new KvReply.Refused(new KvError.ReadUncertain(Ranges.key("h"), to)))
                : null;
        KvHeader header =
                new KvHeader(new Timestamp(100), new Timestamp(9000), List.of(), TxnMeta.NONE, true, 1_000_000);
        KvReply.Done done = f.done(new KvBatch(header, List.of(get("a"), get("h"))));
        assertThat(done.timestamp()).isEqualTo(to);
        assertThat(headers())
                .extracting(KvHeader::timestamp)
                .containsExactly(new Timestamp(100), new Timestamp(100), to, to);
    }

    @Test
    void readsThatMayNotMoveAreRefused() {
        KvError uncertain = new KvError.ReadUncertain(Ranges.key("h"), new Timestamp(5000));
        f.cluster.script = (node, request) ->
                request.range().value() == 3 ? new RangeReply.Served(new KvReply.Refused(uncertain)) : null;
        KvHeader header =
                new KvHeader(new Timestamp(100), new Timestamp(9000), List.of(), TxnMeta.NONE, false, 1_000_000);
        assertThat(f.refused(new KvBatch(header, List.of(get("a"), get("h"))))).isEqualTo(uncertain);
    }

    @Test
    void onlyTheFirstRangeOfAScanMayMoveItsTimestamp() {
        f.cluster.script = (node, request) -> request.range().value() == 2
                ? new RangeReply.Served(
                        new KvReply.Done(List.of(new KvResult.Scanned(List.of(), null)), new Timestamp(777), List.of()))
                : null;
        KvHeader header =
                new KvHeader(new Timestamp(100), new Timestamp(9000), List.of(), TxnMeta.NONE, true, 1_000_000);
        KvReply.Done done = f.done(new KvBatch(header, List.of(scan("a", "z", 100))));
        assertThat(done.timestamp()).isEqualTo(new Timestamp(777));
        assertThat(headers()).extracting(KvHeader::forwardable).containsExactly(true, false, false, false);
        assertThat(headers())
                .extracting(KvHeader::timestamp)
                .containsExactly(new Timestamp(100), new Timestamp(777), new Timestamp(777), new Timestamp(777));
    }

    @Test
    void aScanStopsAtItsLimitAndVisitsNoFurtherRange() {
        for (String key : List.of("a", "b", "h")) {
            f.cluster.data.put(Ranges.key(key), Value.of("v"));
        }
        KvResult.Scanned scanned = scanned(batch(scan("a", "z", 2)));
        assertThat(scanned.rows()).hasSize(2);
        assertThat(scanned.resume()).isEqualTo(Ranges.key("g"));
        assertThat(f.cluster.sent).hasSize(1);
    }

    @Test
    void scansWithAnyLimitsOverAnyBordersReadWhatOneTableWould() {
        for (long seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            RouterFixture fixture = random.nextBoolean() ? RouterFixture.warm() : new RouterFixture();
            for (int i = random.nextInt(60); i > 0; i--) {
                fixture.cluster.data.put(letter(random), Value.wrap(new byte[random.nextInt(20)]));
            }
            long newId = 10;
            Key position = Ranges.key("a");
            Key end = Ranges.key("zzz");
            List<Key> read = new ArrayList<>();
            for (int pages = 0; position != null; pages++) {
                if (random.nextInt(3) == 0) {
                    Key at = letter(random);
                    if (fixture.cluster.truth.values().stream()
                            .noneMatch(range -> range.span().start().equals(at))) {
                        fixture.cluster.split(at.toString().substring(4), newId++);
                    }
                }
                int rowsMax = 1 + random.nextInt(10);
                long bytesMax = 1L + random.nextInt(100);
                KvOp scan = new KvOp.Scan(new Span(position, end), rowsMax, bytesMax);
                KvResult.Scanned page =
                        (KvResult.Scanned) fixture.done(batch(scan)).results().get(0);
                assertThat(page.rows().size()).as("seed %d", seed).isLessThanOrEqualTo(rowsMax);
                long bytes = 0;
                for (KvResult.Row row : page.rows()) {
                    assertThat(bytes)
                            .as("seed %d: the limit was reached before", seed)
                            .isLessThan(bytesMax);
                    bytes += row.key().length() + (long) row.value().length();
                    read.add(row.key());
                }
                assertThat(pages).as("seed %d", seed).isLessThan(200);
                position = page.resume();
            }
            Map<Key, Value> expected = fixture.cluster.data.subMap(Ranges.key("a"), end);
            assertThat(read).as("seed %d", seed).containsExactlyElementsOf(expected.keySet());
        }
    }

    private static Key letter(Random random) {
        return Ranges.key("" + (char) ('a' + random.nextInt(26)) + (char) ('a' + random.nextInt(26)));
    }

    private static Span span(String from, String to) {
        return new Span(Ranges.key(from), Ranges.key(to));
    }

    private static KvOp scan(String from, String to, int rowsMax) {
        return new KvOp.Scan(span(from, to), rowsMax, 1_000_000);
    }

    private KvResult.Scanned scanned(KvBatch batch) {
        return (KvResult.Scanned) f.done(batch).results().get(0);
    }

    private List<KvHeader> headers() {
        return f.cluster.sent.stream()
                .map(sent -> sent.request().batch().header())
                .toList();
    }
}
