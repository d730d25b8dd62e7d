package io.flotilla.client.cli.bench;

import io.flotilla.client.FlotillaClient;
import io.flotilla.client.cli.local.Bootstrap;
import io.flotilla.client.cli.local.LocalCluster;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code flotilla bench overload}. */
@Command(
        name = "overload",
        description =
                "Offer three servers several times the writes they can do: what is still done, how long it takes, what reads beside it feel.",
        mixinStandardHelpOptions = true)
public final class BenchOverloadCommand extends LocalBench {
    private static final int CLIENTS = 64;
    private static final long PATIENCE_MILLIS = 30_000;
    private static final long FLOOD_DEADLINE_MILLIS = 2_000;

    @Option(
            names = "--factor",
            paramLabel = "X",
            description = "How many times what is possible is offered. Default: ${DEFAULT-VALUE}.",
            defaultValue = "3")
    private double factor;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            description = "Of each phase: warming up, before, flood, after. Default: ${DEFAULT-VALUE}.",
            defaultValue = "15")
    private double seconds;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Path directory = makeDirectory();
        OverloadReport report;
        try (LocalCluster cluster = cluster(directory)) {
            cluster.start();
            report = measure(cluster);
        }
        return conclude(new Conclusion(report.text(), OverloadReport.SCHEMA, report.fields(), report.met()));
    }

    private OverloadReport measure(LocalCluster cluster) throws InterruptedException {
        OverloadReport.Setting setting = new OverloadReport.Setting(
                NODES,
                Runtime.getRuntime().availableProcessors(),
                CLIENTS,
                factor,
                seconds,
                Runtime.version().toString());
        try (Bootstrap bootstrap = new Bootstrap(cluster.endpoints(), PATIENCE_MILLIS)) {
            bootstrap.initialize(NODES);
            try (FlotillaClient foreground = client(cluster, PATIENCE_MILLIS);
                    FlotillaClient flood = client(cluster, FLOOD_DEADLINE_MILLIS)) {
                return new OverloadBench(cluster.pids(), foreground, flood, bootstrap, setting, this::say).run();
            }
        }
    }

    private static FlotillaClient client(LocalCluster cluster, long deadlineMillis) {
        return FlotillaClient.builder()
                .endpoints(cluster.endpoints())
                .defaultDeadline(Duration.ofMillis(deadlineMillis))
                .clientName("flotilla-bench")
                .build();
    }
}
