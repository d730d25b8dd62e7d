package io.flotilla.client.cli.bench.outage;

import io.flotilla.client.FlotillaClient;
import io.flotilla.client.cli.bench.LocalBench;
import io.flotilla.client.cli.local.Bootstrap;
import io.flotilla.client.cli.local.LocalCluster;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code flotilla bench handoff}. */
@Command(
        name = "handoff",
        description =
                "Restart the nodes of a cluster of three in turn, in good order and under load, and measure how much less is written in the second in which a node hands over.",
        mixinStandardHelpOptions = true)
public final class BenchHandoffCommand extends LocalBench {
    private static final long PATIENCE_MILLIS = 60_000;
    private static final Duration WRITE_DEADLINE = Duration.ofSeconds(20);

    @Option(
            names = "--trials",
            paramLabel = "N",
            description = "Hand-offs, by turns of the nodes. Default: ${DEFAULT-VALUE}.",
            defaultValue = "9")
    private int trials;

    @Option(
            names = "--ranges",
            paramLabel = "N",
            description = "Ranges written to, led by all nodes alike. Default: ${DEFAULT-VALUE}.",
            defaultValue = "12")
    private int ranges;

    @Option(
            names = "--rate",
            paramLabel = "N",
            description = "Writes begun per second; 0: as fast as the clients are answered. Default: ${DEFAULT-VALUE}.",
            defaultValue = "0")
    private int rate;

    @Option(
            names = "--clients",
            paramLabel = "N",
            description = "Without a rate: clients that write one after the other. Default: ${DEFAULT-VALUE}.",
            defaultValue = "32")
    private int clients;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Path directory = makeDirectory();
        double busy = load();
        HandoffReport report;
        try (LocalCluster cluster = cluster(directory)) {
            cluster.start();
            report = measure(cluster, busy);
        }
        return conclude(new Conclusion(report.text(), HandoffReport.SCHEMA, report.fields(), report.met()));
    }

    private HandoffReport measure(LocalCluster cluster, double busy) throws IOException, InterruptedException {
        List<String> prefixes = new ArrayList<>();
        for (int i = 0; i < ranges; i++) {
            prefixes.add(String.format(Locale.ROOT, "handoff/%04d/", i));
        }
        try (Bootstrap bootstrap = new Bootstrap(cluster.endpoints(), PATIENCE_MILLIS)) {
            bootstrap.initialize(NODES);
            bootstrap.split(prefixes);
            try (FlotillaClient client = FlotillaClient.builder()
                            .endpoints(cluster.endpoints())
                            .defaultDeadline(WRITE_DEADLINE)
                            .clientName("flotilla-bench")
                            .build();
                    Traffic traffic = new Traffic(client, prefixes, rate, clients)) {
                List<HandoffReport.Trial> done =
                        new HandoffBench(cluster, bootstrap, prefixes, traffic).run(trials, this::say);
                traffic.finish();
                return new HandoffReport(setting(busy), done, traffic.errors(), traffic.firstError());
            }
        }
    }

    private HandoffReport.Setting setting(double busy) {
        return new HandoffReport.Setting(
                NODES,
                ranges,
                Runtime.getRuntime().availableProcessors(),
                rate > 0 ? rate + " writes per second" : clients + " clients without a pause",
                Runtime.version().toString(),
                busy);
    }
}
