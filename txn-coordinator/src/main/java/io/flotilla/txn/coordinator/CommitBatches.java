package io.flotilla.txn.coordinator;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvHeader;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnStatus;
import java.util.ArrayList;
import java.util.List;

/** The batches that one commit sends. */
final class CommitBatches {
    private final TxnCoordinator.CommitRequest request;
    private final TxnMeta meta;
    private final List<Key> keys;

    CommitBatches(TxnCoordinator.CommitRequest request, TxnMeta meta) {
        this.request = request;
        this.meta = meta;
        Key[] written = new Key[request.writes().size()];
        for (int i = 0; i < written.length; i++) {
            written[i] = request.writes().get(i).key();
        }
        this.keys = List.of(written);
    }

    /** Whether the only key written is the anchor, so that all there is to this commit happens on one range. */
    boolean isSingleKey() {
        return keys.size() == 1 && keys.get(0).equals(meta.anchor());
    }

    /** All writes, and the STAGING record. */
    KvBatch stage(Timestamp at, boolean forwardable, long timeoutMicros) {
        List<KvOp> ops = new ArrayList<>(keys.size() + 1);
        ops.addAll(request.writes());
        ops.add(new KvOp.EndTxn(meta.anchor(), TxnStatus.STAGING, keys, Value.EMPTY));
        return batch(at, forwardable, timeoutMicros, ops);
    }

    /** All writes, and no record. */
    KvBatch lay(Timestamp at, boolean forwardable, long timeoutMicros) {
        return batch(at, forwardable, timeoutMicros, new ArrayList<>(request.writes()));
    }

    KvBatch refresh(Timestamp from, Timestamp to, long timeoutMicros) {
        List<KvOp> ops = new ArrayList<>(request.reads().size());
        for (Span span : request.reads()) {
            ops.add(new KvOp.Refresh(span, from));
        }
        return batch(to, false, timeoutMicros, ops);
    }

    KvBatch end(Timestamp at, long timeoutMicros) {
        return batch(
                at,
                false,
                timeoutMicros,
                List.of(new KvOp.EndTxn(meta.anchor(), TxnStatus.COMMITTED, keys, request.trigger())));
    }

    KvBatch heartbeat(Timestamp now, long timeoutMicros) {
        return batch(now, true, timeoutMicros, List.of(new KvOp.HeartbeatTxn(meta.anchor())));
    }

    KvBatch cleanUp(Timestamp now, long timeoutMicros, CleanUp.Step step) {
        return step.at().isSet()
                ? batch(step.at(), false, timeoutMicros, step.ops())
                : batch(now, true, timeoutMicros, step.ops());
    }

    /**
     * What is left to do after a commit that its writes alone prove: the record says so first, and only then may any of these writes become a version, which
     * in time is overwritten and taken away. So a record that is STAGING has all of its proof in intents, which stay, however long nobody can ask for it. The
     * anchor's own intent goes with the record's change; {@link #forgets} ends it.
     */
    List<CleanUp.Step> afterStaged(Timestamp committedAt) {
        List<KvOp> first = new ArrayList<>(2);
        first.add(new KvOp.EndTxn(meta.anchor(), TxnStatus.COMMITTED, keys, Value.EMPTY));
        List<KvOp> others = new ArrayList<>(keys.size());
        resolveAll(committedAt, first, others);
        return steps(new CleanUp.Step(committedAt, first), CleanUp.Step.now(others));
    }

    /**
     * What is left to do after a commit that the record tells, in order: the intents away from the anchor; then the anchor's, whose version proves the commit
     * from then on, with the record. If the anchor is not written, nothing would prove the commit without the record, so that stays.
     */
    List<CleanUp.Step> afterCommit(Timestamp committedAt) {
        List<KvOp> others = new ArrayList<>(keys.size());
        List<KvOp> last = new ArrayList<>(2);
        resolveAll(committedAt, last, others);
        if (!last.isEmpty()) {
            last.add(forgetting());
        }
        return steps(CleanUp.Step.now(others), CleanUp.Step.now(last));
    }

    /** Whether the record may go once nothing else is left: a version at the anchor proves the commit as well. */
    boolean forgets() {
        return keys.contains(meta.anchor());
    }

    KvOp.ForgetTxn forgetting() {
        return new KvOp.ForgetTxn(meta.anchor(), meta.id());
    }

    private void resolveAll(Timestamp committedAt, List<KvOp> atAnchor, List<KvOp> others) {
        for (Key key : keys) {
            KvOp resolve = new KvOp.ResolveIntent(key, meta.id(), TxnStatus.COMMITTED, committedAt);
            (key.equals(meta.anchor()) ? atAnchor : others).add(resolve);
        }
    }

    private static List<CleanUp.Step> steps(CleanUp.Step first, CleanUp.Step second) {
        List<CleanUp.Step> steps = new ArrayList<>(2);
        if (!first.ops().isEmpty()) {
            steps.add(first);
        }
        if (!second.ops().isEmpty()) {
            steps.add(second);
        }
        return steps;
    }

    /**
     * What is left to do after an abort. The record stays ABORTED for a while: late copies of the writes must find it.
     *
     * @param endRecord false if the record is known to be ABORTED
     */
    List<CleanUp.Step> afterAbort(boolean endRecord) {
        List<KvOp> ops = new ArrayList<>(keys.size() + 1);
        if (endRecord) {
            ops.add(new KvOp.EndTxn(meta.anchor(), TxnStatus.ABORTED, keys, Value.EMPTY));
        }
        for (Key key : keys) {
            ops.add(new KvOp.ResolveIntent(key, meta.id(), TxnStatus.ABORTED, Timestamp.ZERO));
        }
        return List.of(CleanUp.Step.now(ops));
    }

    private KvBatch batch(Timestamp at, boolean forwardable, long timeoutMicros, List<KvOp> ops) {
        return new KvBatch(
                new KvHeader(at, Timestamp.ZERO, List.of(), meta, forwardable, Math.max(1, timeoutMicros)), ops);
    }
}
