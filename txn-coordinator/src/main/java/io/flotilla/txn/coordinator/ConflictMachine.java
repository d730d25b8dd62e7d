package io.flotilla.txn.coordinator;

import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvHeader;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.settings.TxnLimits;
import io.flotilla.config.settings.TxnSettings;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnRecord;
import io.flotilla.config.txn.TxnStatus;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Resolves one conflict: pushes the holder, and recovers it if it is STAGING and either expired or outranked. Tries once; whatever cannot be
 * found out now is reported as PENDING, and the caller asks again later.
 */
public final class ConflictMachine extends TxnMachine {
    private final TxnSettings settings;
    private final TxnMeta pusher;
    private final TxnMeta holder;
    private @Nullable OutcomeSearch recovery;
    private int awaited;
    private boolean done;

    public ConflictMachine(TxnSettings settings, TxnMeta pusher, TxnMeta holder) {
        this.settings = settings;
        this.pusher = pusher;
        this.holder = holder;
    }

    @Override
    void onStart(TxnTime now) {
        KvHeader header = new KvHeader(now.clock(), Timestamp.ZERO, List.of(), pusher, true, timeoutMicros());
        awaited = send(new KvBatch(header, List.of(new KvOp.PushTxn(holder.anchor(), holder, false))));
    }

    @Override
    void onReply(TxnTime now, int call, KvReply reply) {
        if (call != awaited || done) {
            return;
        }
        OutcomeSearch search = recovery;
        if (search != null) {
            boolean answered = search.accept(reply);
            TxnRecord record = search.record();
            if (search.isFound() && record != null) {
                report(record.status(), record.timestamp());
            } else if (answered && record != null && record.status() == TxnStatus.STAGING) {
                awaited = send(search.request(now, timeoutMicros()));
            } else {
                report(TxnStatus.PENDING, Timestamp.ZERO);
            }
            return;
        }
        TxnRecord record =
                reply instanceof KvReply.Done reached && reached.results().get(0) instanceof KvResult.Record result
                        ? result.record()
                        : null;
        if (record == null) {
            report(TxnStatus.PENDING, Timestamp.ZERO);
        } else if (record.status() == TxnStatus.STAGING && mayRecover(now, record)) {
            search = OutcomeSearch.recovering(record);
            recovery = search;
            awaited = send(search.request(now, timeoutMicros()));
        } else {
            report(record.status(), record.timestamp());
        }
    }

    @Override
    void onTick(TxnTime now) {
        // Each batch has a time limit of its own.
    }

    @Override
    public long dueMicros() {
        return Long.MAX_VALUE;
    }

    @Override
    public boolean isDone() {
        return done;
    }

    private boolean mayRecover(TxnTime now, TxnRecord record) {
        boolean expired =
                record.heartbeat().plusMicros(settings.expiryMillis() * 1_000).isBefore(now.clock());
        return expired || pusher.isPresent() && pusher.outranks(holder);
    }

    private void report(TxnStatus status, Timestamp timestamp) {
        done = true;
        emit(new TxnEffect.AnswerResolution(new ConflictResolver.Resolution(holder, status, timestamp)));
    }

    private static long timeoutMicros() {
        return TxnLimits.BACKGROUND_MILLIS * 1_000;
    }
}
