package io.flotilla.client.load;

import io.flotilla.client.FlotillaClient;
import io.flotilla.client.FlotillaException;
import io.flotilla.client.KeyValue;
import io.flotilla.client.TxnOptions;
import io.flotilla.client.load.check.Anomaly;
import io.flotilla.client.load.check.HistoryChecker;
import io.flotilla.client.load.check.Txn;
import io.flotilla.client.load.check.Txn.Append;
import io.flotilla.client.load.check.Txn.Op;
import io.flotilla.client.load.check.Txn.Outcome;
import io.flotilla.client.load.check.Txn.Read;
import io.flotilla.config.settings.Limits;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * Transactions that read lists and append numbers to them, mostly across ranges, and the check whether what they saw is serializable.
 * One use per object: {@link #init} if wanted, {@link #run}, {@link #check}. While it runs, what is finished is checked and forgotten, a
 * round at a time.
 */
public final class AppendLoad {
    /**
     * Transactions, and attempts of them, that are remembered and not yet checked. More come together only if lists cannot be read for long; the load
     * then ends by itself. Some 1 KiB each.
     */
    public static final int UNCHECKED_MAX = 100_000;

    private static final int ROWS_PER_TXN = 500;
    private static final int ANOMALIES_PER_KIND_MAX = 20;
    private static final TxnOptions AUDIT =
            TxnOptions.named("audit").deadline(Duration.ofMillis(Limits.DEADLINE_MILLIS_MAX));

    private final FlotillaClient client;
    private final AppendOptions append;
    private final AppendLayout layout;
    private final LoadOptions options;
    private final LoadRun load;
    private final String runName = UUID.randomUUID().toString().substring(0, 8);
    private final long zeroNanos = System.nanoTime();
    private final ArrayDeque<AppendRound> rounds = new ArrayDeque<>();
    private final Map<Anomaly.Kind, List<Anomaly>> anomalies = new EnumMap<>(Anomaly.Kind.class);
    private final Map<Outcome, Long> outcomes = new EnumMap<>(Outcome.class);
    private long roundsBegun;
    private long roundsChecked;
    private long appends;
    private long reads;
    private long lastId;
    private Consumer<Anomaly> onAnomaly = anomaly -> {};

    public AppendLoad(FlotillaClient client, AppendOptions append, LoadOptions load) {
        this.client = client;
        this.append = append;
        this.layout = append.layout();
        this.options = load;
        this.load = new LoadRun(load);
    }

    /** Deletes what an earlier run left. Without it that stays, and is not looked at. */
    public void init() {
        while (true) {
            List<KeyValue> old = client.scan(layout.start(), layout.end(), ROWS_PER_TXN);
            if (old.isEmpty()) {
                return;
            }
            client.transact(AUDIT, tx -> {
                old.forEach(row -> tx.delete(row.key()));
                return true;
            });
        }
    }

    /**
     * Runs until the options or {@link #stop} end it.
     *
     * @param onSample called once a second by one thread
     * @param onAnomaly called as soon as one is found, by another
     */
    public LoadSummary run(Consumer<Sample> onSample, Consumer<Anomaly> onAnomaly) {
        this.onAnomaly = onAnomaly;
        Checker checker = new Checker();
        checker.start();
        try {
            return load.run(this::step, onSample);
        } finally {
            load.stop();
            checker.finish();
        }
    }

    /** Ends {@link #run} early; from any thread. */
    public void stop() {
        load.stop();
    }

    /** Reads and checks all that is not checked yet, and says what was found altogether. After {@link #run}. */
    public AppendVerdict check() {
        List<AppendRound> left;
        synchronized (rounds) {
            left = new ArrayList<>(rounds);
        }
        left.forEach(this::check);
        return new AppendVerdict(
                roundsChecked,
                outcomes.getOrDefault(Outcome.COMMITTED, 0L),
                outcomes.getOrDefault(Outcome.ABORTED, 0L),
                outcomes.getOrDefault(Outcome.UNKNOWN, 0L),
                appends,
                reads,
                anomalies.values().stream().flatMap(List::stream).toList());
    }

    private LoadRun.Step step(int index) {
        AppendClient lists = new AppendClient(client, append, this::record, this::nanos);
        return random -> {
            AppendRound round = enter();
            try {
                return lists.run(index, round, random);
            } finally {
                round.leave();
            }
        };
    }

    private long nanos() {
        return System.nanoTime() - zeroNanos;
    }

    private AppendRound enter() {
        synchronized (rounds) {
            AppendRound current = rounds.peekLast();
            if (current == null || !current.enter()) {
                current = new AppendRound(runName + "-" + roundsBegun++, append.roundTransactions());
                current.enter();
                rounds.add(current);
            }
            if (rounds.stream().mapToInt(AppendRound::size).sum() > UNCHECKED_MAX) {
                load.stop();
            }
            return current;
        }
    }

    private void record(AppendRound round, int process, long startNanos, Outcome outcome, List<Op> ops) {
        long id;
        synchronized (rounds) {
            id = ++lastId;
        }
        round.add(new Txn(id, process, startNanos, nanos(), outcome, ops));
    }

    /** Reads all lists of a round that is over, checks its history and forgets it. */
    private void check(AppendRound round) {
        long start = nanos();
        List<Op> ops = client.transact(AUDIT, tx -> {
                    List<Op> all = new ArrayList<>();
                    for (int list = 0; list < append.keys(); list++) {
                        String key = layout.key(list, round.name());
                        all.add(new Read(key, Numbers.parse(tx.getText(key).orElse(""))));
                    }
                    return all;
                })
                .value();
        record(round, options.clients(), start, Outcome.COMMITTED, ops);
        List<Txn> history = round.history();
        List<Anomaly> found = HistoryChecker.check(history);
        count(history);
        for (Anomaly anomaly : found) {
            List<Anomaly> sameKind = anomalies.computeIfAbsent(anomaly.kind(), kind -> new ArrayList<>());
            if (sameKind.size() < ANOMALIES_PER_KIND_MAX) {
                sameKind.add(anomaly);
                onAnomaly.accept(anomaly);
            }
        }
        synchronized (rounds) {
            rounds.remove(round);
        }
        if (found.isEmpty()) {
            forget(round);
        }
    }

    private void count(List<Txn> history) {
        roundsChecked++;
        for (Txn txn : history) {
            outcomes.merge(txn.outcome(), 1L, Long::sum);
            long wrote = txn.ops().stream().filter(Append.class::isInstance).count();
            appends += txn.outcome() == Outcome.COMMITTED ? wrote : 0;
            reads += txn.ops().size() - wrote;
        }
    }

    /** Its lists are of no more use; those in which something is wrong stay, as evidence. */
    private void forget(AppendRound round) {
        try {
            client.transact(tx -> {
                for (int list = 0; list < append.keys(); list++) {
                    tx.delete(layout.key(list, round.name()));
                }
                return true;
            });
        } catch (FlotillaException left) {
            // For the next init.
        }
    }

    /** Checks rounds that are over while others run. */
    private final class Checker extends Thread {
        private static final long PAUSE_NANOS = 20_000_000L;

        Checker() {
            super("load-check");
            setDaemon(true);
        }

        @Override
        public void run() {
            while (!load.isStopped()) {
                AppendRound over;
                synchronized (rounds) {
                    over = rounds.stream()
                            .filter(AppendRound::isOver)
                            .findFirst()
                            .orElse(null);
                }
                if (over == null) {
                    LockSupport.parkNanos(PAUSE_NANOS);
                    continue;
                }
                try {
                    check(over);
                } catch (FlotillaException notNow) {
                    LockSupport.parkNanos(PAUSE_NANOS);
                }
            }
        }

        void finish() {
            try {
                join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
