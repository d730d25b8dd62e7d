package io.flotilla.client.cli.bench.outage;

import io.flotilla.client.cli.ExitCode;
import io.flotilla.client.cli.Output;
import io.flotilla.client.cli.fault.RelayNetwork;
import io.flotilla.client.cli.local.Bootstrap;
import io.flotilla.client.cli.local.Directories;
import io.flotilla.client.cli.local.LocalCluster;
import io.flotilla.client.cli.local.Ports;
import io.flotilla.client.cli.local.ServerCommand;
import io.flotilla.client.cli.local.ServerSpec;
import io.flotilla.config.settings.RaftSettings;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code flotilla bench failover}. */
@Command(
        name = "failover",
        description =
                "Kill, pause, cut off and stall the leaseholder's node of a cluster of three, and measure how long it is until a client can write again.",
        mixinStandardHelpOptions = true)
public final class BenchFailoverCommand implements Callable<Integer> {
    private static final int NODES = 3;
    private static final long PATIENCE_MILLIS = 60_000;

    @Option(
            names = "--trials",
            paramLabel = "N",
            description = "Faults of each kind. Default: ${DEFAULT-VALUE}.",
            defaultValue = "30")
    private int trials;

    @Option(
            names = "--kinds",
            paramLabel = "KIND",
            split = ",",
            description = "Of kill, pause, one_way, disk_stall. Default: all.",
            defaultValue = "kill,pause,one_way,disk_stall")
    private List<String> kinds = List.of();

    @Option(names = "--json", paramLabel = "FILE", description = "Also write the result here as JSON.")
    private @Nullable Path json;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "Make the servers' temporary directories below DIR. Default: $$TMPDIR or /tmp.")
    private @Nullable Path data;

    @Option(
            names = "--write-every",
            paramLabel = "MS",
            description = "Pace of the writer. Default: ${DEFAULT-VALUE}.",
            defaultValue = "5")
    private long writeEveryMillis;

    @Option(
            names = "--any-gateway",
            description = "Write through all nodes by turns, the victim included, instead of through another node.")
    private boolean anyGateway;

    @Option(names = "--check", description = "Exit with 1 if a target is missed.")
    private boolean check;

    @Option(names = "--seed", paramLabel = "N", description = "Of the moments at which faults come.", hidden = true)
    private long seed = System.nanoTime();

    @Option(names = "--keep", description = "Keep the servers' directories, with their logs.")
    private boolean keep;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        PrintWriter out = spec == null
                ? new PrintWriter(System.out, true, StandardCharsets.UTF_8)
                : spec.commandLine().getOut();
        List<FaultKind> wanted = wanted();
        Path directory = data == null
                ? Files.createTempDirectory("flotilla-bench-")
                : Files.createTempDirectory(Files.createDirectories(data), "flotilla-bench-");
        double busy = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
        FailoverReport report;
        List<ServerSpec> servers = servers(directory);
        try (LocalCluster cluster =
                        new LocalCluster(servers, ServerCommand.ofThisInstallation(), () -> afterStop(directory));
                RelayNetwork network = new RelayNetwork(cluster)) {
            out.println("starting " + NODES + " servers below " + directory);
            cluster.start();
            report = measure(cluster, network, wanted, busy < 0 ? Double.NaN : busy, out);
        }
        out.println();
        out.println(report.text());
        if (json != null) {
            Files.writeString(json, Output.document(FailoverReport.SCHEMA, report.fields()) + "\n");
        }
        return report.met() || !check ? ExitCode.OK : ExitCode.FAILED;
    }

    private void afterStop(Path directory) {
        if (!keep) {
            Directories.deleteQuietly(directory);
        }
    }

    private List<FaultKind> wanted() {
        List<FaultKind> wanted = new ArrayList<>();
        for (String kind : kinds) {
            try {
                wanted.add(FaultKind.of(kind.trim()));
            } catch (IllegalArgumentException unknown) {
                if (spec == null) {
                    throw unknown;
                }
                throw new ParameterException(spec.commandLine(), String.valueOf(unknown.getMessage()), unknown);
            }
        }
        return wanted;
    }

    /** Each advertises a port of its own on which a relay listens. */
    private static List<ServerSpec> servers(Path directory) throws IOException {
        List<Ports.Pair> ports = Ports.free(2 * NODES, new Random());
        List<ServerSpec> servers = new ArrayList<>();
        for (int i = 0; i < NODES; i++) {
            Path own = directory.resolve("node" + (i + 1));
            servers.add(new ServerSpec(
                    i + 1,
                    ports.get(i).grpc(),
                    ports.get(i).transport(),
                    ports.get(NODES + i).transport(),
                    own,
                    List.of("-Dflotilla.fault.stall-file=" + stallFile(own))));
        }
        return servers;
    }

    private static Path stallFile(Path directory) {
        return directory.resolve("stall");
    }

    private FailoverReport measure(
            LocalCluster cluster, RelayNetwork network, List<FaultKind> wanted, double busy, PrintWriter out)
            throws IOException, InterruptedException {
        Map<FaultKind, List<FailoverReport.Trial>> results = new EnumMap<>(FaultKind.class);
        List<Path> stallFiles = cluster.servers().stream()
                .map(server -> stallFile(server.spec().directory()))
                .toList();
        try (Bootstrap bootstrap = new Bootstrap(cluster.endpoints(), PATIENCE_MILLIS)) {
            bootstrap.initialize(NODES);
            bootstrap.split(List.of(FaultBench.PREFIX));
            try (FaultBench bench =
                    new FaultBench(cluster, network, bootstrap, stallFiles, writeEveryMillis, anyGateway, seed)) {
                for (FaultKind kind : wanted) {
                    results.put(kind, bench.run(kind, trials, out::println));
                }
            }
        }
        return new FailoverReport(
                new FailoverReport.Setting(
                        NODES,
                        Runtime.getRuntime().availableProcessors(),
                        RaftSettings.DEFAULT.electionMillisMin(),
                        writeEveryMillis,
                        anyGateway ? "all nodes by turns" : "another node than the leaseholder's",
                        Runtime.version().toString(),
                        busy),
                results);
    }
}
