package io.flotilla.client.cli.bench;

import io.flotilla.client.FlotillaClient;
import io.flotilla.client.cli.ExitCode;
import io.flotilla.client.cli.Output;
import io.flotilla.client.cli.local.Bootstrap;
import io.flotilla.client.cli.local.Directories;
import io.flotilla.client.cli.local.LocalCluster;
import io.flotilla.client.cli.local.Ports;
import io.flotilla.client.cli.local.ServerCommand;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code flotilla bench floor}. */
@Command(
        name = "floor",
        description =
                "Measure latency, throughput and CPU of a cluster of three on two cores, as multiples of what this machine can do at best.",
        mixinStandardHelpOptions = true)
public final class BenchFloorCommand implements Callable<Integer> {
    private static final int NODES = 3;
    private static final int CLIENTS = 64;
    private static final int ROUNDS = 5;
    private static final double WARM_UP_SHARE = 0.4;
    private static final long PATIENCE_MILLIS = 30_000;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            description = "Of measuring; warming up comes before. Default: ${DEFAULT-VALUE}.",
            defaultValue = "50")
    private double seconds;

    @Option(names = "--json", paramLabel = "FILE", description = "Also write the result here as JSON.")
    private @Nullable Path json;

    @Option(
            names = "--markdown",
            paramLabel = "FILE",
            description = "Also write the result into this page, for example docs/performance.md.")
    private @Nullable Path markdown;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description =
                    "Make the servers' temporary directories below DIR: its disk is measured. Default: $$TMPDIR or /tmp.")
    private @Nullable Path data;

    @Option(names = "--any-gateway", description = "Ask all nodes by turns instead of the leaseholder's.")
    private boolean anyGateway;

    @Option(names = "--check", description = "Exit with 1 if a target is missed.")
    private boolean check;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        PrintWriter out = spec == null
                ? new PrintWriter(System.out, true, StandardCharsets.UTF_8)
                : spec.commandLine().getOut();
        Path directory = data == null
                ? Files.createTempDirectory("flotilla-bench-")
                : Files.createTempDirectory(Files.createDirectories(data), "flotilla-bench-");
        double busy = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
        FloorReport report;
        try (LocalCluster cluster = new LocalCluster(
                LocalCluster.specs(directory, Ports.free(NODES, new Random())),
                ServerCommand.ofThisInstallation(),
                () -> Directories.deleteQuietly(directory))) {
            out.println("starting " + NODES + " servers below " + directory);
            cluster.start();
            report = measure(cluster, directory, busy < 0 ? Double.NaN : busy, out);
        }
        out.println();
        out.println(FloorText.terminal(report));
        if (json != null) {
            Files.writeString(json, Output.document(FloorReport.SCHEMA, report.fields()) + "\n");
        }
        if (markdown != null) {
            String page = Files.exists(markdown) ? Files.readString(markdown) : "# Performance\n\n";
            Files.writeString(markdown, FloorText.replaceSection(page, FloorText.markdown(report)));
        }
        boolean met = report.targets().stream().allMatch(Target::met);
        return met || !check ? ExitCode.OK : ExitCode.FAILED;
    }

    private FloorReport measure(LocalCluster cluster, Path directory, double busy, PrintWriter out)
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
            out.printf("warming up for %.0f s%n", seconds * WARM_UP_SHARE);
            bench.warmUp(seconds * WARM_UP_SHARE);
            bench.measure(ROUNDS, seconds, round -> out.println("round " + round + " of " + ROUNDS + " done"));
            return bench.report(new FloorReport.Setting(
                    NODES,
                    Runtime.getRuntime().availableProcessors(),
                    CLIENTS,
                    ROUNDS,
                    seconds,
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
