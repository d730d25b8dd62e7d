package io.flotilla.client.cli.bench;

import io.flotilla.client.cli.local.LocalCluster;
import io.flotilla.client.cli.local.Ports;
import io.flotilla.client.cli.local.ServerSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code flotilla bench recovery}. */
@Command(
        name = "recovery",
        description =
                "Measure how soon a server that was killed serves again: with many ranges, and a log that must be read.",
        mixinStandardHelpOptions = true)
public final class BenchRecoveryCommand extends LocalBench {
    @Option(
            names = "--ranges",
            paramLabel = "N",
            description = "Users' ranges. Default: ${DEFAULT-VALUE}.",
            defaultValue = "1000")
    private int ranges;

    @Option(
            names = "--log-mib",
            paramLabel = "N",
            description = "Values that are written before the server is killed. Default: ${DEFAULT-VALUE}.",
            defaultValue = "1024")
    private int logMib;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Path directory = makeDirectory();
        List<ServerSpec> servers = LocalCluster.specs(directory, Ports.free(1, new Random()));
        for (ServerSpec server : servers) {
            Files.createDirectories(server.directory());
            // By default the log would be collected before it is that long.
            Files.writeString(server.settingsFile(), "flotilla.raft.log-bytes-kept = " + 2L * logMib + " MiB\n");
        }
        RecoveryReport report;
        try (LocalCluster cluster = cluster(directory, servers)) {
            cluster.start();
            report = new RecoveryBench(cluster, ranges, (long) logMib << 20, this::say).run();
        }
        return conclude(new Conclusion(report.text(), RecoveryReport.SCHEMA, report.fields(), report.met()));
    }
}
