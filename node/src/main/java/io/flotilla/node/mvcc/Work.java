package io.flotilla.node.mvcc;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvHeader;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.kv.Observed;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.node.mvcc.Evaluation.Evaluated;
import io.flotilla.node.mvcc.Evaluation.Protection;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One batch under evaluation: what is given, and what has come of it so far. Not thread-safe. */
final class Work {
    private static final byte[] NOTHING = new byte[0];

    final BatchEvaluator.Context context;
    final KvHeader header;
    final List<KvOp> ops;
    final MvccReader reader;

    /** Who asks; {@link TxnId#NONE} outside a transaction. */
    final TxnId own;

    /** The header's timestamp, or the leaseholder's choice. */
    final Timestamp base;

    /** Where the batch was evaluated so far; only moves up. */
    Timestamp at;

    private final KvResult[] results;
    private @Nullable MutationWriter writes;
    private List<Key> released = List.of();
    private List<Protection> protections = List.of();
    private byte[] trigger = NOTHING;

    Work(BatchEvaluator.Context context, KvBatch batch) {
        this.context = context;
        this.header = batch.header();
        this.ops = batch.ops();
        this.reader = new MvccReader(context.engine(), context.keys());
        this.own = header.txn().id();
        this.base = header.timestamp().isSet() ? header.timestamp() : context.now();
        this.at = base;
        this.results = new KvResult[ops.size()];
    }

    /** Whether the timestamp may be moved up without asking. */
    boolean mayMove() {
        return header.forwardable() || !header.timestamp().isSet();
    }

    /**
     * This transaction's own versions lie at or above this. It may have read, and so commit, at a timestamp below the start of its commit.
     */
    Timestamp ownVersionsFrom() {
        Timestamp started = header.txn().started();
        return header.timestamp().isSet() ? started.min(header.timestamp()) : started;
    }

    void result(int index, KvResult result) {
        results[index] = result;
    }

    MutationWriter writes() {
        if (writes == null) {
            writes = new MutationWriter();
        }
        return writes;
    }

    void released(Key key) {
        if (released.isEmpty()) {
            released = new ArrayList<>();
        }
        released.add(key);
    }

    void trigger(byte[] bytes) {
        trigger = bytes;
    }

    void protect(Span span, Timestamp timestamp, TxnId txn) {
        if (protections.isEmpty()) {
            protections = new ArrayList<>(ops.size());
        }
        protections.add(new Protection(span, timestamp, txn));
    }

    void forgetProtections() {
        protections = List.of();
    }

    Evaluation done() {
        byte[] mutation = writes == null || writes.isEmpty() ? null : writes.toBytes();
        KvReply reply = new KvReply.Done(List.of(results), at, List.of(new Observed(context.node(), context.now())));
        return new Evaluated(reply, mutation, trigger, released, protections);
    }

    /** The whole batch is refused; nothing is written. */
    static Evaluation refused(KvError error) {
        return refused(error, List.of());
    }

    /** As above, but the refusal tells something about the data that must stay true. */
    static Evaluation refused(KvError error, List<Protection> told) {
        return new Evaluated(new KvReply.Refused(error), null, NOTHING, List.of(), told);
    }
}
