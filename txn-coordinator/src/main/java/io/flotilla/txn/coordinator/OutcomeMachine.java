package io.flotilla.txn.coordinator;

import io.flotilla.config.key.Key;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnRecord;
import io.flotilla.config.txn.TxnStatus;

/** Finds out for a client what became of a transaction; with a fence, brings it to an end. Asks until the deadline. */
public final class OutcomeMachine extends TxnMachine {
    private final TxnId id;
    private final Key anchor;
    private final long deadlineMicros;
    private final OutcomeSearch search;
    private final Pause pause = new Pause();
    private long retryMicros = Long.MAX_VALUE;
    private int awaited;
    private boolean done;

    /** @param deadlineMicros by {@link TxnTime#micros} */
    public OutcomeMachine(TxnId id, Key anchor, boolean fence, long deadlineMicros) {
        this.id = id;
        this.anchor = anchor;
        this.deadlineMicros = deadlineMicros;
        this.search = new OutcomeSearch(id, anchor, fence);
    }

    @Override
    void onStart(TxnTime now) {
        ask(now);
    }

    @Override
    void onReply(TxnTime now, int call, KvReply reply) {
        if (done || call != awaited) {
            return;
        }
        boolean answered = search.accept(reply);
        if (search.isFound()) {
            answer(outcome(search));
        } else if (reply instanceof KvReply.Refused refused
                && (refused.error() instanceof KvError.Invalid || refused.error() instanceof KvError.TooLarge)) {
            answer(new TxnCoordinator.OutcomeFailed(refused.error()));
        } else if (answered) {
            ask(now);
        } else {
            awaited = 0;
            retryMicros = now.micros() + pause.nextMicros();
        }
    }

    @Override
    void onTick(TxnTime now) {
        if (done) {
            return;
        }
        if (now.micros() >= deadlineMicros) {
            answer(new TxnCoordinator.OutcomeFailed(new KvError.OutcomeUnknown(id, anchor)));
        } else if (now.micros() >= retryMicros) {
            ask(now);
        }
    }

    @Override
    public long dueMicros() {
        return done ? Long.MAX_VALUE : Math.min(deadlineMicros, retryMicros);
    }

    @Override
    public boolean isDone() {
        return done;
    }

    private void ask(TxnTime now) {
        retryMicros = Long.MAX_VALUE;
        awaited = send(search.request(now, Math.max(1, deadlineMicros - now.micros())));
    }

    private void answer(TxnCoordinator.OutcomeReply reply) {
        done = true;
        emit(new TxnEffect.AnswerOutcome(reply));
    }

    private static TxnCoordinator.Outcome outcome(OutcomeSearch search) {
        TxnRecord record = search.record();
        if (record == null) {
            return new TxnCoordinator.Outcome(false, TxnStatus.PENDING, Timestamp.ZERO);
        }
        TxnStatus status = record.status() == TxnStatus.STAGING ? TxnStatus.PENDING : record.status();
        return new TxnCoordinator.Outcome(true, status, record.timestamp());
    }
}
