package io.flotilla.node.mvcc;

import static io.flotilla.node.mvcc.Bench.*;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.key.Span;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvHeader;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnRecord;
import io.flotilla.config.txn.TxnStatus;
import io.flotilla.node.storage.Engine.Space;
import java.util.List;
import org.junit.jupiter.api.Test;

class DataWritesTest {
    private final Bench bench = new Bench();
    private final TxnMeta txn = txn(7, "a");

    // ---- one phase -------------------------------------------------------------------------------------------------

    @Test
    void allWritesInOneBatchCommitAtOnceAndLeaveNeitherIntentNorRecord() {
        Evaluation.Evaluated evaluated =
                bench.evaluated(fixed(txn, 100), put("a", "1"), new KvOp.Delete(key("b")), staging("a", "a", "b"));
        KvReply.Done done = (KvReply.Done) evaluated.reply();
        assertThat(done.timestamp()).isEqualTo(ts(100));
        assertThat(done.results().get(2)).isEqualTo(new KvResult.Ended(TxnStatus.COMMITTED, ts(100)));
        assertThat(evaluated.reads()).isEmpty();
        assertThat(evaluated.released()).isEmpty();
        assertThat(bench.size(Space.DATA)).isEqualTo(2);
        assertThat(bench.size(Space.INTENT)).isZero();
        assertThat(bench.size(Space.RECORD)).isZero();
        assertThat(bench.reader.version(key("a"), ts(100))).isEqualTo(new Version(txn.id(), ts(100), value("1")));
    }

    @Test
    void aStandaloneWriteCommitsAtTheLeaseholdersClock() {
        KvHeader header = new KvHeader(Timestamp.ZERO, Timestamp.ZERO, List.of(), txn, true, 1);
        assertThat(bench.done(header, put("a", "1"), staging("a", "a")).timestamp())
                .isEqualTo(bench.now);
    }

    @Test
    void aWriteGoesAboveNewerVersionsAndReadsOfOthers() {
        bench.commit(1, 100, "a", "x");
        assertThat(bench.done(forwardable(txn, 50), put("a", "1"), staging("a", "a"))
                        .timestamp())
                .isEqualTo(ts(101));
        bench.done(fixed(TxnMeta.NONE, 300), get("b"));
        TxnMeta other = txn(8, "b");
        bench.done(fixed(other, 400), get("b"));
        assertThat(bench.done(forwardable(other, 250), put("b", "1"), staging("b", "b"))
                        .timestamp())
                .as("its own read at 400 does not push it, that of others at 300 does")
                .isEqualTo(ts(301));
    }

    @Test
    void aReaderThatWouldHaveToMoveIsToldSoAndNothingIsWritten() {
        bench.commit(1, 100, "b", "x");
        assertThat(bench.refused(fixed(txn, 50), put("a", "1"), put("b", "1"), staging("a", "a", "b")))
                .isEqualTo(new KvError.Pushed(key("b"), ts(101)));
        assertThat(bench.size(Space.DATA)).isEqualTo(1);
    }

    @Test
    void aCommitSentAgainIsAnsweredAsTheFirstTimeAndChangesNothing() {
        KvOp[] batch = {new KvOp.CompareAndSet(key("a"), null, value("1")), put("b", "2"), staging("a", "a", "b")};
        KvReply.Done first = bench.done(forwardable(txn, 100), batch);
        bench.commit(1, 200, "a", "overwritten");
        bench.done(fixed(txn(2, "b"), 200), put("b", "held by another's intent"));
        Evaluation.Evaluated again = bench.evaluated(forwardable(txn, 100), batch);
        assertThat(again.mutation()).isNull();
        assertThat(((KvReply.Done) again.reply()).results()).isEqualTo(first.results());
        assertThat(((KvReply.Done) again.reply()).timestamp()).isEqualTo(ts(100));
    }

    @Test
    void aCommitBelowTheStartOfItsTransactionIsStillFoundWhenSentAgain() {
        TxnMeta late = new TxnMeta(txn.id(), key("a"), ts(500), 1); // read at 100, began to commit at 500
        bench.done(fixed(late, 100), put("a", "1"), staging("a", "a"));
        bench.commit(1, 200, "a", "overwritten");
        Evaluation.Evaluated again = bench.evaluated(fixed(late, 100), put("a", "1"), staging("a", "a"));
        assertThat(again.mutation()).isNull();
        assertThat(((KvReply.Done) again.reply()).results().get(1))
                .isEqualTo(new KvResult.Ended(TxnStatus.COMMITTED, ts(100)));
    }

    @Test
    void anAbortedTransactionCannotCommit() {
        bench.done(fixed(TxnMeta.NONE, 50), new KvOp.LookupTxn(key("a"), txn.id(), true));
        bench.done(fixed(txn(1, "z"), 60), put("a", "another's intent does not make it wait"));
        assertThat(bench.refused(fixed(txn, 100), put("a", "1"), staging("a", "a")))
                .isInstanceOf(KvError.TxnAborted.class);
    }

    @Test
    void aPendingRecordGivesWayToACommitInOnePhase() {
        bench.done(fixed(txn, 100), new KvOp.HeartbeatTxn(key("a")));
        assertThat(bench.record(txn).status()).isEqualTo(TxnStatus.PENDING);
        bench.done(fixed(txn, 100), put("a", "1"), staging("a", "a"));
        assertThat(bench.hasRecord(txn)).isFalse();
        assertThat(bench.size(Space.INTENT)).isZero();
    }

    @Test
    void aCommitThatDoesNotWriteItsAnchorLeavesARecordAsProof() {
        Value trigger = value("split");
        KvOp end = new KvOp.EndTxn(key("a"), TxnStatus.STAGING, keys("m"), trigger);
        Evaluation.Evaluated evaluated = bench.evaluated(fixed(txn, 100), put("m", "1"), end);
        assertThat(evaluated.trigger()).isEqualTo(trigger.bytes());
        assertThat(bench.record(txn).status()).isEqualTo(TxnStatus.COMMITTED);
        Evaluation.Evaluated again = bench.evaluated(fixed(txn, 100), put("m", "1"), end);
        assertThat(again.mutation()).isNull();
        assertThat(again.trigger()).isEmpty();
        assertThat(((KvReply.Done) again.reply()).results().get(1))
                .isEqualTo(new KvResult.Ended(TxnStatus.COMMITTED, ts(100)));
    }

    @Test
    void readsBesideWritesSeeTheStateBeforeAtTheSameTimestamp() {
        bench.commit(1, 100, "a", "old");
        KvReply.Done done = bench.done(forwardable(txn, 50), get("a"), put("a", "new"), staging("a", "a"));
        assertThat(done.results().get(0)).isEqualTo(new KvResult.Got(value("old"), ts(100)));
        assertThat(done.timestamp()).isEqualTo(ts(101));
    }

    // ---- conditions ------------------------------------------------------------------------------------------------

    @Test
    void aFailedConditionRefusesTheWholeBatchAndProtectsWhatItTold() {
        bench.commit(1, 100, "b", "actual");
        Evaluation.Evaluated evaluated = bench.evaluated(
                forwardable(txn, 50),
                put("a", "1"),
                new KvOp.CompareAndSet(key("b"), value("expected"), null),
                staging("a", "a", "b"));
        assertThat(evaluated.reply())
                .isEqualTo(new KvReply.Refused(new KvError.ConditionFailed(key("b"), value("actual"))));
        assertThat(evaluated.mutation()).isNull();
        assertThat(evaluated.reads()).containsExactly(new Evaluation.Protection(Span.of(key("b")), ts(101), txn.id()));
    }

    @Test
    void aConditionIsCheckedAgainstTheLatestValueAndATombstoneCountsAsAbsent() {
        bench.commit(1, 100, "a", "v");
        bench.done(forwardable(txn(2, "a"), 50), new KvOp.CompareAndSet(key("a"), value("v"), null), staging("a", "a"));
        assertThat(bench.refused(
                        forwardable(txn(3, "a"), 50),
                        new KvOp.CompareAndSet(key("a"), value("v"), value("w")),
                        staging("a", "a")))
                .isEqualTo(new KvError.ConditionFailed(key("a"), null));
        bench.done(forwardable(txn(4, "a"), 50), new KvOp.CompareAndSet(key("a"), null, value("w")), staging("a", "a"));
        assertThat(bench.reader.version(key("a"), Timestamp.MAX))
                .as("above the tombstone at 101 and the failed condition at 102")
                .isEqualTo(new Version(txn(4, "a").id(), ts(103), value("w")));
    }

    // ---- several ranges --------------------------------------------------------------------------------------------

    @Test
    void aShareOfATransactionLaysIntentsAtOneTimestamp() {
        bench.commit(1, 100, "b", "x");
        KvReply.Done done = bench.done(fixed(txn, 50), put("a", "1"), put("b", "2"));
        assertThat(done.timestamp()).isEqualTo(ts(101));
        assertThat(bench.reader.intent(key("a"))).isEqualTo(new Intent(txn, ts(101), value("1")));
        assertThat(bench.reader.intent(key("b"))).isEqualTo(new Intent(txn, ts(101), value("2")));
        assertThat(bench.size(Space.DATA)).isEqualTo(1);
    }

    @Test
    void anotherIntentBlocksAWriteWhereverItStands() {
        bench.done(fixed(txn(1, "b"), 900), put("b", "later"));
        assertThat(bench.blocked(fixed(txn, 50), put("a", "1"), put("b", "2")))
                .isEqualTo(new Evaluation.Blocked(key("b"), txn(1, "b"), ts(900)));
        assertThat(bench.reader.intent(key("a"))).isNull();
    }

    @Test
    void anIntentLaidBeforeStaysWhereItIs() {
        bench.done(fixed(txn, 50), put("a", "1"), put("b", "2"));
        bench.protectedReads.add(
                new Evaluation.Protection(Span.ALL, ts(70), txn(1, "z").id()));
        Evaluation.Evaluated again = bench.evaluated(fixed(txn, 50), put("a", "1"), put("b", "2"));
        assertThat(again.mutation()).isNull();
        assertThat(((KvReply.Done) again.reply()).timestamp()).isEqualTo(ts(50));
    }

    @Test
    void aWriteThatIsResolvedAlreadyIsNotLaidAgain() {
        bench.done(fixed(txn, 50), put("a", "1"));
        bench.done(KvHeader.standalone(1), resolve("a", txn, TxnStatus.COMMITTED, 60));
        bench.commit(1, 100, "a", "later");
        Evaluation.Evaluated again = bench.evaluated(fixed(txn, 50), put("a", "1"));
        assertThat(again.mutation()).isNull();
        assertThat(((KvReply.Done) again.reply()).timestamp()).isEqualTo(ts(60));
    }

    @Test
    void theAnchorsShareStagesTheRecordAtTheHeadersTimestamp() {
        bench.commit(1, 100, "a", "x");
        KvReply.Done done = bench.done(fixed(txn, 50), put("a", "1"), staging("a", "a", "far"));
        assertThat(done.timestamp()).isEqualTo(ts(101));
        assertThat(done.results().get(1)).isEqualTo(new KvResult.Ended(TxnStatus.STAGING, ts(50)));
        assertThat(bench.record(txn))
                .isEqualTo(new TxnRecord(txn, TxnStatus.STAGING, ts(50), bench.now, keys("a", "far")));
        assertThat(bench.reader.intent(key("a"))).isEqualTo(new Intent(txn, ts(101), value("1")));
    }

    @Test
    void aTransactionWithoutReadsStagesWhereItsWritesStand() {
        bench.commit(1, 100, "a", "x");
        KvReply.Done done = bench.done(forwardable(txn, 50), put("a", "1"), staging("a", "a", "far"));
        assertThat(done.results().get(1)).isEqualTo(new KvResult.Ended(TxnStatus.STAGING, ts(101)));
    }

    @Test
    void stagingAfterResolutionIsAnsweredAsCommitted() {
        bench.done(fixed(txn, 50), put("a", "1"), staging("a", "a", "far"));
        bench.done(
                fixed(txn, 50), end(TxnStatus.COMMITTED, "a", "a", "far"), resolve("a", txn, TxnStatus.COMMITTED, 50));
        bench.done(KvHeader.standalone(1), new KvOp.ForgetTxn(key("a"), txn.id()));
        assertThat(bench.hasRecord(txn)).isFalse();
        Evaluation.Evaluated again = bench.evaluated(fixed(txn, 50), put("a", "1"), staging("a", "a", "far"));
        assertThat(again.mutation()).isNull();
        assertThat(((KvReply.Done) again.reply()).results().get(1))
                .isEqualTo(new KvResult.Ended(TxnStatus.COMMITTED, ts(50)));
    }

    @Test
    void aWriteThatRecoveryPreventedMissesItsStagingTimestamp() {
        bench.done(fixed(txn, 50), put("a", "1"), staging("a", "a", "b"));
        assertThat(bench.result(KvHeader.standalone(1), new KvOp.QueryIntent(key("b"), txn.id(), ts(50))))
                .isEqualTo(new KvResult.IntentQueried(false));
        assertThat(bench.done(fixed(txn, 50), put("b", "2")).timestamp()).isEqualTo(ts(51));
    }

    @Test
    void writesWithoutATransactionAreRefused() {
        assertThat(bench.refused(KvHeader.standalone(1), put("a", "1"))).isInstanceOf(KvError.Invalid.class);
        assertThat(bench.refused(fixed(txn, 50), put("a", "1"), end(TxnStatus.COMMITTED, "a", "a")))
                .isInstanceOf(KvError.Invalid.class);
    }
}
