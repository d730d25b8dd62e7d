package io.flotilla.txn.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.settings.TxnLimits;
import io.flotilla.config.settings.TxnSettings;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnRecord;
import io.flotilla.config.txn.TxnStatus;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CommitMachineTest {
    private static final TxnId ID = new TxnId(1, 2);
    private static final Key A = Key.of("a");
    private static final Key B = Key.of("b");
    private static final KvResult ACK = KvResult.Acknowledged.INSTANCE;
    private static final Timestamp START = Script.time(1_000).clock();
    private static final Timestamp LATER = START.plusMicros(7);
    private static final long TIMEOUT = 4_000_000;

    // ---- the good ways -----------------------------------------------------------------------------------------

    @Test
    void commitOnOneRangeIsOneBatch() {
        Script script = script(false, A, B);
        assertThat(script.pending().header().forwardable()).isTrue();
        assertThat(script.pending().header().timestamp()).isEqualTo(START);
        assertThat(script.pending().ops())
                .last()
                .isEqualTo(new KvOp.EndTxn(A, TxnStatus.STAGING, List.of(A, B), Value.EMPTY));
        script.done(LATER, ACK, ACK, ended(TxnStatus.COMMITTED, LATER));
        assertThat(script.committedAt()).isEqualTo(LATER);
        assertThat(script.isIdle()).isTrue();
    }

    @Test
    void parallelCommitIsAnsweredAtOnceAndMadeExplicitBeforeAnyIntentGoes() {
        Script script = script(true, A, B);
        assertThat(script.pending().header().forwardable()).isFalse();
        script.pass(5).done(START, ACK, ACK, ended(TxnStatus.STAGING, START));
        assertThat(script.committedAt()).isEqualTo(START);
        assertThat(script.pending().ops())
                .containsExactly(
                        new KvOp.EndTxn(A, TxnStatus.COMMITTED, List.of(A, B), Value.EMPTY),
                        new KvOp.ResolveIntent(A, ID, TxnStatus.COMMITTED, START));
        assertThat(script.pending().header().timestamp())
                .as("the record gets the batch's")
                .isEqualTo(START);
        assertThat(script.pending().header().forwardable()).isFalse();
        script.done(START, ended(TxnStatus.COMMITTED, START), ACK);
        assertThat(script.only(KvOp.ResolveIntent.class))
                .isEqualTo(new KvOp.ResolveIntent(B, ID, TxnStatus.COMMITTED, START));
        assertThat(script.forgotten).isEmpty();
        script.acknowledge();
        assertThat(script.forgotten).containsExactly(new KvOp.ForgetTxn(A, ID));
        assertThat(script.isIdle()).isTrue();
    }

    @Test
    void recordThatCannotBeMadeExplicitKeepsAllIntents() {
        Script script = script(false, A, B).done(START, ACK, ACK, ended(TxnStatus.STAGING, START));
        while (!script.isIdle()) {
            assertThat(script.pending().ops())
                    .as("the record first")
                    .first()
                    .isEqualTo(new KvOp.EndTxn(A, TxnStatus.COMMITTED, List.of(A, B), Value.EMPTY));
            script.refuse(Script.REFUSED).pass(1_000_000);
        }
        assertThat(script.forgotten).isEmpty();
    }

    @Test
    void explicitCommitKeepsItsRecordUntilTheOtherIntentsAreGone() {
        Script script = pushed(false).done(LATER, ended(TxnStatus.COMMITTED, LATER));
        assertThat(script.only(KvOp.ResolveIntent.class))
                .isEqualTo(new KvOp.ResolveIntent(B, ID, TxnStatus.COMMITTED, LATER));
        script.acknowledge();
        assertThat(script.pending().ops())
                .containsExactly(new KvOp.ResolveIntent(A, ID, TxnStatus.COMMITTED, LATER), new KvOp.ForgetTxn(A, ID));
        script.acknowledge();
        assertThat(script.isIdle()).isTrue();
    }

    @Test
    void pushedCommitRefreshesItsReadsAndEndsExplicitly() {
        Script script = pushed(true);
        assertThat(script.answers).isEmpty();
        assertThat(script.only(KvOp.Refresh.class)).isEqualTo(new KvOp.Refresh(Span.of(Key.of("r")), START));
        assertThat(script.pending().header().timestamp()).isEqualTo(LATER);
        script.acknowledge();
        assertThat(script.only(KvOp.EndTxn.class).status()).isEqualTo(TxnStatus.COMMITTED);
        assertThat(script.pending().header().timestamp()).isEqualTo(LATER);
        script.done(LATER, ended(TxnStatus.COMMITTED, LATER));
        assertThat(script.committedAt()).isEqualTo(LATER);
    }

    @Test
    void pushedCommitWithoutReadsEndsAtOnce() {
        Script script = pushed(false);
        assertThat(script.only(KvOp.EndTxn.class).status()).isEqualTo(TxnStatus.COMMITTED);
    }

    @Test
    void pushedOnePhaseCommitRefreshesAndTriesAgainAbove() {
        Script script = script(true, A);
        script.refuse(new KvError.Pushed(A, LATER));
        script.only(KvOp.Refresh.class);
        script.acknowledge();
        assertThat(script.pending().header().timestamp()).isEqualTo(LATER);
        assertThat(script.pending().ops()).hasSize(2);
        script.refuse(new KvError.Pushed(A, LATER.next()));
        assertThat(script.only(KvOp.Refresh.class).from())
                .as("valid up to there")
                .isEqualTo(LATER);
    }

    @Test
    void onePhaseAttemptsAreBounded() {
        Script script = script(true, A);
        Timestamp to = START;
        for (int i = 1; i < TxnLimits.ONE_PHASE_ATTEMPTS_MAX; i++) {
            to = to.next();
            script.refuse(new KvError.Pushed(A, to)).acknowledge();
        }
        script.refuse(new KvError.Pushed(A, to.next()));
        assertThat(script.failure()).isInstanceOf(KvError.Pushed.class);
    }

    @Test
    void commitWithTriggerLaysIntentsFirstAndKeepsItsRecord() {
        Script script = new Script(new CommitMachine(
                TxnSettings.DEFAULT, request(Key.of("0"), false, Value.of("split"), A, B), Script.time(1_000)));
        assertThat(script.pending().ops()).hasSize(2).allMatch(op -> op instanceof KvOp.DataWrite);
        script.done(LATER, ACK, ACK);
        KvOp.EndTxn end = script.only(KvOp.EndTxn.class);
        assertThat(end).isEqualTo(new KvOp.EndTxn(Key.of("0"), TxnStatus.COMMITTED, List.of(A, B), Value.of("split")));
        script.done(LATER, ended(TxnStatus.COMMITTED, LATER));
        assertThat(script.committedAt()).isEqualTo(LATER);
        assertThat(script.pending().ops()).hasSize(2).allMatch(op -> op instanceof KvOp.ResolveIntent);
        script.acknowledge();
        assertThat(script.isIdle()).isTrue();
    }

    @Test
    void pushedCommitWithTriggerRefreshesWhatItReadBeforeItEnds() {
        Script script = new Script(new CommitMachine(
                TxnSettings.DEFAULT, request(Key.of("0"), true, Value.of("change"), A), Script.time(1_000)));
        script.done(LATER, ACK);
        assertThat(script.only(KvOp.Refresh.class)).isEqualTo(new KvOp.Refresh(Span.of(Key.of("r")), START));
        KvError changed = new KvError.RefreshFailed(Key.of("r"));
        script.refuse(changed);
        assertThat(script.failure()).isEqualTo(changed);
    }

    // ---- failures ----------------------------------------------------------------------------------------------

    @Test
    void refusedPartFailsTheCommitAndEveryKeyIsCleanedUp() {
        KvError error = new KvError.ConditionFailed(B, null);
        Script script = script(false, A, B).refuse(error);
        assertThat(script.failure()).isEqualTo(error);
        assertAborts(script, true);
    }

    @Test
    void refusedSingleKeyLeavesNothingToCleanUp() {
        Script script = script(false, A).refuse(new KvError.ConditionFailed(A, null));
        assertThat(script.failure()).isInstanceOf(KvError.ConditionFailed.class);
        assertThat(script.isIdle()).isTrue();
    }

    @Test
    void abortedByOthersLeavesOnlyIntents() {
        Script script = script(false, A, B).refuse(new KvError.TxnAborted(ID, "pushed"));
        assertThat(script.failure()).isInstanceOf(KvError.TxnAborted.class);
        assertAborts(script, false);
    }

    @Test
    void failedRefreshAborts() {
        Script script = pushed(true).refuse(new KvError.RefreshFailed(Key.of("r")));
        assertThat(script.failure()).isEqualTo(new KvError.RefreshFailed(Key.of("r")));
        assertAborts(script, true);
    }

    @Test
    void lostRefreshIsNotAmbiguous() {
        Script script = pushed(true).refuse(Script.LOST);
        assertThat(script.failure().provenNotExecuted()).isTrue();
        assertAborts(script, true);
    }

    @Test
    void lostReplyIsFoundOutWithAFence() {
        Script script = script(false, A, B).refuse(Script.LOST);
        assertThat(script.answers).isEmpty();
        assertThat(script.only(KvOp.LookupTxn.class)).isEqualTo(new KvOp.LookupTxn(A, ID, true));
        script.record(meta(), TxnStatus.COMMITTED, LATER);
        assertThat(script.committedAt()).isEqualTo(LATER);
        assertThat(script.only(KvOp.ResolveIntent.class).key()).isEqualTo(B);
    }

    @Test
    void lostReplyOfACommitThatNeverArrivedIsAFailureForCertain() {
        Script script = script(false, A, B).refuse(Script.LOST).record(meta(), TxnStatus.ABORTED, START);
        assertThat(script.failure()).isInstanceOf(KvError.TxnAborted.class);
        assertAborts(script, false);
    }

    @Test
    void lostReplyWithAStagingRecordIsRecovered() {
        Script script = script(false, A, B).refuse(Script.LOST).record(meta(), TxnStatus.STAGING, START, A, B);
        assertThat(script.pending().ops())
                .containsExactly(new KvOp.QueryIntent(A, ID, START), new KvOp.QueryIntent(B, ID, START));
        script.done(START, new KvResult.IntentQueried(true), new KvResult.IntentQueried(true));
        assertThat(script.only(KvOp.RecoverTxn.class)).isEqualTo(new KvOp.RecoverTxn(A, ID, START, true));
        script.record(meta(), TxnStatus.COMMITTED, START, A, B);
        assertThat(script.committedAt()).isEqualTo(START);
    }

    @Test
    void outcomeThatCannotBeFoundOutIsUnknownAtTheDeadline() {
        Script script = script(false, A).refuse(Script.LOST);
        for (int i = 0; i < 100 && script.answers.isEmpty(); i++) {
            if (!script.isIdle()) {
                script.refuse(Script.REFUSED);
            }
            script.pass(100_000);
        }
        assertThat(script.failure()).isEqualTo(new KvError.OutcomeUnknown(ID, A));
        assertThat(script.micros).isBetween(1_000 + TIMEOUT, 1_000 + TIMEOUT + 100_000);
    }

    @Test
    void explicitEndIsRepeatedUntilItIsAnswered() {
        Script script = pushed(false).refuse(Script.LOST);
        assertThat(script.answers).isEmpty();
        script.pass(10_000);
        assertThat(script.only(KvOp.EndTxn.class).status()).isEqualTo(TxnStatus.COMMITTED);
        script.done(LATER, ended(TxnStatus.COMMITTED, LATER));
        assertThat(script.committedAt()).isEqualTo(LATER);
    }

    @Test
    void explicitEndOfATransactionThatOthersAbortedFails() {
        Script script = pushed(false).refuse(new KvError.TxnAborted(ID, "recovered"));
        assertThat(script.failure()).isInstanceOf(KvError.TxnAborted.class);
        assertAborts(script, false);
    }

    @Test
    void explicitEndThatNeverGotThroughIsAFailureForCertainAtTheDeadline() {
        Script script = pushed(false);
        script.refuse(new KvError.Unavailable("UNREACHABLE", A, "", false));
        script.micros += TIMEOUT;
        script.pass(0);
        assertThat(script.failure()).isEqualTo(new KvError.DeadlineExceeded("COMMIT", false));
    }

    /** It was asked again and again, and if that was so just when the time was up, nobody knew what became of it: a split without a quorum. */
    @Test
    void explicitEndThatARangeWithoutAQuorumRefusedIsAFailureForCertainAtOnce() {
        Script script = new Script(new CommitMachine(
                TxnSettings.DEFAULT, request(Key.of("0"), false, Value.of("split"), A, B), Script.time(1_000)));
        script.done(START, ACK, ACK);
        script.refuse(Script.REFUSED);
        script.pass(10_000);
        script.micros += TIMEOUT;
        script.pass(0);
        assertThat(script.failure()).isEqualTo(Script.REFUSED);
        assertThat(script.pending().ops()).contains(new KvOp.ResolveIntent(A, ID, TxnStatus.ABORTED, Timestamp.ZERO));
    }

    @Test
    void explicitEndThatMayHaveGotThroughBeforeTheQuorumWasLostIsAskedOn() {
        Script script = pushed(false).refuse(Script.LOST).pass(10_000).refuse(Script.REFUSED);
        assertThat(script.answers).isEmpty();
        script.micros += TIMEOUT;
        script.pass(0);
        assertThat(script.failure()).isInstanceOf(KvError.OutcomeUnknown.class);
    }

    @Test
    void explicitEndThatMayHaveGotThroughIsUnknownAtTheDeadline() {
        Script script = pushed(false).refuse(Script.LOST);
        script.micros += TIMEOUT;
        script.pass(0);
        assertThat(script.failure()).isInstanceOf(KvError.OutcomeUnknown.class);
    }

    @Test
    void lostLayingIsAFailureForCertainBecauseNothingEndedIt() {
        Script script = new Script(new CommitMachine(
                TxnSettings.DEFAULT, request(Key.of("0"), false, Value.of("split"), A, B), Script.time(1_000)));
        script.refuse(Script.LOST);
        assertThat(script.failure().provenNotExecuted()).isTrue();
        assertThat(script.pending().ops()).hasSize(3);
    }

    @Test
    void cleanUpIsTriedAFewTimesThenLeftToOthers() {
        Script script = script(false, A, B).done(START, ACK, ACK, ended(TxnStatus.STAGING, START));
        int attempts = 0;
        for (; !script.isIdle(); attempts++) {
            script.refuse(Script.REFUSED).pass(1_000_000);
        }
        assertThat(attempts).isEqualTo(TxnLimits.CLEANUP_ATTEMPTS_MAX);
        assertThat(script.answers).hasSize(1);
    }

    // ---- time --------------------------------------------------------------------------------------------------

    @Test
    void unfinishedCommitBeatsAndHearsThatItWasAborted() {
        CommitMachine machine =
                new CommitMachine(TxnSettings.DEFAULT, request(A, false, Value.EMPTY, A, B), Script.time(1_000));
        TxnEffect.Send stage =
                (TxnEffect.Send) machine.start(Script.time(1_000)).get(0);
        TxnTime later = Script.time(1_001_000);
        TxnEffect.Send beat = (TxnEffect.Send) machine.tick(later).get(0);
        assertThat(beat.batch().ops()).containsExactly(new KvOp.HeartbeatTxn(A));
        assertThat(machine.tick(later)).isEmpty();
        var aborted = new TxnRecord(meta(), TxnStatus.ABORTED, START, START, List.of());
        List<TxnEffect> effects = machine.reply(
                later, beat.call(), new KvReply.Done(List.of(new KvResult.Record(aborted)), START, List.of()));
        assertThat(effects).singleElement().isInstanceOf(TxnEffect.AnswerCommit.class);
        effects = machine.reply(later, stage.call(), new KvReply.Refused(new KvError.TxnAborted(ID, "pushed")));
        assertThat(effects)
                .as("cleans up, does not answer again")
                .singleElement()
                .isInstanceOf(TxnEffect.Send.class);
    }

    @Test
    void overdueReplyIsFoundOutInsteadOfAwaited() {
        CommitMachine machine =
                new CommitMachine(TxnSettings.DEFAULT, request(A, false, Value.EMPTY, A), Script.time(1_000));
        machine.start(Script.time(1_000));
        List<TxnEffect> effects = machine.tick(Script.time(1_000 + TIMEOUT * 15 / 16));
        assertThat(((TxnEffect.Send) effects.get(0)).batch().ops()).containsExactly(new KvOp.LookupTxn(A, ID, true));
    }

    @Test
    void priorityOfTheFirstAttemptIsKept() {
        Script first = script(false, A);
        assertThat(first.pending().header().txn().priority()).isEqualTo(START.packed());
        Script again = new Script(new CommitMachine(
                TxnSettings.DEFAULT,
                new TxnCoordinator.CommitRequest(
                        ID, A, Timestamp.ZERO, List.of(new KvOp.Delete(A)), List.of(), 42, Value.EMPTY, TIMEOUT),
                Script.time(1_000)));
        assertThat(again.pending().header().txn().priority()).isEqualTo(42);
    }

    // ---- words -------------------------------------------------------------------------------------------------

    private static Script script(boolean reads, Key... keys) {
        return new Script(
                new CommitMachine(TxnSettings.DEFAULT, request(keys[0], reads, Value.EMPTY, keys), Script.time(1_000)));
    }

    /** All writes are laid, one of them above the STAGING record. */
    private static Script pushed(boolean reads) {
        return script(reads, A, B).done(LATER, ACK, ACK, ended(TxnStatus.STAGING, START));
    }

    private static TxnCoordinator.CommitRequest request(Key anchor, boolean reads, Value trigger, Key... keys) {
        List<KvOp.DataWrite> writes = new ArrayList<>();
        for (Key key : keys) {
            writes.add(new KvOp.Put(key, Value.of("v")));
        }
        return new TxnCoordinator.CommitRequest(
                ID,
                anchor,
                reads ? START : Timestamp.ZERO,
                writes,
                reads ? List.of(Span.of(Key.of("r"))) : List.of(),
                0,
                trigger,
                TIMEOUT);
    }

    private static void assertAborts(Script script, boolean endsRecord) {
        List<KvOp> ops = new ArrayList<>();
        if (endsRecord) {
            ops.add(new KvOp.EndTxn(A, TxnStatus.ABORTED, List.of(A, B), Value.EMPTY));
        }
        ops.add(new KvOp.ResolveIntent(A, ID, TxnStatus.ABORTED, Timestamp.ZERO));
        ops.add(new KvOp.ResolveIntent(B, ID, TxnStatus.ABORTED, Timestamp.ZERO));
        assertThat(script.pending().ops()).containsExactlyElementsOf(ops);
        script.acknowledge();
        assertThat(script.isIdle()).isTrue();
    }

    private static KvResult ended(TxnStatus status, Timestamp at) {
        return new KvResult.Ended(status, at);
    }

    private static TxnMeta meta() {
        return new TxnMeta(ID, A, START, START.packed());
    }
}
