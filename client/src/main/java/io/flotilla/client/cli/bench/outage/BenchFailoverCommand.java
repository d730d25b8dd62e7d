package io.flotilla.client.cli.bench.outage;

import io.flotilla.client.cli.bench.LocalBench;
import io.flotilla.client.cli.fault.RelayNetwork;
import io.flotilla.client.cli.local.Bootstrap;
import io.flotilla.client.cli.local.LocalCluster;
import io.flotilla.client.cli.local.Ports;
import io.flotilla.client.cli.local.ServerSpec;
import io.flotilla.config.settings.RaftSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** {@code flotilla bench failover}. */
@Command(
        name = "failover",
        description =
                "Kill, pause, cut off and stall the leaseholder's node of a cluster of three, and measure how long it is until a client can write again.",
        mixinStandardHelpOptions = true)
public final class BenchFailoverCommand extends LocalBench {
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

    @Option(names = "--seed", paramLabel = "N", description = "Of the moments at which faults come.", hidden = true)
    private long seed = System.nanoTime();

    @Override
    public Integer call() throws IOException, InterruptedException {
        List<FaultKind> wanted = wanted();
        Path directory = makeDirectory();
        double busy = load();
        FailoverReport report;
        List<ServerSpec> servers = servers(directory);
        try (LocalCluster cluster = cluster(directory, servers);
                RelayNetwork network = new RelayNetwork(cluster)) {
            cluster.start();
            report = measure(cluster, network, wanted, busy);
        }
        return conclude(new Conclusion(report.text(), FailoverReport.SCHEMA, report.fields(), report.met()));
    }

    private List<FaultKind> wanted() {
        List<FaultKind> wanted = new ArrayList<>();
        for (String kind : kinds) {
            try {
                wanted.add(FaultKind.of(kind.trim()));
            } catch (IllegalArgumentException unknown) {
                throw new ParameterException(commandLine(), String.valueOf(unknown.getMessage()), unknown);
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
                    List.of("-Dflotilla.fault.disk-file=" + stallFile(own))));
        }
        return servers;
    }

    private static Path stallFile(Path directory) {
        return directory.resolve("stall");
    }

    private FailoverReport measure(LocalCluster cluster, RelayNetwork network, List<FaultKind> wanted, double busy)
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
                    results.put(kind, bench.run(kind, trials, this::say));
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
