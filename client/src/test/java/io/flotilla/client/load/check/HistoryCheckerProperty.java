package io.flotilla.client.load.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.client.load.check.Txn.Append;
import io.flotilla.client.load.check.Txn.Op;
import io.flotilla.client.load.check.Txn.Outcome;
import io.flotilla.client.load.check.Txn.Read;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Histories of which it is known how they came about. A failure names the seed. */
class HistoryCheckerProperty {
    private static final int SEEDS = 200;

    @Test
    void serialExecutionInOverlappingIntervalsIsClean() {
        for (int seed = 0; seed < SEEDS; seed++) {
            assertThat(HistoryChecker.check(new Serial(seed).shuffled()))
                    .as("seed %d", seed)
                    .isEmpty();
        }
    }

    @Test
    void oneReadThatCouldNotHaveBeenIsFound() {
        for (int seed = 0; seed < SEEDS; seed++) {
            Serial serial = new Serial(seed);
            String what = serial.mutateOneRead();
            assertThat(HistoryChecker.check(serial.shuffled()))
                    .as("seed %d, %s", seed, what)
                    .isNotEmpty();
        }
    }

    @Test
    void hundredThousandTransactionsAreCheckedInSeconds() {
        List<Txn> history = new Serial(1, 100_000, 1_000).shuffled();
        long begun = System.nanoTime();
        assertThat(HistoryChecker.check(history)).isEmpty();
        assertThat(System.nanoTime() - begun)
                .as("a bound that a slow machine under load keeps, too")
                .isLessThan(30_000_000_000L);
    }

    /** Runs transactions one after the other and gives each an interval around its moment. */
    private static final class Serial {
        private final Random random;
        private final Map<String, List<Long>> lists = new HashMap<>();
        private final List<Txn> txns = new ArrayList<>();
        private final int keys;
        private long values;

        Serial(long seed) {
            this(seed, 60, 4);
        }

        Serial(long seed, int count, int keys) {
            this.random = new Random(seed);
            this.keys = keys;
            for (int moment = 0; moment < count; moment++) {
                txns.add(txn(moment));
            }
            List<Op> last = new ArrayList<>();
            for (int k = 0; k < keys; k++) {
                last.add(new Read("k" + k, List.copyOf(list("k" + k))));
            }
            txns.add(new Txn(count, 0, count + 100L, count + 101L, Outcome.COMMITTED, last));
        }

        private List<Long> list(String key) {
            return lists.computeIfAbsent(key, k -> new ArrayList<>());
        }

        private Txn txn(int moment) {
            Outcome outcome = Outcome.values()[Math.max(0, random.nextInt(20) - 17)];
            boolean happens = outcome == Outcome.COMMITTED || (outcome == Outcome.UNKNOWN && random.nextBoolean());
            Map<String, List<Long>> before = new HashMap<>();
            List<Op> ops = new ArrayList<>();
            for (int op = 1 + random.nextInt(4); op > 0; op--) {
                String key = "k" + random.nextInt(keys);
                before.computeIfAbsent(key, k -> List.copyOf(list(k)));
                if (random.nextInt(3) > 0) {
                    ops.add(new Read(key, List.copyOf(list(key))));
                } else {
                    ops.add(new Append(key, ++values));
                    list(key).add(values);
                }
            }
            if (!happens) {
                before.forEach((key, list) -> lists.put(key, new ArrayList<>(list)));
            }
            return new Txn(
                    moment, random.nextInt(8), moment - random.nextInt(20), moment + random.nextInt(20), outcome, ops);
        }

        List<Txn> shuffled() {
            List<Txn> shuffled = new ArrayList<>(txns);
            Collections.shuffle(shuffled, random);
            return shuffled;
        }

        /** In a way that no order of transactions explains. */
        String mutateOneRead() {
            while (true) {
                int t = random.nextInt(txns.size());
                Txn txn = txns.get(t);
                int o = random.nextInt(txn.ops().size());
                if (txn.outcome() != Outcome.COMMITTED
                        || !(txn.ops().get(o) instanceof Read read)
                        || read.values().size() < 2) {
                    continue;
                }
                List<Long> values = new ArrayList<>(read.values());
                int i = random.nextInt(values.size() - 1);
                switch (random.nextInt(5)) {
                    case 0 -> values.set(i, -1L);
                    case 1 -> Collections.swap(values, i, i + 1);
                    case 2 -> values.remove(i);
                    case 3 -> values.add(values.get(i));
                    default -> {
                        t = txns.size() - 1;
                        txn = txns.get(t);
                        o = Integer.parseInt(read.key().substring(1));
                        values = new ArrayList<>(((Read) txn.ops().get(o)).values());
                        values.remove(values.size() - 1);
                    }
                }
                List<Op> ops = new ArrayList<>(txn.ops());
                ops.set(o, new Read(read.key(), values));
                txns.set(t, new Txn(txn.id(), txn.process(), txn.startNanos(), txn.endNanos(), txn.outcome(), ops));
                return "read " + read.values() + " of T" + txn.id() + " became " + values;
            }
        }
    }
}
