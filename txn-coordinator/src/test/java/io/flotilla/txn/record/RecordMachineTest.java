package io.flotilla.txn.record;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvHeader;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.settings.TxnSettings;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnRecord;
import io.flotilla.config.txn.TxnStatus;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RecordMachineTest {
    private static final TxnSettings SETTINGS = new TxnSettings(1_000, 5_000, 10, 60_000);
    private static final Key ANCHOR = Key.of("a");
    private static final List<Key> WRITES = List.of(ANCHOR, Key.of("b"));
    private static final Timestamp START = millis(10_000);
    private static final TxnMeta TXN = new TxnMeta(new TxnId(5, 5), ANCHOR, START, 500);
    private static final TxnMeta OLDER = new TxnMeta(new TxnId(4, 4), Key.of("z"), START, 400);
    private static final TxnMeta YOUNGER = new TxnMeta(new TxnId(6, 6), Key.of("z"), START, 600);

    private final RecordMachine machine = new RecordMachine(SETTINGS);
    private Timestamp now = START.plusMicros(1_000);
    private Timestamp committedAt = Timestamp.ZERO;
    private Timestamp oldest = Timestamp.ZERO;

    private static Timestamp millis(long millis) {
        return Timestamp.ofMicros(Timestamp.EPOCH_MICROS + millis * 1_000);
    }

    private static TxnRecord record(TxnStatus status) {
        return new TxnRecord(TXN, status, START, START, status == TxnStatus.PENDING ? List.of() : WRITES);
    }

    private static KvOp.EndTxn end(TxnStatus status) {
        return new KvOp.EndTxn(ANCHOR, status, WRITES, Value.EMPTY);
    }

    private RecordMachine.Situation situation(TxnMeta txn, boolean forwardable, Timestamp at, Timestamp writtenAt) {
        KvHeader header = new KvHeader(at, Timestamp.ZERO, List.of(), txn, forwardable, 1);
        return new RecordMachine.Situation(header, at, writtenAt, now, oldest, id -> committedAt);
    }

    private Decision decide(@Nullable TxnRecord record, KvOp.RecordOp op, TxnMeta by) {
        return machine.decide(record, op, situation(by, false, START, START));
    }

    private static TxnRecord written(Decision decision) {
        assertThat(decision).isInstanceOf(Decision.Write.class);
        return ((Decision.Write) decision).record();
    }

    private static Decision left(@Nullable TxnRecord record) {
        return new Decision.Leave(new KvResult.Record(record));
    }

    private static Decision leftEnded(TxnStatus status, Timestamp at) {
        return new Decision.Leave(new KvResult.Ended(status, at));
    }

    // ---- ending ----------------------------------------------------------------------------------------------------

    @Test
    void stagingWritesTheRecordAtTheHeadersTimestampUnlessItMayMove() {
        Timestamp pushed = START.plusMicros(7);
        for (TxnRecord before : new TxnRecord[] {null, record(TxnStatus.PENDING), record(TxnStatus.STAGING)}) {
            Decision fixed = machine.decide(before, end(TxnStatus.STAGING), situation(TXN, false, START, pushed));
            assertThat(fixed)
                    .isEqualTo(new Decision.Write(
                            new TxnRecord(TXN, TxnStatus.STAGING, START, now, WRITES),
                            new KvResult.Ended(TxnStatus.STAGING, START),
                            false));
            Decision moved = machine.decide(before, end(TxnStatus.STAGING), situation(TXN, true, START, pushed));
            assertThat(written(moved).timestamp()).isEqualTo(pushed);
        }
    }

    @Test
    void anOldCopyOfAStagingRequestChangesNothing() {
        TxnRecord later = record(TxnStatus.STAGING).with(TxnStatus.STAGING, START.next());
        assertThat(decide(later, end(TxnStatus.STAGING), TXN)).isEqualTo(leftEnded(TxnStatus.STAGING, START.next()));
    }

    @Test
    void aFinalRecordAnswersEveryEnd() {
        for (TxnStatus wish : List.of(TxnStatus.STAGING, TxnStatus.COMMITTED, TxnStatus.ABORTED)) {
            assertThat(decide(record(TxnStatus.COMMITTED), end(wish), TXN))
                    .isEqualTo(leftEnded(TxnStatus.COMMITTED, START));
            Decision aborted = decide(record(TxnStatus.ABORTED), end(wish), TXN);
            if (wish == TxnStatus.ABORTED) {
                assertThat(aborted).isEqualTo(leftEnded(TxnStatus.ABORTED, START));
            } else {
                assertThat(((Decision.Refuse) aborted).error()).isInstanceOf(KvError.TxnAborted.class);
            }
        }
    }

    @Test
    void aForgottenCommitAnswersEveryEnd() {
        committedAt = START.next();
        for (TxnStatus wish : List.of(TxnStatus.STAGING, TxnStatus.COMMITTED, TxnStatus.ABORTED)) {
            assertThat(decide(null, end(wish), TXN)).isEqualTo(leftEnded(TxnStatus.COMMITTED, START.next()));
        }
    }

    @Test
    void whoComesSoLateThatAnAbortedRecordMayBeGoneIsTooOldToCommit() {
        oldest = START.next();
        for (TxnStatus wish : List.of(TxnStatus.STAGING, TxnStatus.COMMITTED)) {
            Decision late = decide(null, end(wish), TXN);
            assertThat(((Decision.Refuse) late).error()).isEqualTo(new KvError.TooOld(ANCHOR, oldest, true));
            assertThat(written(decide(record(TxnStatus.STAGING), end(wish), TXN))
                            .status())
                    .as("what is there is no doubt")
                    .isEqualTo(wish);
        }
        assertThat(written(decide(null, end(TxnStatus.ABORTED), TXN)).status()).isEqualTo(TxnStatus.ABORTED);
        committedAt = START;
        assertThat(decide(null, end(TxnStatus.COMMITTED), TXN)).isEqualTo(leftEnded(TxnStatus.COMMITTED, START));
    }

    @Test
    void committingWritesTheFinalRecordAndFiresTheTrigger() {
        for (TxnRecord before : new TxnRecord[] {null, record(TxnStatus.PENDING), record(TxnStatus.STAGING)}) {
            Timestamp at = START.plusMicros(9);
            Decision decision = machine.decide(before, end(TxnStatus.COMMITTED), situation(TXN, false, at, at));
            assertThat(decision)
                    .isEqualTo(new Decision.Write(
                            new TxnRecord(TXN, TxnStatus.COMMITTED, at, now, WRITES),
                            new KvResult.Ended(TxnStatus.COMMITTED, at),
                            true));
        }
    }

    @Test
    void abortingWritesTheFenceWithTheTimeForItsSweep() {
        for (TxnRecord before : new TxnRecord[] {null, record(TxnStatus.PENDING), record(TxnStatus.STAGING)}) {
            Decision decision = decide(before, end(TxnStatus.ABORTED), TXN);
            assertThat(written(decision)).isEqualTo(new TxnRecord(TXN, TxnStatus.ABORTED, START, now, WRITES));
            assertThat(((Decision.Write) decision).commits()).isFalse();
        }
    }

    @Test
    void aCommitInOnePhaseDropsAPendingRecordOrLeavesAFinalOneInPlaceOfTheProof() {
        KvResult ended = new KvResult.Ended(TxnStatus.COMMITTED, START);
        RecordMachine.Situation s = situation(TXN, true, START, START);
        assertThat(machine.commitAtOnce(record(TxnStatus.PENDING), end(TxnStatus.STAGING), s, true))
                .isEqualTo(new Decision.Erase(ended, true));
        assertThat(written(machine.commitAtOnce(null, end(TxnStatus.STAGING), s, false)))
                .isEqualTo(new TxnRecord(TXN, TxnStatus.COMMITTED, START, now, WRITES));
        assertThat(machine.commitAtOnce(record(TxnStatus.ABORTED), end(TxnStatus.STAGING), s, true))
                .isInstanceOf(Decision.Refuse.class);
    }

    // ---- heartbeats ------------------------------------------------------------------------------------------------

    @Test
    void aHeartbeatMakesAPendingRecordAndKeepsALiveOneYoung() {
        KvOp.HeartbeatTxn heartbeat = new KvOp.HeartbeatTxn(ANCHOR);
        assertThat(written(decide(null, heartbeat, TXN)))
                .isEqualTo(new TxnRecord(TXN, TxnStatus.PENDING, START, now, List.of()));
        assertThat(written(decide(record(TxnStatus.STAGING), heartbeat, TXN)))
                .isEqualTo(new TxnRecord(TXN, TxnStatus.STAGING, START, now, WRITES));
        for (TxnStatus last : List.of(TxnStatus.COMMITTED, TxnStatus.ABORTED)) {
            assertThat(decide(record(last), heartbeat, TXN)).isEqualTo(left(record(last)));
        }
        committedAt = START;
        assertThat(decide(null, heartbeat, TXN))
                .isEqualTo(left(new TxnRecord(TXN, TxnStatus.COMMITTED, START, START, List.of())));
    }

    // ---- pushes ----------------------------------------------------------------------------------------------------

    @Test
    void aPushAbortsWhatIsPendingOrUnknownOnlyIfItWins() {
        TxnRecord unknown = new TxnRecord(TXN, TxnStatus.PENDING, START, START, List.of());
        for (TxnRecord before : new TxnRecord[] {null, record(TxnStatus.PENDING)}) {
            KvOp.PushTxn push = new KvOp.PushTxn(ANCHOR, TXN, false);
            assertThat(decide(before, push, YOUNGER)).isEqualTo(left(unknown));
            assertThat(decide(before, push, TxnMeta.NONE)).isEqualTo(left(unknown));
            TxnRecord fence = new TxnRecord(TXN, TxnStatus.ABORTED, START, now, List.of());
            assertThat(written(decide(before, push, OLDER))).isEqualTo(fence);
            assertThat(written(decide(before, new KvOp.PushTxn(ANCHOR, TXN, true), YOUNGER)))
                    .isEqualTo(fence);
        }
    }

    @Test
    void aPushAbortsOnlyAfterTheExpiryHasPassedInFull() {
        KvOp.PushTxn push = new KvOp.PushTxn(ANCHOR, TXN, false);
        for (TxnRecord before : new TxnRecord[] {null, record(TxnStatus.PENDING)}) {
            now = START.plusMicros(5_000_000);
            assertThat(decide(before, push, YOUNGER)).isInstanceOf(Decision.Leave.class);
            now = START.plusMicros(5_000_001);
            assertThat(written(decide(before, push, YOUNGER)).status()).isEqualTo(TxnStatus.ABORTED);
        }
    }

    @Test
    void aPushNeverTouchesAStagingOrFinalRecord() {
        now = START.plusMicros(3_600_000_000L);
        for (TxnStatus status : List.of(TxnStatus.STAGING, TxnStatus.COMMITTED, TxnStatus.ABORTED)) {
            assertThat(decide(record(status), new KvOp.PushTxn(ANCHOR, TXN, true), OLDER))
                    .isEqualTo(left(record(status)));
        }
    }

    @Test
    void aPushNeverAbortsWhatHasCommitted() {
        committedAt = START.next();
        TxnRecord committed = new TxnRecord(TXN, TxnStatus.COMMITTED, START.next(), START.next(), List.of());
        for (TxnRecord before : new TxnRecord[] {null, record(TxnStatus.PENDING)}) {
            assertThat(decide(before, new KvOp.PushTxn(ANCHOR, TXN, true), OLDER))
                    .isEqualTo(left(committed));
        }
    }

    // ---- look-ups, recovery, forgetting ----------------------------------------------------------------------------

    @Test
    void aLookUpFencesOnlyWhatLeftNoTrace() {
        KvOp.LookupTxn look = new KvOp.LookupTxn(ANCHOR, TXN.id(), false);
        KvOp.LookupTxn fence = new KvOp.LookupTxn(ANCHOR, TXN.id(), true);
        assertThat(decide(null, look, TxnMeta.NONE)).isEqualTo(left(null));
        TxnRecord fenced = written(decide(null, fence, TxnMeta.NONE));
        assertThat(fenced.status()).isEqualTo(TxnStatus.ABORTED);
        assertThat(fenced.meta().id()).isEqualTo(TXN.id());
        assertThat(fenced.heartbeat()).isEqualTo(now);
        for (TxnStatus status : TxnStatus.values()) {
            assertThat(decide(record(status), fence, TxnMeta.NONE)).isEqualTo(left(record(status)));
        }
        committedAt = START;
        for (KvOp.LookupTxn op : List.of(look, fence)) {
            TxnMeta whoever = new TxnMeta(TXN.id(), ANCHOR, now, Long.MAX_VALUE);
            assertThat(decide(null, op, TxnMeta.NONE))
                    .isEqualTo(left(new TxnRecord(whoever, TxnStatus.COMMITTED, START, START, List.of())));
        }
    }

    @Test
    void aFenceEndsAnAbandonedPendingTransaction() {
        now = START.plusMicros(5_000_001);
        assertThat(written(decide(record(TxnStatus.PENDING), new KvOp.LookupTxn(ANCHOR, TXN.id(), true), TXN))
                        .status())
                .isEqualTo(TxnStatus.ABORTED);
        assertThat(decide(record(TxnStatus.STAGING), new KvOp.LookupTxn(ANCHOR, TXN.id(), true), TXN))
                .isEqualTo(left(record(TxnStatus.STAGING)));
    }

    @Test
    void aRecoveryDecidesOnlyTheStagedRecordItSaw() {
        TxnRecord staged = record(TxnStatus.STAGING);
        KvOp.RecoverTxn present = new KvOp.RecoverTxn(ANCHOR, TXN.id(), START, true);
        KvOp.RecoverTxn missing = new KvOp.RecoverTxn(ANCHOR, TXN.id(), START, false);
        assertThat(written(decide(staged, present, TxnMeta.NONE))).isEqualTo(staged.with(TxnStatus.COMMITTED, START));
        assertThat(written(decide(staged, missing, TxnMeta.NONE)))
                .isEqualTo(new TxnRecord(TXN, TxnStatus.ABORTED, START, now, WRITES));
        TxnRecord restaged = staged.with(TxnStatus.STAGING, START.next());
        for (TxnRecord other : new TxnRecord[] {
            restaged, record(TxnStatus.PENDING), record(TxnStatus.COMMITTED), record(TxnStatus.ABORTED)
        }) {
            assertThat(decide(other, missing, TxnMeta.NONE)).isEqualTo(left(other));
            assertThat(decide(other, present, TxnMeta.NONE)).isEqualTo(left(other));
        }
        assertThat(decide(null, missing, TxnMeta.NONE)).isEqualTo(left(null));
    }

    @Test
    void forgettingDropsWhatIsResolvedAndLeavesFencesToTheCoordinator() {
        KvOp.ForgetTxn forget = new KvOp.ForgetTxn(ANCHOR, TXN.id());
        Decision dropped = new Decision.Erase(KvResult.Acknowledged.INSTANCE, false);
        Decision kept = new Decision.Leave(KvResult.Acknowledged.INSTANCE);
        assertThat(decide(record(TxnStatus.STAGING), forget, TxnMeta.NONE)).isEqualTo(kept);
        assertThat(decide(record(TxnStatus.STAGING), forget, TXN)).isEqualTo(kept);
        assertThat(decide(record(TxnStatus.COMMITTED), forget, OLDER)).isEqualTo(dropped);
        assertThat(decide(record(TxnStatus.COMMITTED), forget, TxnMeta.NONE)).isEqualTo(dropped);
        assertThat(decide(record(TxnStatus.ABORTED), forget, TxnMeta.NONE)).isEqualTo(kept);
        assertThat(decide(record(TxnStatus.PENDING), forget, OLDER)).isEqualTo(kept);
        assertThat(decide(record(TxnStatus.ABORTED), forget, TXN)).isEqualTo(dropped);
        assertThat(decide(null, forget, TXN)).isEqualTo(kept);
    }
}
