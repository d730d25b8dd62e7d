package io.flotilla.txn.participant;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvHeader;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.settings.TxnSettings;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnStatus;
import io.flotilla.txn.participant.Sequencer.Proceed;
import io.flotilla.txn.participant.Sequencer.Push;
import io.flotilla.txn.participant.Sequencer.Refuse;
import io.flotilla.txn.participant.Sequencer.Resolve;
import java.util.List;
import org.junit.jupiter.api.Test;

class SequencerTest {
    private static final Key A = Key.of("a");
    private static final Key B = Key.of("b");
    private static final Key C = Key.of("c");
    private static final long LATE = 1_000_000_000L;
    private static final long MS = 1_000;
    private static final TxnMeta HOLDER = txn(90, 50);

    private final Sequencer sequencer = new Sequencer(TxnSettings.DEFAULT);

    @Test
    void secondWriterOfAKeyWaitsUntilTheFirstIsApplied() {
        assertThat(admit(1, put(1, 10, A))).containsExactly(new Proceed(1));
        assertThat(sequencer.proposed(0, 1, ts(10))).isEmpty();
        assertThat(admit(2, put(2, 11, A))).isEmpty();
        assertThat(sequencer.waiting()).isEqualTo(1);
        assertThat(sequencer.applied(0, 1)).containsExactly(new Proceed(2));
        assertThat(sequencer.waiting()).isZero();
    }

    @Test
    void writersOfDifferentKeysDoNotWait() {
        propose(1, put(1, 10, A), 10);
        assertThat(admit(2, put(2, 11, B))).containsExactly(new Proceed(2));
    }

    @Test
    void readAboveALatchedWriteWaitsAndReadBelowProceeds() {
        propose(1, put(1, 10, A), 10);
        assertThat(admit(2, get(9, A))).containsExactly(new Proceed(2));
        assertThat(sequencer.finished(0, 2)).isEmpty();
        assertThat(admit(3, get(10, A))).isEmpty();
        assertThat(admit(4, get(0, A))).as("the leaseholder chooses: now").isEmpty();
        assertThat(admit(5, scan(12, A, C))).isEmpty();
        assertThat(admit(6, scan(9, A, C))).containsExactly(new Proceed(6));
        sequencer.finished(0, 6);
        assertThat(sequencer.applied(0, 1)).containsExactly(new Proceed(3), new Proceed(4), new Proceed(5));
    }

    @Test
    void readIsUncertainAboutALatchedWriteAboveItsTimestamp() {
        propose(1, put(1, 10, A), 10);
        assertThat(admit(2, batch(8, 12, TxnMeta.NONE, new KvOp.Get(A)))).isEmpty();
        assertThat(admit(3, batch(8, 9, TxnMeta.NONE, new KvOp.Get(A)))).containsExactly(new Proceed(3));
    }

    @Test
    void queryOfAnIntentWaitsForAnyLatchedWriteOfItsKey() {
        propose(1, put(1, 50, A), 50);
        assertThat(admit(2, batch(5, 0, TxnMeta.NONE, new KvOp.QueryIntent(A, id(1), ts(5)))))
                .isEmpty();
        assertThat(sequencer.applied(0, 1)).containsExactly(new Proceed(2));
    }

    @Test
    void readerThatWaitedForAnEvaluationGoesOnWhenTheWriteTurnsOutToBeAboveIt() {
        propose(1, put(1, 10, A), 10);
        admit(2, put(2, 11, A));
        assertThat(sequencer.applied(0, 1)).containsExactly(new Proceed(2));
        assertThat(admit(3, get(15, A))).as("2 may write anywhere").isEmpty();
        assertThat(sequencer.proposed(0, 2, ts(20))).containsExactly(new Proceed(3));
    }

    @Test
    void laterWriterDoesNotOvertakeAnEarlierWaitingOne() {
        propose(1, put(1, 10, A), 10);
        assertThat(admit(2, batch(11, 0, txn(2, 2), write(A), write(B)))).isEmpty();
        assertThat(admit(3, put(3, 12, B))).as("2 waits for b too").isEmpty();
        assertThat(sequencer.applied(0, 1)).containsExactly(new Proceed(2));
        sequencer.proposed(0, 2, ts(11));
        assertThat(sequencer.applied(0, 2)).containsExactly(new Proceed(3));
    }

    @Test
    void writersDoNotStarveAWaitingScan() {
        propose(1, put(1, 10, A), 10);
        assertThat(admit(2, scan(0, A, C))).isEmpty();
        assertThat(admit(3, put(3, 12, B))).isEmpty();
        assertThat(sequencer.applied(0, 1)).containsExactly(new Proceed(2));
        assertThat(sequencer.finished(0, 2)).containsExactly(new Proceed(3));
    }

    @Test
    void waitersOfOneKeyGoOnOneByOneInOrderOfArrival() {
        propose(1, put(1, 10, A), 10);
        for (long ticket = 2; ticket <= 5; ticket++) {
            assertThat(admit(ticket, put(ticket, 10 + ticket, A))).isEmpty();
        }
        for (long ticket = 2; ticket <= 5; ticket++) {
            assertThat(sequencer.applied(0, ticket - 1)).containsExactly(new Proceed(ticket));
            sequencer.proposed(0, ticket, ts(10 + ticket));
        }
    }

    @Test
    void writerThatChangedNothingLetsTheNextGoOn() {
        propose(1, put(1, 10, A), 10);
        admit(2, put(2, 11, A));
        admit(3, put(3, 12, A));
        sequencer.applied(0, 1);
        assertThat(sequencer.finished(0, 2)).containsExactly(new Proceed(3));
    }

    @Test
    void operationsOnOneRecordWaitForEachOther() {
        KvOp end = new KvOp.EndTxn(A, TxnStatus.STAGING, List.of(A), Value.EMPTY);
        propose(1, batch(10, 0, HOLDER, write(A), end), 10);
        assertThat(admit(2, batch(11, 0, txn(2, 2), new KvOp.PushTxn(A, HOLDER, false))))
                .isEmpty();
        assertThat(admit(3, batch(11, 0, TxnMeta.NONE, new KvOp.LookupTxn(A, HOLDER.id(), true))))
                .isEmpty();
        assertThat(admit(4, batch(11, 0, txn(2, 2), new KvOp.PushTxn(A, txn(91, 3), false))))
                .as("another record at the same anchor")
                .containsExactly(new Proceed(4));
        sequencer.finished(0, 4);
        assertThat(sequencer.applied(0, 1)).containsExactly(new Proceed(2));
        assertThat(sequencer.finished(0, 2)).containsExactly(new Proceed(3));
    }

    @Test
    void blockedRequestPushesAfterTheDelayThenResolvesThenGoesOn() {
        admit(1, put(1, 10, A));
        assertThat(sequencer.blocked(0, 1, A, HOLDER)).isEmpty();
        assertThat(sequencer.tick(9 * MS)).isEmpty();
        assertThat(sequencer.tick(10 * MS)).containsExactly(new Push(txn(1, 1), HOLDER));
        assertThat(sequencer.tick(50 * MS)).as("one push at a time").isEmpty();
        assertThat(sequencer.resolved(60 * MS, HOLDER, TxnStatus.COMMITTED, ts(7)))
                .containsExactly(new Resolve(List.of(A), HOLDER.id(), TxnStatus.COMMITTED, ts(7)));
        assertThat(sequencer.released(61 * MS, List.of(A))).containsExactly(new Proceed(1));
        assertThat(sequencer.waiting()).isZero();
    }

    @Test
    void liveHolderIsPushedAgainAfterABoundedBackOff() {
        admit(1, put(1, 10, A));
        sequencer.blocked(0, 1, A, HOLDER);
        long now = 10 * MS;
        for (long pause : new long[] {20, 40, 80, 100, 100}) {
            assertThat(sequencer.tick(now)).containsExactly(new Push(txn(1, 1), HOLDER));
            assertThat(sequencer.resolved(now, HOLDER, TxnStatus.PENDING, ts(0)))
                    .isEmpty();
            assertThat(sequencer.tick(now + pause * MS - 1)).isEmpty();
            now += pause * MS;
        }
    }

    @Test
    void highestRankedWaiterPushesForAll() {
        admit(1, batch(10, 0, txn(1, 30), write(A)));
        sequencer.blocked(0, 1, A, HOLDER);
        admit(2, batch(10, 0, txn(2, 20), write(B)));
        sequencer.blocked(0, 2, B, HOLDER);
        admit(3, get(0, C));
        sequencer.blocked(0, 3, C, HOLDER);
        assertThat(sequencer.tick(10 * MS)).containsExactly(new Push(txn(2, 20), HOLDER));
        assertThat(sequencer.resolved(11 * MS, HOLDER, TxnStatus.ABORTED, ts(0)))
                .containsExactly(new Resolve(List.of(A, B, C), HOLDER.id(), TxnStatus.ABORTED, ts(0)));
    }

    @Test
    void knownFateIsNotAskedForAgain() {
        admit(1, put(1, 10, A));
        sequencer.blocked(0, 1, A, HOLDER);
        sequencer.tick(10 * MS);
        sequencer.resolved(11 * MS, HOLDER, TxnStatus.ABORTED, ts(0));
        sequencer.released(12 * MS, List.of(A));
        assertThat(sequencer.blocked(12 * MS, 1, B, HOLDER))
                .containsExactly(new Resolve(List.of(B), HOLDER.id(), TxnStatus.ABORTED, ts(0)));
        admit(2, put(2, 11, B));
        assertThat(sequencer.blocked(13 * MS, 2, B, HOLDER)).as("on its way").isEmpty();
        assertThat(sequencer.tick(700 * MS))
                .as("lost on its way")
                .containsExactly(new Resolve(List.of(B), HOLDER.id(), TxnStatus.ABORTED, ts(0)));
    }

    @Test
    void releasedReadersGoOnTogetherAndWritersOneByOneBeforeLaterArrivals() {
        admit(1, put(1, 10, A));
        sequencer.blocked(0, 1, A, HOLDER);
        admit(2, get(0, A));
        sequencer.blocked(0, 2, A, HOLDER);
        admit(3, put(3, 10, A));
        sequencer.blocked(0, 3, A, HOLDER);
        admit(4, get(0, A));
        sequencer.blocked(0, 4, A, HOLDER);
        assertThat(sequencer.released(MS, List.of(A))).containsExactly(new Proceed(1));
        assertThat(admit(5, put(5, 10, A))).isEmpty();
        sequencer.proposed(MS, 1, ts(20));
        assertThat(sequencer.applied(MS, 1)).containsExactly(new Proceed(2), new Proceed(4));
        assertThat(sequencer.finished(MS, 2)).isEmpty();
        assertThat(sequencer.finished(MS, 4)).containsExactly(new Proceed(3));
        sequencer.proposed(MS, 3, ts(21));
        assertThat(sequencer.applied(MS, 3)).containsExactly(new Proceed(5));
    }

    @Test
    void blockedWriterLetsOthersUseItsOtherKeys() {
        propose(1, put(1, 10, A), 10);
        admit(2, batch(11, 0, txn(2, 2), write(A), write(B)));
        admit(3, put(3, 12, B));
        sequencer.applied(0, 1);
        assertThat(sequencer.blocked(0, 2, A, HOLDER)).containsExactly(new Proceed(3));
    }

    @Test
    void deadlinesTellWhatWasWaitedFor() {
        propose(1, put(1, 10, A), 10);
        sequencer.admit(0, 2, put(2, 11, A), 5 * MS);
        sequencer.admit(0, 3, put(3, 11, A), LATE);
        sequencer.admit(0, 4, put(4, 11, B), 6 * MS);
        sequencer.blocked(0, 4, B, HOLDER);
        assertThat(sequencer.tick(5 * MS - 1)).isEmpty();
        assertThat(sequencer.tick(6 * MS))
                .containsExactly(
                        new Refuse(2, new KvError.DeadlineExceeded("LATCH_WAIT", false)),
                        new Refuse(4, new KvError.LockTimeout(B, HOLDER)));
        assertThat(sequencer.waiting()).isEqualTo(1);
        assertThat(sequencer.applied(7 * MS, 1)).containsExactly(new Proceed(3));
        assertThat(sequencer.tick(20 * MS))
                .as("nobody waits for the holder any more")
                .isEmpty();
    }

    @Test
    void refusedWaiterLetsThoseBehindItGoOn() {
        propose(1, put(1, 10, A), 10);
        sequencer.admit(0, 2, batch(11, 0, txn(2, 2), write(A), write(B)), 5 * MS);
        sequencer.admit(0, 3, put(3, 11, B), LATE);
        assertThat(sequencer.tick(5 * MS))
                .containsExactly(new Refuse(2, new KvError.DeadlineExceeded("LATCH_WAIT", false)), new Proceed(3));
    }

    @Test
    void clearForgetsEverythingAndNamesWhoWaitedOrWasLatched() {
        propose(1, put(1, 10, A), 10);
        admit(2, put(2, 11, A));
        admit(3, put(3, 11, B));
        sequencer.blocked(0, 3, B, HOLDER);
        admit(4, get(5, C));
        assertThat(sequencer.clear()).containsExactly(1L, 2L, 3L);
        assertThat(sequencer.waiting()).isZero();
        assertThat(sequencer.applied(0, 1)).isEmpty();
        assertThat(sequencer.tick(LATE * 2)).isEmpty();
        assertThat(admit(5, put(5, 11, A))).containsExactly(new Proceed(5));
    }

    @Test
    void requestThatEvaluatesWhileOthersArriveHoldsItsKeys() {
        assertThat(admit(1, put(1, 10, A))).containsExactly(new Proceed(1));
        assertThat(admit(2, put(2, 11, A))).isEmpty();
        assertThat(admit(3, put(3, 11, B))).containsExactly(new Proceed(3));
        assertThat(sequencer.finished(0, 3)).isEmpty();
        assertThat(sequencer.finished(0, 1)).containsExactly(new Proceed(2));
    }

    // ---- words -------------------------------------------------------------------------------------------------

    private List<Sequencer.Effect> admit(long ticket, KvBatch batch) {
        return sequencer.admit(0, ticket, batch, LATE);
    }

    private void propose(long ticket, KvBatch batch, long at) {
        assertThat(admit(ticket, batch)).containsExactly(new Proceed(ticket));
        assertThat(sequencer.proposed(0, ticket, ts(at))).isEmpty();
    }

    private static KvBatch put(long txn, long at, Key key) {
        return batch(at, 0, txn(txn, txn), write(key));
    }

    private static KvOp write(Key key) {
        return new KvOp.Put(key, Value.of("v"));
    }

    private static KvBatch get(long at, Key key) {
        return batch(at, 0, TxnMeta.NONE, new KvOp.Get(key));
    }

    private static KvBatch scan(long at, Key from, Key to) {
        return batch(at, 0, TxnMeta.NONE, new KvOp.Scan(new Span(from, to), 10, 1000));
    }

    private static KvBatch batch(long at, long uncertaintyLimit, TxnMeta txn, KvOp... ops) {
        return new KvBatch(new KvHeader(ts(at), ts(uncertaintyLimit), List.of(), txn, false, 1_000_000), List.of(ops));
    }

    private static TxnMeta txn(long id, long priority) {
        return new TxnMeta(id(id), A, ts(1), priority);
    }

    private static TxnId id(long id) {
        return new TxnId(0, id);
    }

    private static Timestamp ts(long packed) {
        return new Timestamp(packed);
    }
}
