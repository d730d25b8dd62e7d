package io.flotilla.txn.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.key.Key;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.settings.TxnSettings;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnStatus;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConflictMachineTest {
    private static final Key A = Key.of("a");
    private static final Key B = Key.of("b");
    private static final Timestamp NOW = Script.time(1_000).clock();
    private static final TxnMeta HOLDER = new TxnMeta(new TxnId(0, 1), A, NOW, 100);
    private static final TxnMeta OLDER = new TxnMeta(new TxnId(0, 2), B, NOW, 50);
    private static final TxnMeta YOUNGER = new TxnMeta(new TxnId(0, 3), B, NOW, 150);

    @Test
    void asksTheHoldersRecordInTheNameOfThePusher() {
        Script script = script(OLDER);
        assertThat(script.only(KvOp.PushTxn.class)).isEqualTo(new KvOp.PushTxn(A, HOLDER, false));
        assertThat(script.pending().header().txn()).isEqualTo(OLDER);
        script.record(HOLDER, TxnStatus.ABORTED, NOW);
        assertResolved(script, TxnStatus.ABORTED, NOW);
    }

    @Test
    void liveHolderIsReportedAsItIs() {
        assertResolved(script(YOUNGER).record(HOLDER, TxnStatus.PENDING, NOW), TxnStatus.PENDING, NOW);
        assertResolved(script(YOUNGER).record(HOLDER, TxnStatus.STAGING, NOW, A, B), TxnStatus.STAGING, NOW);
        assertResolved(script(TxnMeta.NONE).record(HOLDER, TxnStatus.STAGING, NOW, A, B), TxnStatus.STAGING, NOW);
    }

    @Test
    void outrankedStagingHolderIsRecovered() {
        Script script = script(OLDER).record(HOLDER, TxnStatus.STAGING, NOW, A, B);
        assertThat(script.pending().ops())
                .containsExactly(new KvOp.QueryIntent(A, HOLDER.id(), NOW), new KvOp.QueryIntent(B, HOLDER.id(), NOW));
        script.done(NOW, new KvResult.IntentQueried(true), new KvResult.IntentQueried(false));
        assertThat(script.only(KvOp.RecoverTxn.class)).isEqualTo(new KvOp.RecoverTxn(A, HOLDER.id(), NOW, false));
        script.record(HOLDER, TxnStatus.ABORTED, NOW);
        assertResolved(script, TxnStatus.ABORTED, NOW);
    }

    @Test
    void expiredStagingHolderIsRecoveredByAnyone() {
        Script script = script(TxnMeta.NONE);
        script.micros += 5_000_001;
        script.record(HOLDER, TxnStatus.STAGING, NOW, A).done(NOW, new KvResult.IntentQueried(true));
        assertThat(script.only(KvOp.RecoverTxn.class).allPresent()).isTrue();
        script.record(HOLDER, TxnStatus.COMMITTED, NOW);
        assertResolved(script, TxnStatus.COMMITTED, NOW);
    }

    @Test
    void troubleIsReportedAsPending() {
        assertResolved(script(OLDER).refuse(Script.LOST), TxnStatus.PENDING, Timestamp.ZERO);
        Script query = script(OLDER).record(HOLDER, TxnStatus.STAGING, NOW, A).refuse(Script.LOST);
        assertResolved(query, TxnStatus.PENDING, Timestamp.ZERO);
        Script recover = script(OLDER)
                .record(HOLDER, TxnStatus.STAGING, NOW, A)
                .done(NOW, new KvResult.IntentQueried(true))
                .refuse(Script.LOST);
        assertResolved(recover, TxnStatus.PENDING, Timestamp.ZERO);
    }

    @Test
    void outcomeWithoutFenceTellsWhatIsThere() {
        Script none = new Script(new OutcomeMachine(HOLDER.id(), A, false, 1_000_000));
        none.done(NOW, new KvResult.Record(null));
        assertThat(none.answers)
                .isEqualTo(List.of(new TxnEffect.AnswerOutcome(
                        new TxnCoordinator.Outcome(false, TxnStatus.PENDING, Timestamp.ZERO))));
        Script staging = new Script(new OutcomeMachine(HOLDER.id(), A, false, 1_000_000));
        staging.record(HOLDER, TxnStatus.STAGING, NOW, A);
        assertThat(staging.answers)
                .isEqualTo(
                        List.of(new TxnEffect.AnswerOutcome(new TxnCoordinator.Outcome(true, TxnStatus.PENDING, NOW))));
    }

    @Test
    void outcomeWithFenceAbortsAPendingTransaction() {
        Script script = new Script(new OutcomeMachine(HOLDER.id(), A, true, 1_000_000));
        script.record(HOLDER, TxnStatus.PENDING, NOW);
        assertThat(script.only(KvOp.PushTxn.class)).isEqualTo(new KvOp.PushTxn(A, HOLDER, true));
        script.record(HOLDER, TxnStatus.ABORTED, NOW);
        assertThat(script.answers)
                .isEqualTo(
                        List.of(new TxnEffect.AnswerOutcome(new TxnCoordinator.Outcome(true, TxnStatus.ABORTED, NOW))));
    }

    @Test
    void outcomeIsAskedForAgainUntilTheDeadline() {
        Script script = new Script(new OutcomeMachine(HOLDER.id(), A, true, 1_000_000));
        int asked = 0;
        while (script.answers.isEmpty()) {
            if (!script.isIdle()) {
                script.refuse(Script.REFUSED);
                asked++;
            }
            script.pass(10_000);
        }
        assertThat(asked).isGreaterThan(3);
        assertThat(script.micros).isBetween(1_000_000L, 1_010_000L);
        assertThat(script.answers)
                .isEqualTo(List.of(new TxnEffect.AnswerOutcome(
                        new TxnCoordinator.OutcomeFailed(new KvError.OutcomeUnknown(HOLDER.id(), A)))));
    }

    private static Script script(TxnMeta pusher) {
        return new Script(new ConflictMachine(TxnSettings.DEFAULT, pusher, HOLDER));
    }

    private static void assertResolved(Script script, TxnStatus status, Timestamp at) {
        assertThat(script.isIdle()).isTrue();
        assertThat(script.answers)
                .isEqualTo(
                        List.of(new TxnEffect.AnswerResolution(new ConflictResolver.Resolution(HOLDER, status, at))));
    }
}
