package io.flotilla.node.mvcc;

import static io.flotilla.node.mvcc.Bench.*;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.key.Value;
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
import java.util.List;
import org.junit.jupiter.api.Test;

class ReadsTest {
    private final Bench bench = new Bench();

    @Test
    void aReadSeesTheNewestVersionAtOrBelowItsTimestamp() {
        bench.commit(1, 100, "a", "one");
        bench.commit(2, 200, "a", "two");
        assertThat(bench.result(fixed(TxnMeta.NONE, 99), get("a"))).isEqualTo(new KvResult.Got(null, Timestamp.ZERO));
        assertThat(bench.result(fixed(TxnMeta.NONE, 100), get("a"))).isEqualTo(new KvResult.Got(value("one"), ts(100)));
        assertThat(bench.result(fixed(TxnMeta.NONE, 199), get("a"))).isEqualTo(new KvResult.Got(value("one"), ts(100)));
        assertThat(bench.result(fixed(TxnMeta.NONE, 200), get("a"))).isEqualTo(new KvResult.Got(value("two"), ts(200)));
    }

    @Test
    void aReadWithoutATimestampIsEvaluatedAtTheLeaseholdersClock() {
        bench.commit(1, 100, "a", "one");
        Evaluation.Evaluated evaluated = bench.evaluated(KvHeader.standalone(1), get("a"));
        assertThat(evaluated.mutation()).isNull();
        assertThat(evaluated.reply())
                .isEqualTo(new KvReply.Done(
                        List.of(new KvResult.Got(value("one"), ts(100))),
                        bench.now,
                        List.of(new Observed(NODE, bench.now))));
        assertThat(evaluated.reads())
                .containsExactly(new Evaluation.Protection(Span.of(key("a")), bench.now, TxnId.NONE));
    }

    @Test
    void aTombstoneReadsAsAbsentButTellsWhenItWasWritten() {
        bench.commit(1, 100, "a", "one");
        TxnMeta txn = txn(2, "a");
        bench.done(fixed(txn, 200), new KvOp.Delete(key("a")), staging("a", "a"));
        assertThat(bench.result(fixed(TxnMeta.NONE, 250), get("a"))).isEqualTo(new KvResult.Got(null, ts(200)));
        assertThat(bench.result(fixed(TxnMeta.NONE, 250), scan("a", "z")))
                .isEqualTo(new KvResult.Scanned(List.of(), null));
    }

    @Test
    void anUncertainVersionRefusesAReadThatMayNotMove() {
        bench.commit(1, 100, "a", "one");
        bench.commit(2, 150, "a", "two");
        assertThat(bench.refused(uncertain(false, 120, 160), get("a")))
                .isEqualTo(new KvError.ReadUncertain(key("a"), bench.now));
        assertThat(bench.refused(uncertain(false, 120, 160), scan("a", "b")))
                .isEqualTo(new KvError.ReadUncertain(key("a"), bench.now));
        bench.now = ts(130);
        assertThat(bench.refused(uncertain(false, 120, 150), get("a")))
                .isEqualTo(new KvError.ReadUncertain(key("a"), ts(150)));
        assertThat(bench.result(uncertain(false, 120, 149), get("a")))
                .isEqualTo(new KvResult.Got(value("one"), ts(100)));
    }

    @Test
    void aForwardableReadMovesUpToTheUncertainVersionAndReadsAllAgainThere() {
        bench.commit(1, 100, "a", "old");
        bench.commit(2, 130, "a", "newer");
        bench.commit(3, 150, "b", "two");
        KvReply.Done done = bench.done(uncertain(true, 120, 160), get("a"), get("b"));
        assertThat(done.timestamp()).isEqualTo(ts(150));
        assertThat(done.results())
                .containsExactly(new KvResult.Got(value("newer"), ts(130)), new KvResult.Got(value("two"), ts(150)));
        assertThat(bench.protectedReads)
                .contains(
                        new Evaluation.Protection(Span.of(key("a")), ts(150), TxnId.NONE),
                        new Evaluation.Protection(Span.of(key("b")), ts(150), TxnId.NONE));
    }

    @Test
    void anObservedClockOfThisNodeNarrowsTheUncertainty() {
        bench.commit(1, 100, "a", "one");
        bench.commit(2, 150, "a", "two");
        Observed elsewhere = new Observed(new NodeId(2), ts(125));
        Observed here = new Observed(NODE, ts(149));
        assertThat(bench.refused(uncertain(false, 120, 160, elsewhere), get("a")))
                .isInstanceOf(KvError.ReadUncertain.class);
        assertThat(bench.result(uncertain(false, 120, 160, elsewhere, here), get("a")))
                .isEqualTo(new KvResult.Got(value("one"), ts(100)));
    }

    /** Node 2, whose clock was ahead, wrote at 150 and was answered; then this node took the lease over, which starts above. */
    @Test
    void anObservedClockSaysNothingOfWhatAnEarlierLeaseholderWrote() {
        bench.commit(1, 100, "a", "one");
        bench.commit(2, 150, "a", "two");
        bench.since = ts(155);
        Observed here = new Observed(NODE, ts(125));
        assertThat(bench.refused(uncertain(false, 120, 200, here), get("a"))).isInstanceOf(KvError.ReadUncertain.class);
        assertThat(bench.refused(uncertain(false, 120, 200, here), scan("a", "b")))
                .isInstanceOf(KvError.ReadUncertain.class);
        bench.commit(3, 160, "b", "three");
        assertThat(bench.result(uncertain(false, 120, 200, here), get("b")))
                .isEqualTo(new KvResult.Got(null, Timestamp.ZERO));
    }

    /** Another leaseholder, whose clock was ahead, moved the commit up to 150; it was answered before this node's clock was seen at 125. */
    @Test
    void anObservedClockSaysNothingOfAWriteThatWasMovedUpWhenItCommitted() {
        TxnMeta writer = txn(1, "x");
        bench.commit(2, 50, "a", "old");
        bench.done(fixed(writer, 100), put("a", "new"), new KvOp.Delete(key("b")));
        bench.done(
                fixed(TxnMeta.NONE, 155),
                resolve("a", writer, TxnStatus.COMMITTED, 150),
                resolve("b", writer, TxnStatus.COMMITTED, 150));
        bench.commit(3, 160, "a", "newest");
        Observed here = new Observed(NODE, ts(125));
        assertThat(bench.refused(uncertain(false, 120, 200, here), get("a")))
                .isEqualTo(new KvError.ReadUncertain(key("a"), bench.now));
        assertThat(bench.refused(uncertain(false, 120, 200, here), scan("a", "b")))
                .isEqualTo(new KvError.ReadUncertain(key("a"), bench.now));
        assertThat(bench.refused(uncertain(false, 120, 200, here), get("b")))
                .isEqualTo(new KvError.ReadUncertain(key("b"), bench.now));
        assertThat(bench.result(uncertain(false, 120, 149, here), get("a")))
                .isEqualTo(new KvResult.Got(value("old"), ts(50)));
        assertThat(bench.result(fixed(TxnMeta.NONE, 155), get("a"))).isEqualTo(new KvResult.Got(value("new"), ts(150)));
        assertThat(bench.result(fixed(TxnMeta.NONE, 155), get("b"))).isEqualTo(new KvResult.Got(null, ts(150)));
    }

    @Test
    void anothersIntentBlocksAReadAtOrAboveItAndNotBelow() {
        TxnMeta holder = txn(1, "x");
        bench.done(fixed(holder, 100), put("a", "one"));
        Evaluation.Blocked blocked = new Evaluation.Blocked(key("a"), holder, ts(100));
        assertThat(bench.blocked(fixed(TxnMeta.NONE, 100), get("a"))).isEqualTo(blocked);
        assertThat(bench.blocked(fixed(TxnMeta.NONE, 100), scan("a", "b"))).isEqualTo(blocked);
        assertThat(bench.blocked(uncertain(false, 50, 100), get("a"))).isEqualTo(blocked);
        assertThat(bench.result(fixed(TxnMeta.NONE, 99), get("a"))).isEqualTo(new KvResult.Got(null, Timestamp.ZERO));
        assertThat(bench.result(fixed(TxnMeta.NONE, 99), scan("a", "b")))
                .isEqualTo(new KvResult.Scanned(List.of(), null));
    }

    @Test
    void aTransactionReadsItsOwnIntent() {
        TxnMeta txn = txn(1, "x");
        bench.commit(2, 50, "a", "old");
        bench.done(fixed(txn, 100), put("a", "mine"), new KvOp.Delete(key("b")));
        assertThat(bench.result(fixed(txn, 100), get("a"))).isEqualTo(new KvResult.Got(value("mine"), ts(100)));
        assertThat(bench.result(fixed(txn, 100), scan("a", "z")))
                .isEqualTo(new KvResult.Scanned(List.of(new KvResult.Row(key("a"), value("mine"))), null));
    }

    @Test
    void aScanStopsAtItsLimitsAndProtectsOnlyWhatItSaw() {
        for (String key : List.of("a", "b", "c", "d")) {
            bench.commit(key.charAt(0), 100, key, "v");
        }
        Span span = new Span(key("a"), key("z"));
        Evaluation.Evaluated byRows = bench.evaluated(fixed(TxnMeta.NONE, 200), new KvOp.Scan(span, 2, 1_000));
        assertThat(((KvReply.Done) byRows.reply()).results())
                .containsExactly(new KvResult.Scanned(
                        List.of(new KvResult.Row(key("a"), value("v")), new KvResult.Row(key("b"), value("v"))),
                        key("c")));
        assertThat(byRows.reads())
                .containsExactly(new Evaluation.Protection(new Span(key("a"), key("c")), ts(200), TxnId.NONE));

        KvResult.Scanned byBytes =
                (KvResult.Scanned) bench.result(fixed(TxnMeta.NONE, 200), new KvOp.Scan(span, 100, 5));
        assertThat(byBytes.rows()).hasSize(3);
        assertThat(byBytes.resume()).isEqualTo(key("d"));

        KvResult.Scanned all = (KvResult.Scanned) bench.result(fixed(TxnMeta.NONE, 200), new KvOp.Scan(span, 4, 1_000));
        assertThat(all.rows()).hasSize(4);
        assertThat(all.resume()).isNull();
    }

    @Test
    void anIntentBeyondTheLimitOfAScanIsNotInItsWay() {
        bench.commit(1, 100, "a", "v");
        bench.done(fixed(txn(2, "b"), 100), put("b", "v"));
        KvResult.Scanned scanned = (KvResult.Scanned)
                bench.result(fixed(TxnMeta.NONE, 200), new KvOp.Scan(new Span(key("a"), key("z")), 1, 1_000));
        assertThat(scanned.resume()).isEqualTo(key("b"));
    }

    @Test
    void aScanKeepsKeysApartThatArePrefixesOfEachOtherOrHoldZeros() {
        Key plain = Key.wrap(new byte[] {'a'});
        Key zero = Key.wrap(new byte[] {'a', 0});
        Key zeros = Key.wrap(new byte[] {'a', 0, 0});
        int n = 1;
        for (Key key : List.of(zeros, plain, zero)) {
            TxnMeta txn = new TxnMeta(new TxnId(n, n), key, ts(10), n++);
            bench.done(
                    fixed(txn, 100),
                    new KvOp.Put(key, value("v" + key.length())),
                    new KvOp.EndTxn(key, TxnStatus.STAGING, List.of(key), Value.EMPTY));
        }
        KvResult.Scanned scanned = (KvResult.Scanned) bench.result(fixed(TxnMeta.NONE, 200), scan("a", "b"));
        assertThat(scanned.rows())
                .containsExactly(
                        new KvResult.Row(plain, value("v1")),
                        new KvResult.Row(zero, value("v2")),
                        new KvResult.Row(zeros, value("v3")));
    }

    @Test
    void aRefreshFailsOnAnothersVersionOrIntentInTheInterval() {
        TxnMeta txn = txn(9, "x");
        KvOp.Refresh refresh = new KvOp.Refresh(new Span(key("a"), key("c")), ts(100));
        bench.commit(1, 100, "a", "seen");
        Evaluation.Evaluated fresh = bench.evaluated(fixed(txn, 200), refresh);
        assertThat(((KvReply.Done) fresh.reply()).results()).containsExactly(KvResult.Acknowledged.INSTANCE);
        assertThat(fresh.reads()).containsExactly(new Evaluation.Protection(refresh.span(), ts(200), txn.id()));
        bench.commit(2, 300, "b", "later");
        assertThat(bench.result(fixed(txn, 299), refresh)).isEqualTo(KvResult.Acknowledged.INSTANCE);
        assertThat(bench.refused(fixed(txn, 300), refresh)).isEqualTo(new KvError.RefreshFailed(key("b")));
        bench.done(fixed(txn(3, "a"), 301), put("a", "held"));
        assertThat(bench.refused(fixed(txn, 301), refresh)).isEqualTo(new KvError.RefreshFailed(key("a")));
    }

    @Test
    void aRefreshLooksPastOwnWritesAndFarDownTheVersions() {
        TxnMeta txn = txn(9, "a");
        for (int i = 0; i < 20; i++) {
            bench.commit(20 + i, 200 + i, "a", "v" + i);
        }
        KvOp.Refresh refresh = new KvOp.Refresh(Span.of(key("a")), ts(190));
        assertThat(bench.result(fixed(txn, 199), refresh)).isEqualTo(KvResult.Acknowledged.INSTANCE);
        assertThat(bench.refused(fixed(txn, 200), refresh)).isEqualTo(new KvError.RefreshFailed(key("a")));
        TxnMeta own = txn(25, "a");
        assertThat(bench.result(fixed(own, 205), new KvOp.Refresh(Span.of(key("a")), ts(204))))
                .isEqualTo(KvResult.Acknowledged.INSTANCE);
        bench.done(fixed(own, 300), put("b", "own intent"));
        assertThat(bench.result(fixed(own, 300), new KvOp.Refresh(Span.of(key("b")), ts(204))))
                .isEqualTo(KvResult.Acknowledged.INSTANCE);
    }
}
