package io.flotilla.node.mvcc;

import static io.flotilla.node.mvcc.Bench.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.config.key.Span;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvHeader;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.lang.Invariant;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnRecord;
import io.flotilla.config.txn.TxnStatus;
import io.flotilla.node.storage.Engine.Space;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Records and intents through the evaluator; the record's transitions themselves are tested where they are decided. */
class RecordsTest {
    private static final KvHeader NOBODY = KvHeader.standalone(1_000_000);

    private final Bench bench = new Bench();
    private final TxnMeta txn = txn(7, "a");

    private KvOp query(String key, long at) {
        return new KvOp.QueryIntent(key(key), txn.id(), ts(at));
    }

    @Test
    void aStagedTransactionCommitsAndItsIntentsBecomeVersions() {
        bench.done(fixed(txn, 50), put("a", "1"), staging("a", "a", "b"));
        bench.done(fixed(txn, 50), new KvOp.Delete(key("b")));
        KvOp commit = new KvOp.EndTxn(key("a"), TxnStatus.COMMITTED, keys("a", "b"), value("trigger"));
        Evaluation.Evaluated ended = bench.evaluated(fixed(txn, 60), commit);
        assertThat(((KvReply.Done) ended.reply()).results())
                .containsExactly(new KvResult.Ended(TxnStatus.COMMITTED, ts(60)));
        assertThat(ended.trigger()).isEqualTo(value("trigger").bytes());
        assertThat(bench.evaluated(fixed(txn, 60), commit).trigger()).isEmpty();

        Evaluation.Evaluated resolved = bench.evaluated(
                NOBODY,
                resolve("a", txn, TxnStatus.COMMITTED, 60),
                resolve("b", txn, TxnStatus.COMMITTED, 60),
                new KvOp.ForgetTxn(key("a"), txn.id()));
        assertThat(resolved.released()).isEqualTo(keys("a", "b"));
        assertThat(bench.size(Space.INTENT)).isZero();
        assertThat(bench.size(Space.RECORD)).isZero();
        assertThat(bench.reader.version(key("a"), Timestamp.MAX)).isEqualTo(new Version(txn.id(), ts(60), value("1")));
        assertThat(bench.reader.version(key("b"), Timestamp.MAX)).isEqualTo(new Version(txn.id(), ts(60), null));
    }

    @Test
    void anAbortedIntentVanishesAndAnothersStays() {
        bench.done(fixed(txn, 50), put("a", "1"));
        TxnMeta other = txn(8, "a");
        Evaluation.Evaluated none = bench.evaluated(NOBODY, resolve("a", other, TxnStatus.ABORTED, 50));
        assertThat(none.mutation()).isNull();
        assertThat(none.released()).isEqualTo(keys("a"));
        bench.done(NOBODY, resolve("a", txn, TxnStatus.ABORTED, 50));
        assertThat(bench.size(Space.INTENT)).isZero();
        assertThat(bench.size(Space.DATA)).isZero();
    }

    @Test
    void anIntentCannotCommitBelowItsTimestamp() {
        bench.done(fixed(txn, 50), put("a", "1"));
        assertThatThrownBy(() -> bench.look(NOBODY, resolve("a", txn, TxnStatus.COMMITTED, 49)))
                .isInstanceOf(Invariant.Violation.class);
    }

    @Test
    void aQueriedWriteIsPresentAsIntentOrVersionAtOrBelowTheTimestampOnly() {
        bench.done(fixed(txn, 50), put("a", "1"));
        assertThat(bench.result(NOBODY, query("a", 50))).isEqualTo(new KvResult.IntentQueried(true));
        assertThat(bench.protectedReads).isEmpty();
        assertThat(bench.result(NOBODY, query("a", 49))).isEqualTo(new KvResult.IntentQueried(false));
        assertThat(bench.protectedReads)
                .containsExactly(new Evaluation.Protection(Span.of(key("a")), ts(49), TxnId.NONE));
        bench.done(NOBODY, resolve("a", txn, TxnStatus.COMMITTED, 60));
        bench.commit(1, 70, "a", "later");
        assertThat(bench.result(NOBODY, query("a", 60))).isEqualTo(new KvResult.IntentQueried(true));
        assertThat(bench.result(NOBODY, query("a", 75))).isEqualTo(new KvResult.IntentQueried(true));
        assertThat(bench.result(NOBODY, query("a", 59))).isEqualTo(new KvResult.IntentQueried(false));
        assertThat(bench.result(NOBODY, query("b", 59))).isEqualTo(new KvResult.IntentQueried(false));
    }

    @Test
    void aPushFindsTheCommitOfATransactionWithoutARecordAtItsAnchor() {
        bench.done(fixed(txn, 50), put("a", "1"), staging("a", "a"));
        KvResult.Record pushed = (KvResult.Record) bench.result(NOBODY, new KvOp.PushTxn(key("a"), txn, true));
        assertThat(pushed.record()).isEqualTo(new TxnRecord(txn, TxnStatus.COMMITTED, ts(50), ts(50), List.of()));
        assertThat(bench.hasRecord(txn)).isFalse();
    }

    @Test
    void aPushThatWinsAgainstNoRecordFencesTheTransaction() {
        bench.result(NOBODY, new KvOp.PushTxn(key("a"), txn, false));
        assertThat(bench.hasRecord(txn)).isFalse();
        bench.result(fixed(txn(1, "z"), 50), new KvOp.PushTxn(key("a"), txn, false));
        assertThat(bench.record(txn).status()).isEqualTo(TxnStatus.ABORTED);
        assertThat(bench.refused(fixed(txn, 50), put("a", "1"), staging("a", "a", "b")))
                .isInstanceOf(KvError.TxnAborted.class);
        assertThat(bench.refused(fixed(txn, 50), end(TxnStatus.COMMITTED, "a"))).isInstanceOf(KvError.TxnAborted.class);
    }

    @Test
    void aLookUpFindsTheCommitBelowManyLaterVersionsAndElseFences() {
        bench.done(fixed(txn, 50), put("a", "1"), staging("a", "a"));
        for (int i = 0; i < 40; i++) {
            bench.commit(100 + i, 60 + i, "a", "later");
        }
        KvOp lookup = new KvOp.LookupTxn(key("a"), txn.id(), true);
        TxnMeta whoever = new TxnMeta(txn.id(), key("a"), bench.now, Long.MAX_VALUE);
        assertThat(bench.result(NOBODY, lookup))
                .isEqualTo(new KvResult.Record(new TxnRecord(whoever, TxnStatus.COMMITTED, ts(50), ts(50), List.of())));
        TxnId unknown = new TxnId(99, 99);
        assertThat(bench.result(NOBODY, new KvOp.LookupTxn(key("a"), unknown, false)))
                .isEqualTo(new KvResult.Record(null));
        bench.result(NOBODY, new KvOp.LookupTxn(key("a"), unknown, true));
        assertThat(bench.record(new TxnMeta(unknown, key("a"), ts(1), 1)).status())
                .isEqualTo(TxnStatus.ABORTED);
    }

    @Test
    void operationsOnOneRecordInOneBatchSeeEachOther() {
        bench.done(fixed(txn, 50), put("a", "1"), staging("a", "a", "b"));
        KvReply.Done done = bench.done(
                fixed(txn, 50),
                end(TxnStatus.COMMITTED, "a", "a", "b"),
                new KvOp.HeartbeatTxn(key("a")),
                resolve("a", txn, TxnStatus.COMMITTED, 50),
                new KvOp.ForgetTxn(key("a"), txn.id()));
        assertThat(((KvResult.Record) done.results().get(1)).record())
                .isEqualTo(new TxnRecord(txn, TxnStatus.COMMITTED, ts(50), bench.now, keys("a", "b")));
        assertThat(bench.hasRecord(txn)).isFalse();
        assertThat(bench.size(Space.INTENT)).isZero();
    }

    @Test
    void aRecoveryCommitsOrAbortsTheStagedRecordItSaw() {
        bench.done(fixed(txn, 50), put("a", "1"), staging("a", "a", "b"));
        bench.done(NOBODY, new KvOp.RecoverTxn(key("a"), txn.id(), ts(49), false));
        assertThat(bench.record(txn).status()).isEqualTo(TxnStatus.STAGING);
        bench.done(NOBODY, new KvOp.RecoverTxn(key("a"), txn.id(), ts(50), true));
        assertThat(bench.record(txn).status()).isEqualTo(TxnStatus.COMMITTED);
        bench.done(NOBODY, new KvOp.RecoverTxn(key("a"), txn.id(), ts(50), false));
        assertThat(bench.record(txn).status()).isEqualTo(TxnStatus.COMMITTED);
    }

    @Test
    void onlyTheTransactionItselfHeartbeats() {
        assertThat(bench.refused(NOBODY, new KvOp.HeartbeatTxn(key("a")))).isInstanceOf(KvError.Invalid.class);
    }
}
