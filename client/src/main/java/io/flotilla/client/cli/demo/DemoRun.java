package io.flotilla.client.cli.demo;

import io.flotilla.client.FlotillaAdmin;
import io.flotilla.client.FlotillaAdmin.InitResult;
import io.flotilla.client.FlotillaClient;
import io.flotilla.client.check.BankVerdict;
import io.flotilla.client.cli.local.Bootstrap;
import io.flotilla.client.cli.local.LocalCluster;
import io.flotilla.client.cli.local.ServerCommand;
import io.flotilla.client.cli.local.ServerProcess;
import io.flotilla.client.cli.local.ServerSpec;
import io.flotilla.client.load.BankLoad;
import io.flotilla.client.load.BankLoad.BankSummary;
import io.flotilla.client.load.BankOptions;
import io.flotilla.client.load.LoadOptions;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;

/** One demo, from the first process to the last comparison. For one use. */
public final class DemoRun {
    private static final long PATIENCE_MILLIS = 30_000;

    /** Well above the time in which a range finds a new leaseholder, so that clients see a pause and no error. */
    private static final Duration CLIENT_DEADLINE = Duration.ofSeconds(20);

    /**
     * Servers that live no longer do more if their methods are compiled quickly than if they are compiled well: the optimizing compilers of several JVMs take
     * half of a small machine for the first minute (docs/performance.md).
     */
    private static final int BRIEF_SECONDS_MAX = 30;

    private static final List<String> QUICKLY_COMPILED = List.of("-XX:TieredStopAtLevel=1");

    private final DemoSettings settings;
    private final DemoDirectory directory;
    private final Consumer<String> out;
    private final BankOptions bank;
    private volatile boolean ending;

    /** @param out takes lines for people */
    public DemoRun(DemoSettings settings, DemoDirectory directory, Consumer<String> out) {
        this.settings = settings;
        this.directory = directory;
        this.out = out;
        this.bank = BankOptions.DEFAULT.accounts(settings.accounts());
    }

    public DemoReport run() throws IOException, InterruptedException {
        long start = System.nanoTime();
        sayUnlessEnding("data in " + directory.root()
                + (directory.kept() ? " (kept)" : " (removed at the end; keep it with --data DIR)"));
        Thread silence = new Thread(() -> ending = true, "demo-silence");
        Runtime.getRuntime().addShutdownHook(silence);
        try (LocalCluster cluster = new LocalCluster(servers(), ServerCommand.ofThisInstallation(), this::afterStop)) {
            DemoReport report = on(cluster, start);
            if (!report.invariantOk()) {
                keepForALook();
            }
            return report;
        } finally {
            forget(silence);
        }
    }

    private List<ServerSpec> servers() {
        return settings.seconds() > BRIEF_SECONDS_MAX
                ? directory.servers()
                : directory.servers().stream()
                        .map(server -> server.withJavaOptions(QUICKLY_COMPILED))
                        .toList();
    }

    private DemoReport on(LocalCluster cluster, long start) throws IOException, InterruptedException {
        try {
            cluster.start();
            for (ServerProcess server : cluster.servers()) {
                sayUnlessEnding("node " + server.spec().nodeId() + "  process " + server.pid() + "  grpc "
                        + server.spec().grpcAddress() + "  log " + server.spec().log());
            }
            try (Bootstrap bootstrap = new Bootstrap(cluster.endpoints(), PATIENCE_MILLIS);
                    FlotillaClient client = FlotillaClient.builder()
                            .endpoints(cluster.endpoints())
                            .defaultDeadline(CLIENT_DEADLINE)
                            .clientName("flotilla-demo")
                            .build()) {
                InitResult init = bootstrap.initialize(settings.nodes());
                sayUnlessEnding(String.format(
                        Locale.ROOT,
                        "cluster %s serves, %.1f s after the start",
                        init.clusterId(),
                        (System.nanoTime() - start) / 1e9));
                return play(cluster, bootstrap, client);
            }
        } catch (RuntimeException | IOException cutShort) {
            keepForALook();
            throw cutShort;
        }
    }

    /** Unless it was the user who ended it. */
    private void keepForALook() {
        if (!ending && !directory.kept()) {
            directory.keep();
            sayUnlessEnding("something is wrong; " + directory.root() + " is not removed");
        }
    }

    /** After Ctrl-C every request fails, and that is no news. */
    private void sayUnlessEnding(String line) {
        if (!ending) {
            out.accept(line);
        }
    }

    /** All processes are gone: in the ordinary way, or because this one was told to end. */
    private void afterStop() {
        directory.removeIfTemporary();
        if (ending) {
            out.accept("stopped: every server this demo started has ended"
                    + (directory.kept() ? "" : ", and " + directory.root() + " is removed"));
        }
    }

    private static void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException alreadyEnding) {
            // It has run, or is about to.
        }
    }

    private DemoReport play(LocalCluster cluster, Bootstrap bootstrap, FlotillaClient client)
            throws IOException, InterruptedException {
        List<String> oldBooks = compareOldBooks(client);
        directory.books(null);
        bootstrap.split(bank.layout().splitKeys(settings.ranges()));
        LoadOptions options = LoadOptions.DEFAULT
                .clients(settings.clients())
                .duration(Duration.ofSeconds(settings.seconds()))
                .seed(ThreadLocalRandom.current().nextLong());
        BankLoad load = new BankLoad(client, bank, options);
        load.init();
        FlotillaAdmin admin = bootstrap.admin();
        int rangesStart = bootstrap.untilItWorks(() -> admin.ranges(false).size());
        sayUnlessEnding(String.format(
                Locale.ROOT,
                "%d accounts of %d in %d ranges; %d clients transfer money for %d s",
                bank.accounts(),
                bank.initialBalance(),
                rangesStart,
                settings.clients(),
                settings.seconds()));
        DemoView view = new DemoView(this::sayUnlessEnding, bank.total());
        FaultPlot plot =
                new FaultPlot(cluster, bootstrap, bank.layout(), settings.ranges(), settings.seconds(), view::marker);
        BankSummary summary = underFaults(plot, load, view, admin, rangesStart);
        bootstrap.awaitServing();
        BankVerdict verdict = load.check();
        int rangesEnd = bootstrap.untilItWorks(() -> admin.ranges(false).size());
        directory.books(BooksDigest.read(client, bank.layout()));
        return new DemoReport(
                settings, rangesStart, rangesEnd, crossRange(load), summary, verdict, plot.events(), oldBooks);
    }

    private BankSummary underFaults(FaultPlot plot, BankLoad load, DemoView view, FlotillaAdmin admin, int rangesNow)
            throws InterruptedException {
        Thread faults = new Thread(
                () -> {
                    try {
                        plot.play();
                    } catch (InterruptedException ended) {
                        Thread.currentThread().interrupt();
                    }
                },
                "demo-faults");
        faults.setDaemon(true);
        try (RangeWatch ranges = new RangeWatch(admin, rangesNow)) {
            if (settings.faults()) {
                faults.start();
            }
            return load.run(sample -> view.sample(sample, ranges.count(), load.latestTotal()));
        } finally {
            // The node that was killed is back before the books are compared.
            faults.join();
        }
    }

    /** Transfers between accounts that lay in different ranges from the beginning, and so all the time: ranges are only ever split. */
    private long crossRange(BankLoad load) {
        List<String> borders = bank.layout().splitKeys(settings.ranges());
        return load.committedBetween((from, to) -> rangeOf(borders, from) != rangeOf(borders, to));
    }

    private int rangeOf(List<String> borders, int account) {
        String key = bank.layout().key(account);
        int range = 0;
        while (range < borders.size() && borders.get(range).compareTo(key) <= 0) {
            range++;
        }
        return range;
    }

    private List<String> compareOldBooks(FlotillaClient client) {
        List<String> findings = new ArrayList<>();
        if (!directory.existed()) {
            return findings;
        }
        Optional<DemoDirectory.Books> left = directory.books();
        if (left.isEmpty()) {
            sayUnlessEnding("an earlier demo was here, but was cut short; its books cannot be compared");
            return findings;
        }
        DemoDirectory.Books found = BooksDigest.read(client, bank.layout());
        if (found.equals(left.get())) {
            sayUnlessEnding(
                    "the " + found.rows() + " rows an earlier demo left are all there, unchanged " + DemoView.RIGHT);
        } else {
            findings.add("an earlier demo left " + left.get().rows() + " rows; now there are " + found.rows()
                    + (found.rows() == left.get().rows() ? ", with other contents" : ""));
            sayUnlessEnding("BROKEN  " + findings.get(0));
        }
        return findings;
    }
}
