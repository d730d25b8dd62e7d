package io.flotilla.txn.coordinator;

import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvHeader;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.settings.TxnLimits;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnMeta;
import java.util.ArrayList;
import java.util.List;

/**
 * Drops the records of many committed transactions with one batch, so that one entry in a range's log does for all of them. Nobody waits for it: what a lost one
 * leaves is a record that says what is true.
 */
public final class ForgettingMachine extends TxnMachine {
    private final List<KvOp> ops = new ArrayList<>();
    private final Pause pause = new Pause();
    private long dueMicros = Long.MAX_VALUE;
    private int awaited;
    private boolean sent;
    private boolean done;

    /** @return false if it is full, or on its way: nothing was taken in */
    public boolean add(KvOp.ForgetTxn op) {
        if (sent || ops.size() >= TxnLimits.FORGOTTEN_AT_ONCE_MAX) {
            return false;
        }
        ops.add(op);
        if (ops.size() >= TxnLimits.FORGOTTEN_AT_ONCE_MAX) {
            dueMicros = 0;
        }
        return true;
    }

    @Override
    void onStart(TxnTime now) {
        dueMicros = now.micros() + TxnLimits.FORGETTING_DELAY_MILLIS * 1_000;
    }

    @Override
    void onReply(TxnTime now, int call, KvReply reply) {
        if (call != awaited || done) {
            return;
        }
        awaited = 0;
        if (reply instanceof KvReply.Done || pause.attempts() >= TxnLimits.CLEANUP_ATTEMPTS_MAX) {
            done = true;
        } else {
            dueMicros = now.micros() + pause.nextMicros();
        }
    }

    @Override
    void onTick(TxnTime now) {
        sent = true;
        dueMicros = Long.MAX_VALUE;
        KvHeader header = new KvHeader(
                now.clock(), Timestamp.ZERO, List.of(), TxnMeta.NONE, true, TxnLimits.BACKGROUND_MILLIS * 1_000);
        awaited = send(new KvBatch(header, List.copyOf(ops)));
    }

    @Override
    public long dueMicros() {
        return dueMicros;
    }

    @Override
    public boolean isDone() {
        return done;
    }
}
