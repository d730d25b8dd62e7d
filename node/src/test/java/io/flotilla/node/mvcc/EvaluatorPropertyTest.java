package io.flotilla.node.mvcc;

import static io.flotilla.node.mvcc.Bench.ts;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvHeader;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnStatus;
import io.flotilla.node.storage.Engine.Space;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random histories of reads, commits in one phase, intents and their resolution on a handful of awkward keys, compared step by step with {@link
 * SlowModel}, which keeps plain lists and goes through all of them each time.
 */
class EvaluatorPropertyTest {
    private static final int SEEDS = 60;
    private static final int STEPS = 200;
    private static final List<Key> KEYS = List.of(
            Key.wrap(new byte[] {'a'}),
            Key.wrap(new byte[] {'a', 0}),
            Key.wrap(new byte[] {'a', 0, 0}),
            Key.wrap(new byte[] {'a', 0, 1}),
            Key.wrap(new byte[] {'a', (byte) 0xFF}),
            Key.wrap(new byte[] {'b'}));
    private static final Span ALL = new Span(KEYS.get(0), Key.of("z"));

    /** One seed's history. */
    private static final class History {
        final Random random;
        final Bench bench = new Bench();
        final SlowModel model = new SlowModel();
        final TreeMap<TxnId, TxnMeta> open = new TreeMap<>();
        int nextTxn = 1;
        int committed;
        int blocked;
        int refused;

        History(long seed) {
            random = new Random(seed);
        }

        Timestamp time() {
            return ts(100 + random.nextInt(120));
        }

        Key key() {
            return KEYS.get(random.nextInt(KEYS.size()));
        }

        @Nullable
        Value value() {
            return random.nextInt(4) == 0 ? null : Value.of("v" + random.nextInt(3));
        }

        Span span() {
            Key left = key();
            Key right = random.nextInt(5) == 0 ? ALL.end() : key();
            return left.compareTo(right) < 0 ? new Span(left, right) : new Span(left, ALL.end());
        }

        TxnMeta newTxn(Key anchor) {
            int n = nextTxn++;
            return new TxnMeta(new TxnId(n, n), anchor, ts(90), n);
        }

        void step() {
            switch (random.nextInt(6)) {
                case 0 -> read(new KvOp.Get(key()));
                case 1 -> read(new KvOp.Scan(span(), 1 + random.nextInt(4), 1 + random.nextInt(12)));
                case 2 -> refresh();
                case 3, 4 -> commitOrLay();
                default -> resolve();
            }
        }

        void read(KvOp op) {
            boolean forwardable = random.nextBoolean();
            Timestamp at = time();
            Timestamp limit = random.nextBoolean() ? Timestamp.ZERO : at.max(time());
            TxnMeta reader = TxnMeta.NONE;
            if (!open.isEmpty() && random.nextInt(3) == 0) {
                reader = open.firstEntry().getValue();
            }
            KvHeader header = new KvHeader(at, limit, List.of(), reader, forwardable, 1);
            Evaluation evaluation = bench.run(header, op);
            String expected = model.read(op, at, limit.isAfter(at) ? limit : at, reader.id(), forwardable);
            assertThat(describe(evaluation)).isEqualTo(expected);
        }

        void refresh() {
            Timestamp from = time();
            Timestamp to = from.max(time());
            Span span = span();
            TxnMeta txn = open.isEmpty() ? newTxn(key()) : open.lastEntry().getValue();
            Evaluation evaluation =
                    bench.run(new KvHeader(to, Timestamp.ZERO, List.of(), txn, false, 1), new KvOp.Refresh(span, from));
            Key changed = model.firstChange(span, from, to, txn.id());
            assertThat(describe(evaluation)).isEqualTo(changed == null ? "at " + to.packed() : "changed " + changed);
        }

        void commitOrLay() {
            List<KvOp> ops = new ArrayList<>();
            List<Key> keys = new ArrayList<>();
            for (Key key : KEYS) {
                if (random.nextInt(3) == 0) {
                    keys.add(key);
                    ops.add(write(key));
                }
            }
            if (keys.isEmpty()) {
                return;
            }
            TxnMeta txn = newTxn(keys.get(0));
            boolean onePhase = random.nextBoolean();
            List<Key> all = new ArrayList<>(keys);
            if (onePhase || random.nextBoolean()) {
                if (!onePhase) {
                    all.add(Key.of("elsewhere"));
                }
                ops.add(new KvOp.EndTxn(txn.anchor(), TxnStatus.STAGING, all, Value.EMPTY));
            }
            boolean forwardable = random.nextBoolean();
            Timestamp at = time();
            KvHeader header = new KvHeader(at, Timestamp.ZERO, List.of(), txn, forwardable, 1);
            Timestamp floor = Timestamp.ZERO;
            for (Key key : keys) {
                for (Evaluation.Protection read : bench.protectedReads) {
                    if (read.span().contains(key) && !read.txn().equals(txn.id())) {
                        floor = floor.max(read.timestamp());
                    }
                }
            }
            String expected = model.write(ops, txn, at, floor, onePhase, forwardable);
            KvOp[] batch = ops.toArray(new KvOp[0]);
            assertThat(describe(bench.run(header, batch))).isEqualTo(expected);
            if (!expected.startsWith("at ")) {
                count(expected);
                return;
            }
            committed++;
            if (!onePhase) {
                open.put(txn.id(), txn);
            }
            if (random.nextInt(3) == 0) {
                Evaluation.Evaluated again = bench.evaluated(header, batch);
                assertThat(describe(again)).as("sent again").isEqualTo(expected);
                if (onePhase) {
                    assertThat(again.mutation()).isNull();
                }
            }
        }

        KvOp write(Key key) {
            Value value = value();
            if (random.nextInt(4) == 0) {
                return new KvOp.CompareAndSet(key, random.nextBoolean() ? model.latest(key) : value(), value);
            }
            return value == null ? new KvOp.Delete(key) : new KvOp.Put(key, value);
        }

        void resolve() {
            if (open.isEmpty()) {
                return;
            }
            TxnMeta txn = random.nextBoolean()
                    ? open.firstEntry().getValue()
                    : open.lastEntry().getValue();
            open.remove(txn.id());
            TxnStatus status = random.nextInt(3) == 0 ? TxnStatus.ABORTED : TxnStatus.COMMITTED;
            Timestamp at = ts(model.highestIntent(txn.id()).packed() + random.nextInt(5));
            List<KvOp> ops = new ArrayList<>();
            for (Key key : KEYS) {
                ops.add(new KvOp.ResolveIntent(key, txn.id(), status, at));
            }
            ops.add(new KvOp.ForgetTxn(txn.anchor(), txn.id()));
            bench.done(new KvHeader(bench.now, Timestamp.ZERO, List.of(), txn, true, 1), ops.toArray(new KvOp[0]));
            model.resolve(txn.id(), status == TxnStatus.COMMITTED, at);
        }

        void count(String outcome) {
            if (outcome.startsWith("blocked")) {
                blocked++;
            } else {
                refused++;
            }
        }

        static String describe(Evaluation evaluation) {
            if (evaluation instanceof Evaluation.Blocked blocked) {
                return "blocked " + blocked.key() + " by " + blocked.holder().id() + " "
                        + blocked.intentTimestamp().packed();
            }
            KvReply reply = ((Evaluation.Evaluated) evaluation).reply();
            if (reply instanceof KvReply.Done done) {
                KvResult first = done.results().get(0);
                if (first instanceof KvResult.Got got) {
                    return "got " + got.value() + " of " + got.timestamp().packed() + " at "
                            + done.timestamp().packed();
                } else if (first instanceof KvResult.Scanned scanned) {
                    StringBuilder text = new StringBuilder("scanned");
                    for (KvResult.Row row : scanned.rows()) {
                        text.append(' ').append(row.key()).append('=').append(row.value());
                    }
                    return text + " then " + scanned.resume() + " at "
                            + done.timestamp().packed();
                }
                return "at " + done.timestamp().packed();
            }
            KvError error = ((KvReply.Refused) reply).error();
            if (error instanceof KvError.ReadUncertain uncertain) {
                return "uncertain " + uncertain.key();
            } else if (error instanceof KvError.RefreshFailed failed) {
                return "changed " + failed.key();
            } else if (error instanceof KvError.Pushed pushed) {
                return "pushed to " + pushed.to().packed();
            } else if (error instanceof KvError.ConditionFailed failed) {
                return "condition " + failed.key() + " is " + failed.actual();
            }
            return error.message();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void everyStepOfARandomHistoryAnswersAsTheSlowModelDoes(int part) {
        int committed = 0;
        int blocked = 0;
        int refused = 0;
        for (int seed = part; seed < SEEDS; seed += 3) {
            History history = new History(seed);
            for (int step = 0; step < STEPS; step++) {
                try {
                    history.step();
                } catch (AssertionError | RuntimeException failure) {
                    throw new AssertionError("seed " + seed + ", step " + step, failure);
                }
            }
            assertThat(history.bench.size(Space.DATA)).as("seed %d", seed).isEqualTo(history.model.versions());
            assertThat(history.bench.size(Space.INTENT)).as("seed %d", seed).isEqualTo(history.model.intents());
            committed += history.committed;
            blocked += history.blocked;
            refused += history.refused;
        }
        assertThat(committed).as("histories are worth something").isGreaterThan(200);
        assertThat(blocked).isGreaterThan(100);
        assertThat(refused).isGreaterThan(100);
    }

    @Test
    void theSameHistoryLeavesTheSameBytes() {
        List<String> states = new ArrayList<>();
        for (int run = 0; run < 2; run++) {
            History history = new History(42);
            for (int step = 0; step < STEPS; step++) {
                history.step();
            }
            StringBuilder state = new StringBuilder();
            for (Space space : Space.values()) {
                history.bench
                        .engine
                        .in(space)
                        .forEach((key, value) -> state.append(Key.wrap(key))
                                .append('=')
                                .append(Key.wrap(value))
                                .append('\n'));
            }
            states.add(state.toString());
        }
        assertThat(states.get(0)).isEqualTo(states.get(1)).isNotEmpty();
    }
}
