package io.flotilla.client.cli.bench;

import io.flotilla.client.FlotillaClient;
import io.flotilla.client.cli.local.Bootstrap;
import io.flotilla.client.cli.local.LocalCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code flotilla bench floor}. */
@Command(
        name = "floor",
        description =
                "Measure latency, throughput and CPU of a cluster of three on two cores, as multiples of what this machine can do at best.",
        mixinStandardHelpOptions = true)
public final class BenchFloorCommand extends LocalBench {
    private static final int CLIENTS = 64;
    private static final int ROUNDS = 5;
    private static final double WARM_UP_SHARE = 0.4;
    private static final double WARM_UP_SHARE_MAX = 4;
    private static final long PATIENCE_MILLIS = 30_000;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            description =
                    "Of measuring; warming up comes before and takes up to four times as long. Default: ${DEFAULT-VALUE}.",
            defaultValue = "50")
    private double seconds;

    @Option(
            names = "--markdown",
            paramLabel = "FILE",
            description = "Also write the result into this page, for example docs/performance.md.")
    private @Nullable Path markdown;

    @Option(names = "--any-gateway", description = "Ask all nodes by turns instead of the leaseholder's.")
    private boolean anyGateway;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Path directory = makeDirectory();
        double busy = load();
        FloorReport report;
        try (LocalCluster cluster = cluster(directory)) {
            cluster.start();
            report = measure(cluster, directory, busy);
        }
        if (markdown != null) {
            String page = Files.exists(markdown) ? Files.readString(markdown) : "# Performance\n\n";
            Files.writeString(markdown, FloorText.replaceSection(page, FloorText.markdown(report)));
        }
        boolean met = report.targets().stream().allMatch(Target::met);
        return conclude(new Conclusion(FloorText.terminal(report), FloorReport.SCHEMA, report.fields(), met));
    }

    private FloorReport measure(LocalCluster cluster, Path directory, double busy)
            throws IOException, InterruptedException {
        prepare(cluster);
        FlotillaClient.Builder builder = FlotillaClient.builder()
                .endpoints(
                        anyGateway
                                ? cluster.endpoints()
                                : List.of(cluster.endpoints().get(0)))
                .defaultDeadline(Duration.ofSeconds(10))
                .clientName("flotilla-bench");
        try (FlotillaClient client = builder.build();
                LoopbackEcho echo = new LoopbackEcho();
                ForcedAppend append = new ForcedAppend(directory.resolve("floor"))) {
            FloorBench bench = new FloorBench(client, cluster.pids(), echo, append, CLIENTS);
            say(String.format(
                    "warming up until the servers' compilers have little to do, for %.0f to %.0f s",
                    seconds * WARM_UP_SHARE, seconds * WARM_UP_SHARE_MAX));
            FloorReport.WarmUp warmUp = bench.warmUp(seconds * WARM_UP_SHARE, seconds * WARM_UP_SHARE_MAX);
            say(String.format(
                    "warmed up for %.0f s; compilers still take %.0f %% of a core",
                    warmUp.seconds(), 100 * warmUp.compiling()));
            bench.measure(ROUNDS, seconds, round -> say("round " + round + " of " + ROUNDS + " done"));
            return bench.report(new FloorReport.Setting(
                    NODES,
                    Runtime.getRuntime().availableProcessors(),
                    CLIENTS,
                    ROUNDS,
                    seconds,
                    warmUp,
                    directory.toString(),
                    Runtime.version().toString(),
                    anyGateway ? "all nodes by turns" : "the leaseholder of the first range",
                    busy));
        }
    }

    /** Two ranges with different leaseholders: node 1, which is the gateway, and node 2. */
    private static void prepare(LocalCluster cluster) throws InterruptedException {
        try (Bootstrap bootstrap = new Bootstrap(cluster.endpoints(), PATIENCE_MILLIS)) {
            bootstrap.initialize(NODES);
            bootstrap.split(List.of(FloorOperations.BORDER));
            bootstrap.moveLease(FloorOperations.LEFT, 1);
            bootstrap.moveLease(FloorOperations.RIGHT, 2);
        }
    }
}
