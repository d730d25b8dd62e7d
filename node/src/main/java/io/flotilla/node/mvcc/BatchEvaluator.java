package io.flotilla.node.mvcc;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Span;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.settings.TxnSettings;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.node.storage.Engine;
import io.flotilla.txn.record.RecordMachine;

/**
 * Evaluates batches at the leaseholder. Stateless; safe for use by any thread that owns the range.
 *
 * <p>Nothing is written and nothing is remembered: what comes back is a reply with what must happen before it may leave. The caller sees to it
 * that no mutation of the same keys is on its way through the log meanwhile (latches), and that the lease is held.
 *
 * <p>Errors: a batch that cannot be meant is refused as {@code Invalid}; state that contradicts the protocol throws {@link
 * io.flotilla.config.lang.Invariant.Violation}; bytes of an unknown format throw {@link IllegalArgumentException}.
 */
public final class BatchEvaluator {
    private final RecordMachine machine;

    /**
     * What evaluation may look at besides the engine.
     *
     * @param keys what is known of single keys without looking at the engine
     * @param now a reading of the hybrid clock, taken when evaluation starts
     * @param oldest what was overwritten before may be gone
     * @param since where this node's lease began: what is not above it may have been written by another node's clock
     */
    public record Context(
            Engine engine,
            KeyCache.View keys,
            NodeId node,
            Timestamp now,
            ReadFloor floor,
            Timestamp oldest,
            Timestamp since) {}

    /** The timestamp cache: writes must go above what it says. */
    @FunctionalInterface
    public interface ReadFloor {
        /** The latest timestamp at which anyone but {@code txn} has read in {@code span}. */
        Timestamp latestRead(Span span, TxnId txn);
    }

    public BatchEvaluator(TxnSettings settings) {
        this.machine = new RecordMachine(settings);
    }

    public Evaluation evaluate(Context context, KvBatch batch) {
        Work work = new Work(context, batch);
        Evaluation tooOld = Age.refusal(work);
        if (tooOld != null) {
            return tooOld;
        }
        if (Reads.areAll(batch.ops())) {
            Evaluation stop = new Reads(work).evaluate();
            return stop != null ? stop : work.done();
        }
        return new WriteBatch(work, machine).evaluate();
    }
}
