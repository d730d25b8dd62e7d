package io.flotilla.client.load;

import io.flotilla.client.CommitOutcomeUnknownException;
import io.flotilla.client.FlotillaClient;
import io.flotilla.client.FlotillaException;
import io.flotilla.client.KeyValue;
import io.flotilla.client.Transaction;
import io.flotilla.client.TxnOptions;
import io.flotilla.client.check.BankCheck;
import io.flotilla.client.check.BankVerdict;
import io.flotilla.client.check.Transfer;
import io.flotilla.config.settings.Limits;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiPredicate;
import java.util.function.Consumer;

/**
 * Transfers between accounts: two reads and two writes (three with the ledger) in one transaction, mostly across ranges. One use per
 * object: {@link #init} if wanted, {@link #run}, {@link #check}.
 */
public final class BankLoad {
    private static final int ROWS_PER_TXN = 500;
    private static final int AMOUNT_MAX = 10;
    private static final TxnOptions TRANSFER = TxnOptions.named("transfer");

    /** It waits for each transfer that it meets: on a slow machine longer than any of them. */
    private static final TxnOptions TOTAL =
            TxnOptions.named("total").deadline(Duration.ofMillis(Limits.DEADLINE_MILLIS_MAX / 2));

    private static final TxnOptions AUDIT =
            TxnOptions.named("audit").deadline(Duration.ofMillis(Limits.DEADLINE_MILLIS_MAX));

    private final FlotillaClient client;
    private final BankOptions bank;
    private final BankLayout layout;
    private final LoadOptions options;
    private final LoadRun load;
    private final String runName = UUID.randomUUID().toString().substring(0, 8);
    private final List<Teller> tellers = new ArrayList<>();
    private volatile OptionalLong latestTotal = OptionalLong.empty();

    public BankLoad(FlotillaClient client, BankOptions bank, LoadOptions load) {
        this.client = client;
        this.bank = bank;
        this.layout = bank.layout();
        this.options = load;
        this.load = new LoadRun(load);
    }

    /** Deletes what an earlier run left and opens all accounts. */
    public void init() {
        while (true) {
            List<KeyValue> old = client.scan(layout.start(), layout.end(), ROWS_PER_TXN);
            if (old.isEmpty()) {
                break;
            }
            client.transact(AUDIT, tx -> {
                old.forEach(row -> tx.delete(row.key()));
                return true;
            });
        }
        byte[] balance = text(bank.initialBalance());
        for (int from = 0; from < bank.accounts(); from += ROWS_PER_TXN) {
            int first = from;
            int end = Math.min(bank.accounts(), from + ROWS_PER_TXN);
            client.transact(AUDIT, tx -> {
                for (int account = first; account < end; account++) {
                    tx.put(layout.key(account), balance);
                }
                return true;
            });
        }
    }

    /** Runs until the options or {@link #stop} end it. {@code onSample} is called once a second by one thread. */
    public BankSummary run(Consumer<Sample> onSample) {
        for (int i = 0; i < options.clients(); i++) {
            tellers.add(new Teller(runName + "-" + i));
        }
        TotalWatch watch = new TotalWatch();
        if (bank.checkEveryMillis() > 0) {
            watch.start();
        }
        LoadSummary summary;
        try {
            summary = load.run(i -> tellers.get(i)::transfer, onSample);
        } finally {
            load.stop();
            watch.finish();
        }
        return watch.summary(summary);
    }

    /** Ends {@link #run} early; from any thread. */
    public void stop() {
        load.stop();
    }

    /** The sum of all accounts as last read in one transaction while the load ran; empty before the first time. From any thread. */
    public OptionalLong latestTotal() {
        return latestTotal;
    }

    /** How many acknowledged transfers went from and to accounts for which {@code pair} holds. After {@link #run}. */
    public long committedBetween(BiPredicate<Integer, Integer> pair) {
        return tellers.stream()
                .flatMap(teller -> teller.acknowledged.stream())
                .filter(transfer -> pair.test(transfer.from(), transfer.to()))
                .count();
    }

    /** Reads all accounts and the ledger in one transaction and compares them with what the clients were told. After {@link #run}. */
    public BankVerdict check() {
        List<KeyValue> rows = client.transact(
                        AUDIT, tx -> bank.ledger() ? tx.scan(layout.start(), layout.end(), 0) : accountRows(tx))
                .value();
        TreeMap<Integer, Long> balances = new TreeMap<>();
        List<Transfer> ledger = new ArrayList<>();
        List<String> unreadable = new ArrayList<>();
        for (KeyValue row : rows) {
            try {
                OptionalInt account = layout.accountOf(row.keyText());
                if (account.isPresent()) {
                    balances.put(account.getAsInt(), Long.parseLong(row.valueText()));
                } else {
                    ledger.add(ledgerRow(row));
                }
            } catch (IllegalArgumentException e) {
                unreadable.add(row.toString());
            }
        }
        Set<String> names = new HashSet<>();
        List<Transfer> acknowledged = new ArrayList<>();
        List<Transfer> unknown = new ArrayList<>();
        for (Teller teller : tellers) {
            names.add(teller.name);
            acknowledged.addAll(teller.acknowledged);
            unknown.addAll(teller.unknown);
        }
        return BankCheck.check(
                bank.accounts(),
                bank.initialBalance(),
                new BankCheck.Books(balances, ledger, unreadable),
                new BankCheck.Claims(names, acknowledged, unknown),
                bank.ledger());
    }

    private static Transfer ledgerRow(KeyValue row) {
        String[] parts = row.keyText().split("/");
        if (parts.length < 4 || !parts[parts.length - 3].equals("l")) {
            throw new IllegalArgumentException("not a ledger key: " + row.keyText());
        }
        return Transfer.parse(parts[parts.length - 2], Long.parseLong(parts[parts.length - 1]), row.valueText());
    }

    private List<KeyValue> accountRows(Transaction tx) {
        List<KeyValue> rows = new ArrayList<>();
        for (String[] span : layout.accountSpans()) {
            rows.addAll(tx.scan(span[0], span[1], 0));
        }
        return rows;
    }

    private static byte[] text(long number) {
        return Long.toString(number).getBytes(StandardCharsets.US_ASCII);
    }

    /**
     * @param totalChecks how often the total was read while the load ran
     * @param totalCheckFailures how often that read failed with an error (no verdict)
     * @param totalViolations how often the total was wrong
     * @param firstViolation the first wrong total in words; empty if there was none
     */
    public record BankSummary(
            LoadSummary load, long totalChecks, long totalCheckFailures, long totalViolations, String firstViolation) {}

    /** One client's transfers and what it was told of them. Used by one thread, then by {@link #check}. */
    private final class Teller {
        private final String name;
        private final List<Transfer> acknowledged = new ArrayList<>();
        private final List<Transfer> unknown = new ArrayList<>();
        private long n;

        Teller(String name) {
            this.name = name;
        }

        long transfer(SplittableRandom random) {
            int from = random.nextInt(bank.accounts());
            int other = random.nextInt(bank.accounts() - 1);
            int to = other >= from ? other + 1 : other;
            long wanted = 1L + random.nextInt(AMOUNT_MAX);
            long number = n++;
            // A poor account gives nothing: the transfer is then one of 0, and still a transaction.
            Transfer[] made = {new Transfer(name, number, from, to, 0)};
            try {
                int attempts = client.transact(TRANSFER, tx -> {
                            made[0] = move(tx, number, from, to, wanted);
                            return true;
                        })
                        .attempts();
                acknowledged.add(made[0]);
                return attempts;
            } catch (CommitOutcomeUnknownException e) {
                unknown.add(made[0]);
                throw e;
            }
        }

        private Transfer move(Transaction tx, long number, int from, int to, long wanted) {
            long source = balance(tx, from);
            long target = balance(tx, to);
            Transfer transfer = new Transfer(name, number, from, to, Math.min(wanted, Math.max(0, source)));
            tx.put(layout.key(from), text(source - transfer.amount()));
            tx.put(layout.key(to), text(target + transfer.amount()));
            if (bank.ledger()) {
                tx.put(layout.ledgerKey(name, number), transfer.row());
            }
            return transfer;
        }

        private long balance(Transaction tx, int account) {
            Optional<String> found = tx.getText(layout.key(account));
            return Long.parseLong(found.orElseThrow(
                    () -> new IllegalStateException("account " + account + " does not exist; was the bank opened?")));
        }
    }

    /** Sums all accounts in one transaction, again and again while the load runs. */
    private final class TotalWatch extends Thread {
        private long checks;
        private long failures;
        private long violations;
        private String firstViolation = "";

        TotalWatch() {
            super("load-total");
            setDaemon(true);
        }

        @Override
        public void run() {
            long due = System.nanoTime();
            while (!load.isStopped()) {
                due += bank.checkEveryMillis() * 1_000_000;
                long left;
                while (!load.isStopped() && (left = due - System.nanoTime()) > 0) {
                    LockSupport.parkNanos(Math.min(left, 50_000_000));
                }
                if (!load.isStopped()) {
                    once();
                    due = Math.max(due, System.nanoTime());
                }
            }
        }

        private synchronized void once() {
            try {
                List<KeyValue> rows =
                        client.transact(TOTAL, BankLoad.this::accountRows).value();
                checks++;
                long total = rows.stream()
                        .mapToLong(row -> Long.parseLong(row.valueText()))
                        .sum();
                latestTotal = OptionalLong.of(total);
                if (total != bank.total() || rows.size() != bank.accounts()) {
                    violations++;
                    if (firstViolation.isEmpty()) {
                        firstViolation = rows.size() + " accounts hold " + total + ", not " + bank.accounts() + " and "
                                + bank.total();
                    }
                }
            } catch (FlotillaException e) {
                failures++;
            }
        }

        void finish() {
            try {
                join(Limits.DEADLINE_MILLIS_MAX);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        synchronized BankSummary summary(LoadSummary summary) {
            return new BankSummary(summary, checks, failures, violations, firstViolation);
        }
    }
}
