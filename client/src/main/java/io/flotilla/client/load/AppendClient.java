package io.flotilla.client.load;

import io.flotilla.client.FlotillaClient;
import io.flotilla.client.FlotillaException;
import io.flotilla.client.KeyValue;
import io.flotilla.client.Transaction;
import io.flotilla.client.TxnOptions;
import io.flotilla.client.load.check.Txn.Append;
import io.flotilla.client.load.check.Txn.Op;
import io.flotilla.client.load.check.Txn.Outcome;
import io.flotilla.client.load.check.Txn.Read;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** What one client of {@link AppendLoad} does, and notes of it. For one thread. */
final class AppendClient {
    private static final int READS_MAX = 6;
    private static final int STEPS_MAX = 4;
    private static final int HOT_LISTS = 4;
    private static final TxnOptions LISTS = TxnOptions.named("lists");

    /** Takes a transaction, or an attempt of one, that has just ended. */
    interface Notes {
        void add(AppendRound round, int process, long startNanos, Outcome outcome, List<Op> ops);
    }

    private enum Action {
        READ,
        APPEND,
        SCAN
    }

    /** @param to of a scan: the list before which it ends */
    private record Step(Action action, int list, int to) {}

    private final FlotillaClient client;
    private final AppendOptions options;
    private final AppendLayout layout;
    private final Notes notes;
    private final LongSupplier nanos;

    AppendClient(FlotillaClient client, AppendOptions options, Notes notes, LongSupplier nanos) {
        this.client = client;
        this.options = options;
        this.layout = options.layout();
        this.notes = notes;
        this.nanos = nanos;
    }

    /** Does one thing. @return attempts it took */
    long run(int process, AppendRound round, SplittableRandom random) {
        int chance = random.nextInt(100);
        if (chance < 8) {
            return get(process, round, layout.key(list(random), round.name()));
        }
        if (chance < 16) {
            return compareAndSet(process, round, layout.key(list(random), round.name()));
        }
        return transact(process, round, plan(chance, random));
    }

    private List<Step> plan(int chance, SplittableRandom random) {
        List<Step> steps = new ArrayList<>();
        if (chance < 30) {
            for (int i = 2 + random.nextInt(READS_MAX - 1); i > 0; i--) {
                steps.add(new Step(Action.READ, list(random), 0));
            }
        } else if (chance < 45) {
            int from = random.nextInt(options.keys());
            int to = Math.min(options.keys(), from + 1 + random.nextInt(1 + options.keys() / 4));
            steps.add(new Step(Action.SCAN, from, to));
            for (int i = random.nextInt(3); i > 0; i--) {
                steps.add(new Step(Action.APPEND, list(random), 0));
            }
        } else {
            for (int i = 1 + random.nextInt(STEPS_MAX); i > 0; i--) {
                steps.add(new Step(random.nextBoolean() ? Action.READ : Action.APPEND, list(random), 0));
            }
        }
        return steps;
    }

    /** A few are chosen more often, so that transactions meet. */
    private int list(SplittableRandom random) {
        return random.nextInt(random.nextInt(3) == 0 ? Math.min(HOT_LISTS, options.keys()) : options.keys());
    }

    private long get(int process, AppendRound round, String key) {
        long start = nanos.getAsLong();
        Read read = read(key, client.getText(key).orElse(""));
        notes.add(round, process, start, Outcome.COMMITTED, List.of(read));
        return 1;
    }

    private long compareAndSet(int process, AppendRound round, String key) {
        long start = nanos.getAsLong();
        Optional<String> before = client.getText(key);
        Read read = read(key, before.orElse(""));
        notes.add(round, process, start, Outcome.COMMITTED, List.of(read));
        long value = round.nextNumber();
        List<Op> ops = List.of(read, new Append(key, value));
        start = nanos.getAsLong();
        Outcome outcome = Outcome.ABORTED;
        try {
            boolean held = client.compareAndSet(
                    bytes(key),
                    before.map(AppendClient::bytes),
                    Optional.of(bytes(Numbers.appended(before.orElse(""), value))));
            outcome = held ? Outcome.COMMITTED : Outcome.ABORTED;
        } catch (FlotillaException failed) {
            outcome = outcome(failed);
            throw failed;
        } finally {
            notes.add(round, process, start, outcome, ops);
        }
        return 1;
    }

    private long transact(int process, AppendRound round, List<Step> plan) {
        Attempts attempts = new Attempts(process, round);
        try {
            int count = client.transact(LISTS, tx -> {
                        attempts.next(tx);
                        plan.forEach(attempts::take);
                        return true;
                    })
                    .attempts();
            attempts.end(Outcome.COMMITTED);
            return count;
        } catch (FlotillaException failed) {
            attempts.end(outcome(failed));
            throw failed;
        }
    }

    private static Outcome outcome(FlotillaException failed) {
        return failed.maybeExecuted() ? Outcome.UNKNOWN : Outcome.ABORTED;
    }

    private static Read read(String key, String text) {
        return new Read(key, Numbers.parse(text));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** The attempts of one transaction, one after the other. */
    private final class Attempts {
        private final int process;
        private final AppendRound round;
        private final List<Op> ops = new ArrayList<>();
        private @Nullable Transaction tx;
        private long startNanos;

        Attempts(int process, AppendRound round) {
            this.process = process;
            this.round = round;
        }

        /** Whatever was before has no effect. */
        void next(Transaction tx) {
            if (this.tx != null) {
                end(Outcome.ABORTED);
            }
            this.tx = tx;
            ops.clear();
            startNanos = nanos.getAsLong();
        }

        void take(Step step) {
            Transaction now = tx;
            if (now == null) {
                throw new IllegalStateException("no attempt has begun");
            }
            String key = layout.key(step.list(), round.name());
            switch (step.action()) {
                case READ -> ops.add(read(key, now.getText(key).orElse("")));
                case SCAN -> scan(now, step.list(), step.to());
                case APPEND -> {
                    String before = now.getText(key).orElse("");
                    long value = round.nextNumber();
                    now.put(key, Numbers.appended(before, value));
                    ops.add(read(key, before));
                    ops.add(new Append(key, value));
                }
            }
        }

        /** What is not there is an empty list; rows of other rounds are none of ours. */
        private void scan(Transaction now, int from, int to) {
            Map<String, String> rows = new HashMap<>();
            for (KeyValue row : now.scan(layout.border(from), layout.border(to), 0)) {
                rows.put(row.keyText(), row.valueText());
            }
            for (int list = from; list < to; list++) {
                String key = layout.key(list, round.name());
                ops.add(read(key, rows.getOrDefault(key, "")));
            }
        }

        /** An attempt sees one snapshot even if it does not commit: what it read of others counts as a transaction of its own. */
        void end(Outcome outcome) {
            if (outcome != Outcome.COMMITTED) {
                List<Op> seen = new ArrayList<>();
                Set<String> own = new HashSet<>();
                for (Op op : ops) {
                    if (op instanceof Append) {
                        own.add(op.key());
                    } else if (!own.contains(op.key())) {
                        seen.add(op);
                    }
                }
                if (!seen.isEmpty()) {
                    notes.add(round, process, startNanos, Outcome.COMMITTED, seen);
                }
            }
            if (outcome == Outcome.COMMITTED || ops.stream().anyMatch(Append.class::isInstance)) {
                notes.add(round, process, startNanos, outcome, List.copyOf(ops));
            }
        }
    }
}
