package io.flotilla.node.mvcc;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Span;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.settings.TxnSettings;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.node.storage.Engine;

/** Evaluates batches at the leaseholder. Stateless; safe for use by any thread that owns the range. */
public final class BatchEvaluator {
    /**
     * What evaluation may look at besides the engine.
     *
     * @param now a reading of the hybrid clock, taken when evaluation starts
     */
    public record Context(Engine engine, NodeId node, Timestamp now, ReadFloor floor) {}

    /** The timestamp cache: writes must go above what it says. */
    @FunctionalInterface
    public interface ReadFloor {
        /** The latest timestamp at which anyone but {@code txn} has read in {@code span}. */
        Timestamp latestRead(Span span, TxnId txn);
    }

    public BatchEvaluator(TxnSettings settings) {
        throw new UnsupportedOperationException("not built yet");
    }

    public Evaluation evaluate(Context context, KvBatch batch) {
        throw new UnsupportedOperationException("not built yet");
    }
}
