package io.flotilla.node.mvcc;

import static io.flotilla.node.mvcc.Bench.key;
import static io.flotilla.node.mvcc.Bench.ts;
import static io.flotilla.node.mvcc.Bench.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.key.Span;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvHeader;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnStatus;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What would have to see what a sweep may have taken away is refused, and not answered wrongly. */
class AgeTest {
    private final Bench bench = new Bench();

    @BeforeEach
    void sweptUpToOneHundred() {
        bench.oldest = ts(100);
    }

    @Test
    void aReadBelowTheThresholdIsTooOld() {
        assertThat(refusal(Bench.fixed(TxnMeta.NONE, 99), new KvOp.Get(key("a"))))
                .isEqualTo(new KvError.TooOld(key("a"), ts(100), false));
        assertThat(bench.look(Bench.fixed(TxnMeta.NONE, 100), new KvOp.Get(key("a"))))
                .isInstanceOfSatisfying(
                        Evaluation.Evaluated.class,
                        answer -> assertThat(answer.reply()).isInstanceOf(KvReply.Done.class));
    }

    @Test
    void aReadAtTheLeaseholdersOwnTimeIsNever() {
        assertThat(bench.look(KvHeader.standalone(1_000_000), new KvOp.Get(key("a"))))
                .isInstanceOfSatisfying(
                        Evaluation.Evaluated.class,
                        answer -> assertThat(answer.reply()).isInstanceOf(KvReply.Done.class));
    }

    /** A deletion in between may be gone without a trace. */
    @Test
    void aRefreshFromBelowTheThresholdIsTooOld() {
        KvOp refresh = new KvOp.Refresh(Span.of(key("a")), ts(99));
        assertThat(refusal(Bench.fixed(TxnMeta.NONE, 150), refresh)).isInstanceOf(KvError.TooOld.class);
    }

    /** Its first copy may have been executed, overwritten and swept away: it must not be executed again. */
    @Test
    void aLateCopyOfACommitIsTooOldAndPerhapsExecuted() {
        KvError error = refusal(
                Bench.forwardable(started(99), 150),
                new KvOp.Put(key("a"), value("again")),
                new KvOp.EndTxn(key("a"), TxnStatus.STAGING, List.of(key("a")), Value.EMPTY));
        assertThat(error).isEqualTo(new KvError.TooOld(key("a"), ts(100), true));
        assertThat(error.provenNotExecuted()).isFalse();
    }

    @Test
    void whatOnlyUndoesOrEndsIsNeverTooOld() {
        KvOp resolve = new KvOp.ResolveIntent(key("a"), new TxnId(1, 1), TxnStatus.ABORTED, Timestamp.ZERO);
        assertThat(bench.look(Bench.forwardable(started(50), 60), resolve))
                .isInstanceOfSatisfying(
                        Evaluation.Evaluated.class,
                        answer -> assertThat(answer.reply()).isInstanceOf(KvReply.Done.class));
    }

    /**
     * Its record was made COMMITTED before it became a version, so the answer decides nothing; but the same answer lets a transaction be aborted that never
     * wrote here, however late it is asked.
     */
    @Test
    void whetherATransactionWroteIsAnsweredHoweverLateItIsAsked() {
        bench.oldest = Timestamp.ZERO;
        bench.commit(1, 50, "a", "one");
        bench.commit(2, 90, "a", "two");
        VersionSweep look = new VersionSweep(bench.engine, Span.ALL, ts(100));
        bench.apply(new Mutation.Sweep(ts(100), 1, look.step()));
        KvOp query = new KvOp.QueryIntent(key("a"), new TxnId(1, 1), ts(50));
        assertThat(bench.look(KvHeader.standalone(1_000_000), query))
                .isInstanceOfSatisfying(
                        Evaluation.Evaluated.class,
                        answer -> assertThat(((KvReply.Done) answer.reply()).results())
                                .containsExactly(new KvResult.IntentQueried(false)));
    }

    private static TxnMeta started(long at) {
        return new TxnMeta(new TxnId(9, 9), key("a"), ts(at), 9);
    }

    private KvError refusal(KvHeader header, KvOp... ops) {
        Evaluation.Evaluated evaluated = (Evaluation.Evaluated) bench.look(header, ops);
        assertThat(evaluated.mutation()).isNull();
        return ((KvReply.Refused) evaluated.reply()).error();
    }
}
