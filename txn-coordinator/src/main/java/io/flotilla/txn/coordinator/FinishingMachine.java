package io.flotilla.txn.coordinator;

import io.flotilla.config.key.Key;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvHeader;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.settings.TxnLimits;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnRecord;
import io.flotilla.config.txn.TxnStatus;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes away a COMMITTED record that its coordinator left behind: resolves every intent that it names, as the coordinator would have, and only when each of
 * them is known to be gone drops it. While one cannot be reached the record stays, and is found again.
 */
public final class FinishingMachine extends TxnMachine {
    private final CleanUp cleanUp;
    private long retryMicros = Long.MAX_VALUE;
    private int awaited;

    /** @param record COMMITTED, and so old that nobody may ask for its transaction's outcome any more */
    public FinishingMachine(TxnRecord record) {
        if (record.status() != TxnStatus.COMMITTED) {
            throw new IllegalArgumentException("only what committed is finished like that: " + record);
        }
        TxnMeta meta = record.meta();
        List<CleanUp.Step> steps = new ArrayList<>(2);
        List<KvOp> resolutions = new ArrayList<>(record.inFlight().size());
        for (Key key : record.inFlight()) {
            resolutions.add(new KvOp.ResolveIntent(key, meta.id(), TxnStatus.COMMITTED, record.timestamp()));
        }
        if (!resolutions.isEmpty()) {
            steps.add(CleanUp.Step.now(resolutions));
        }
        steps.add(CleanUp.Step.now(List.of(new KvOp.ForgetTxn(meta.anchor(), meta.id()))));
        this.cleanUp = new CleanUp(steps);
    }

    @Override
    void onStart(TxnTime now) {
        goOn(now);
    }

    @Override
    void onReply(TxnTime now, int call, KvReply reply) {
        if (call != awaited) {
            return;
        }
        awaited = 0;
        if (reply instanceof KvReply.Done) {
            cleanUp.succeeded();
            goOn(now);
        } else {
            long waitMicros = cleanUp.failedMicros();
            retryMicros = cleanUp.isDone() ? Long.MAX_VALUE : now.micros() + waitMicros;
        }
    }

    @Override
    void onTick(TxnTime now) {
        goOn(now);
    }

    @Override
    public long dueMicros() {
        return retryMicros;
    }

    @Override
    public boolean isDone() {
        return cleanUp.isDone();
    }

    private void goOn(TxnTime now) {
        retryMicros = Long.MAX_VALUE;
        if (!cleanUp.isDone()) {
            KvHeader header = new KvHeader(
                    now.clock(), Timestamp.ZERO, List.of(), TxnMeta.NONE, true, TxnLimits.BACKGROUND_MILLIS * 1_000);
            awaited = send(new KvBatch(header, cleanUp.current().ops()));
        }
    }
}
