package io.flotilla.txn.participant;

import io.flotilla.config.key.Key;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnMeta;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A request on its way through the sequencer. */
final class Request {
    enum State {
        /** Told to proceed; the outcome of its evaluation is not known. */
        EVALUATING,
        /** In the log, not applied. */
        LATCHED,
        WAITING_FOR_LATCH,
        WAITING_FOR_LOCK,
        GONE
    }

    static final Comparator<Request> BY_ARRIVAL = (a, b) -> Long.compare(a.sequence, b.sequence);

    static final Comparator<Request> BY_DEADLINE = (a, b) -> {
        int byDeadline = Long.compare(a.deadlineMicros, b.deadlineMicros);
        return byDeadline != 0 ? byDeadline : Long.compare(a.sequence, b.sequence);
    };

    final long ticket;

    /** Order of arrival; kept over waits, so nobody who came later stays ahead. */
    final long sequence;

    final KvBatch batch;
    final long deadlineMicros;
    State state = State.EVALUATING;

    /** Where it writes; meaningful while LATCHED. */
    Timestamp writesAt = Timestamp.ZERO;

    /** The intent it waits for; null unless WAITING_FOR_LOCK. */
    @Nullable
    Key lockKey;

    private @Nullable RequestSpans spans;

    Request(long ticket, long sequence, KvBatch batch, long deadlineMicros) {
        this.ticket = ticket;
        this.sequence = sequence;
        this.batch = batch;
        this.deadlineMicros = deadlineMicros;
    }

    RequestSpans spans() {
        RequestSpans known = spans;
        if (known == null) {
            known = RequestSpans.of(batch);
            spans = known;
        }
        return known;
    }

    TxnMeta txn() {
        return batch.header().txn();
    }

    boolean isWaiting() {
        return state == State.WAITING_FOR_LATCH || state == State.WAITING_FOR_LOCK;
    }

    /** Its reads must see writes up to here. */
    Timestamp readLimit() {
        return spans().readsLatest()
                ? Timestamp.MAX
                : batch.header().timestamp().max(batch.header().uncertaintyLimit());
    }

    /** Whether any of its ranged reads covers {@code key}. */
    boolean scans(Key key) {
        for (var span : spans().ranges()) {
            if (span.contains(key)) {
                return true;
            }
        }
        return false;
    }

    /** Puts {@code request} into a list that is kept in order of arrival; nearly always at its end. */
    static void insert(List<Request> list, Request request) {
        int at = list.size();
        while (at > 0 && list.get(at - 1).sequence > request.sequence) {
            at--;
        }
        if (at == 0 || list.get(at - 1) != request) {
            list.add(at, request);
        }
    }
}
