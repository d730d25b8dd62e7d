package io.flotilla.node.mvcc;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvHeader;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.kv.Observed;
import io.flotilla.config.settings.TxnSettings;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnRecord;
import io.flotilla.config.txn.TxnStatus;
import io.flotilla.node.storage.Engine;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** One leaseholder's evaluator over a map, with a plain list for a timestamp cache; what evaluates is applied at once. */
final class Bench {
    static final NodeId NODE = new NodeId(1);
    static final TxnSettings SETTINGS = TxnSettings.DEFAULT;

    final MapEngine engine = new MapEngine();
    private final KeyCache.View keys = new KeyCache().open();
    final MvccReader reader = new MvccReader(engine, keys);
    final List<Evaluation.Protection> protectedReads = new ArrayList<>();
    private final BatchEvaluator evaluator = new BatchEvaluator(SETTINGS);
    Timestamp now = ts(1_000);

    /** What was overwritten before is swept away. */
    Timestamp oldest = Timestamp.ZERO;

    /** Where the lease began. */
    Timestamp since = Timestamp.ZERO;

    static Timestamp ts(long n) {
        return new Timestamp(n);
    }

    static Key key(String text) {
        return Key.of(text);
    }

    static Value value(String text) {
        return Value.of(text);
    }

    static TxnMeta txn(int n, String anchor) {
        return new TxnMeta(new TxnId(n, n), Key.of(anchor), ts(10), n);
    }

    /** A header that may not be moved: the transaction has read. */
    static KvHeader fixed(TxnMeta txn, long at) {
        return new KvHeader(ts(at), Timestamp.ZERO, List.of(), txn, false, 1_000_000);
    }

    static KvHeader forwardable(TxnMeta txn, long at) {
        return new KvHeader(ts(at), Timestamp.ZERO, List.of(), txn, true, 1_000_000);
    }

    static KvHeader uncertain(boolean forwardable, long at, long limit, Observed... observed) {
        return new KvHeader(ts(at), ts(limit), List.of(observed), TxnMeta.NONE, forwardable, 1_000_000);
    }

    static KvOp put(String key, String value) {
        return new KvOp.Put(key(key), value(value));
    }

    static KvOp get(String key) {
        return new KvOp.Get(key(key));
    }

    static KvOp scan(String from, String to) {
        return new KvOp.Scan(new Span(key(from), key(to)), 1_000, 1_000_000);
    }

    static KvOp staging(String anchor, String... keys) {
        return new KvOp.EndTxn(key(anchor), TxnStatus.STAGING, keys(keys), Value.EMPTY);
    }

    static KvOp end(TxnStatus status, String anchor, String... keys) {
        return new KvOp.EndTxn(key(anchor), status, keys(keys), Value.EMPTY);
    }

    static KvOp resolve(String key, TxnMeta txn, TxnStatus status, long at) {
        return new KvOp.ResolveIntent(key(key), txn.id(), status, ts(at));
    }

    static List<Key> keys(String... keys) {
        List<Key> list = new ArrayList<>();
        for (String key : keys) {
            list.add(key(key));
        }
        return list;
    }

    /** Evaluates only. */
    Evaluation look(KvHeader header, KvOp... ops) {
        BatchEvaluator.ReadFloor floor = (span, txn) -> {
            Timestamp latest = Timestamp.ZERO;
            for (Evaluation.Protection read : protectedReads) {
                if (read.span().overlaps(span) && (!read.txn().equals(txn) || txn.equals(TxnId.NONE))) {
                    latest = latest.max(read.timestamp());
                }
            }
            return latest;
        };
        return evaluator.evaluate(
                new BatchEvaluator.Context(engine, keys, NODE, now, floor, oldest, since),
                new KvBatch(header, List.of(ops)));
    }

    /** Evaluates, protects what was read, applies. */
    Evaluation run(KvHeader header, KvOp... ops) {
        Evaluation evaluation = look(header, ops);
        if (evaluation instanceof Evaluation.Evaluated evaluated) {
            protectedReads.addAll(evaluated.reads());
            if (evaluated.mutation() != null) {
                apply(Mutation.payload(evaluated.mutation(), evaluated.trigger()));
            }
        }
        return evaluation;
    }

    private final StateChecksum.Adding adding = new StateChecksum.Adding(engine);

    {
        adding.tell(keys);
    }

    /** Applies it, and sees to it that the checksum moves as the state does. */
    byte[] apply(byte[] payload) {
        long before = checksum();
        try (Engine.Batch batch = engine.newBatch()) {
            byte[] trigger = Mutation.apply(payload, adding.to(batch));
            engine.write(batch);
            adding.written();
            assertThat(before + adding.take())
                    .as("checksum kept up by the mutation, against that of the state")
                    .isEqualTo(checksum());
            return trigger;
        }
    }

    /** As a replica does with such an entry. */
    void apply(Mutation.Sweep sweep) {
        long before = checksum();
        try (Engine.Batch batch = engine.newBatch()) {
            VersionSweep.carryOut(engine, sweep, adding.to(batch));
            engine.write(batch);
            adding.written();
            assertThat(before + adding.take())
                    .as("checksum kept up by the sweep, against that of the state")
                    .isEqualTo(checksum());
        }
        oldest = oldest.max(sweep.threshold());
    }

    private long checksum() {
        long sum = 0;
        for (Engine.Space space : Engine.Space.values()) {
            for (Map.Entry<byte[], byte[]> entry : engine.in(space).entrySet()) {
                sum += EntryHash.of(space, entry.getKey(), entry.getValue());
            }
        }
        return sum;
    }

    Evaluation.Evaluated evaluated(KvHeader header, KvOp... ops) {
        Evaluation evaluation = run(header, ops);
        if (evaluation instanceof Evaluation.Evaluated evaluated) {
            return evaluated;
        }
        throw new AssertionError("not evaluated: " + evaluation);
    }

    KvReply.Done done(KvHeader header, KvOp... ops) {
        KvReply reply = evaluated(header, ops).reply();
        if (reply instanceof KvReply.Done done) {
            return done;
        }
        throw new AssertionError("not done: " + reply);
    }

    KvError refused(KvHeader header, KvOp... ops) {
        Evaluation.Evaluated evaluated = evaluated(header, ops);
        if (evaluated.reply() instanceof KvReply.Refused refused && evaluated.mutation() == null) {
            return refused.error();
        }
        throw new AssertionError("not refused: " + evaluated);
    }

    Evaluation.Blocked blocked(KvHeader header, KvOp... ops) {
        Evaluation evaluation = run(header, ops);
        if (evaluation instanceof Evaluation.Blocked blocked) {
            return blocked;
        }
        throw new AssertionError("not blocked: " + evaluation);
    }

    KvResult result(KvHeader header, KvOp... ops) {
        return done(header, ops).results().get(ops.length - 1);
    }

    /** Writes one key and commits in one phase. */
    Timestamp commit(int id, long at, String key, String value) {
        return done(fixed(txn(id, key), at), put(key, value), staging(key, key)).timestamp();
    }

    TxnRecord record(TxnMeta txn) {
        TxnRecord record = reader.record(txn.anchor(), txn.id());
        if (record == null) {
            throw new AssertionError("no record of " + txn);
        }
        return record;
    }

    boolean hasRecord(TxnMeta txn) {
        return reader.record(txn.anchor(), txn.id()) != null;
    }

    int size(Engine.Space space) {
        return engine.in(space).size();
    }
}
