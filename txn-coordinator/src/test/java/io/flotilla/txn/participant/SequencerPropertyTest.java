package io.flotilla.txn.participant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvHeader;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.settings.TxnSettings;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnStatus;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Plays a replica with random requests: nothing that evaluates may miss a write in the log that it must see, and in the end everybody was served.
 */
class SequencerPropertyTest {
    private static final int SEEDS = 400;
    private static final int KEYS = 6;

    @Test
    void noOneEvaluatesBesideAConflictingWriteAndNobodyIsForgotten() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            new Replica(seed).play();
        }
    }

    private static final class Replica {
        final long seed;
        final Random random;
        final Sequencer sequencer = new Sequencer(TxnSettings.DEFAULT);
        final Map<Long, KvBatch> open = new TreeMap<>();
        final Map<Long, Timestamp> latched = new TreeMap<>();
        final Map<Key, TxnMeta> intents = new TreeMap<>();
        final ArrayDeque<Sequencer.Effect> effects = new ArrayDeque<>();
        final List<TxnMeta> pushed = new ArrayList<>();
        final List<Sequencer.Resolve> resolving = new ArrayList<>();
        long nowMicros;
        long tickets;

        Replica(long seed) {
            this.seed = seed;
            this.random = new Random(seed);
        }

        void play() {
            for (int i = 0; i < 300; i++) {
                nowMicros += random.nextInt(4_000);
                step(random.nextInt(10) < 4);
            }
            for (int i = 0; i < 2_000 && !open.isEmpty(); i++) {
                nowMicros += 4_000;
                step(false);
            }
            assertThat(open).as("everybody was served, seed %d", seed).isEmpty();
            assertThat(sequencer.waiting()).as("seed %d", seed).isZero();
        }

        private void step(boolean newRequest) {
            if (newRequest) {
                KvBatch batch = batch();
                long ticket = ++tickets;
                open.put(ticket, batch);
                effects.addAll(sequencer.admit(nowMicros, ticket, batch, nowMicros + 60_000_000));
            } else if (!latched.isEmpty() && random.nextBoolean()) {
                long ticket = new ArrayList<>(latched.keySet()).get(random.nextInt(latched.size()));
                latched.remove(ticket);
                for (KvOp op : Objects.requireNonNull(open.remove(ticket)).ops()) {
                    if (op instanceof KvOp.DataWrite && random.nextInt(4) == 0) {
                        intents.put(op.key(), txn(1_000 + ticket));
                    }
                }
                effects.addAll(sequencer.applied(nowMicros, ticket));
            } else if (!pushed.isEmpty() && random.nextBoolean()) {
                TxnMeta holder = pushed.remove(0);
                TxnStatus status = random.nextInt(3) == 0 ? TxnStatus.PENDING : TxnStatus.ABORTED;
                effects.addAll(sequencer.resolved(nowMicros, holder, status, ts(1)));
            } else if (!resolving.isEmpty()) {
                Sequencer.Resolve resolve = resolving.remove(0);
                if (random.nextInt(8) != 0) { // else it was lost
                    resolve.keys().forEach(key -> {
                        TxnMeta holder = intents.get(key);
                        if (holder != null && holder.id().equals(resolve.holder())) {
                            intents.remove(key);
                        }
                    });
                    effects.addAll(sequencer.released(nowMicros, resolve.keys()));
                }
            } else {
                effects.addAll(sequencer.tick(nowMicros));
            }
            carryOut();
        }

        private void carryOut() {
            while (!effects.isEmpty()) {
                // In whatever order the replica takes them.
                Sequencer.Effect effect = random.nextBoolean() ? effects.pollFirst() : effects.pollLast();
                if (effect instanceof Sequencer.Proceed proceed) {
                    evaluate(proceed.ticket());
                } else if (effect instanceof Sequencer.Push push) {
                    assertThat(pushed).as("one push at a time, seed %d", seed).doesNotContain(push.holder());
                    pushed.add(push.holder());
                } else if (effect instanceof Sequencer.Resolve resolve) {
                    resolving.add(resolve);
                } else {
                    throw new AssertionError("nobody should be refused: " + effect + ", seed " + seed);
                }
            }
        }

        private void evaluate(long ticket) {
            KvBatch batch = Objects.requireNonNull(open.get(ticket), "told to proceed twice, seed " + seed);
            latched.forEach((other, at) -> {
                if (conflict(batch, Objects.requireNonNull(open.get(other)), at)) {
                    fail("ticket %d beside %d, seed %d", ticket, other, seed);
                }
            });
            for (KvOp op : batch.ops()) {
                TxnMeta holder = intents.get(op.key());
                if (holder != null) {
                    effects.addAll(sequencer.blocked(nowMicros, ticket, op.key(), holder));
                    return;
                }
            }
            if (batch.isReadOnly() || random.nextInt(6) == 0) {
                open.remove(ticket);
                effects.addAll(sequencer.finished(nowMicros, ticket));
            } else {
                Timestamp at = batch.header().timestamp().plusMicros(random.nextInt(3));
                latched.put(ticket, at);
                effects.addAll(sequencer.proposed(nowMicros, ticket, at));
            }
        }

        private static boolean conflict(KvBatch batch, KvBatch inLog, Timestamp at) {
            Timestamp reads = batch.header().timestamp();
            for (KvOp op : batch.ops()) {
                for (KvOp write : inLog.ops()) {
                    boolean sameKey = op instanceof KvOp.Scan scan
                            ? scan.span().contains(write.key())
                            : op.key().equals(write.key());
                    boolean seen = op.isWrite() || !reads.isSet() || !at.isAfter(reads);
                    if (write.isWrite() && sameKey && seen) {
                        return true;
                    }
                }
            }
            return false;
        }

        private KvBatch batch() {
            long at = random.nextInt(5) == 0 ? 0 : Math.max(1, nowMicros - random.nextInt(20_000));
            TreeSet<Integer> keys = new TreeSet<>();
            for (int i = 0; i <= random.nextInt(3); i++) {
                keys.add(random.nextInt(KEYS));
            }
            boolean write = random.nextBoolean();
            List<KvOp> ops = new ArrayList<>();
            for (int key : keys) {
                ops.add(write ? new KvOp.Put(key(key), Value.EMPTY) : new KvOp.Get(key(key)));
            }
            if (!write && random.nextInt(3) == 0) {
                ops.add(new KvOp.Scan(new Span(key(random.nextInt(3)), key(4 + random.nextInt(3))), 10, 10));
            }
            Timestamp timestamp = at == 0 ? Timestamp.ZERO : ts(1).plusMicros(at);
            return new KvBatch(new KvHeader(timestamp, Timestamp.ZERO, List.of(), txn(tickets + 1), false, 1), ops);
        }

        private static TxnMeta txn(long id) {
            return new TxnMeta(new TxnId(0, id), key(0), ts(1), id);
        }

        private static Key key(int n) {
            return Key.of("k" + n);
        }

        private static Timestamp ts(long packed) {
            return new Timestamp(packed);
        }
    }
}
