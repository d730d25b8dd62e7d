package io.flotilla.client.cli.bench;

import io.flotilla.client.cli.local.LocalCluster;
import io.flotilla.client.cli.local.Ports;
import java.io.IOException;
import java.nio.file.Path;
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
        RecoveryReport report;
        try (LocalCluster cluster = cluster(directory, LocalCluster.specs(directory, Ports.free(1, new Random())))) {
            cluster.start();
            report = new RecoveryBench(cluster, ranges, (long) logMib << 20, this::say).run();
        }
        return conclude(new Conclusion(report.text(), RecoveryReport.SCHEMA, report.fields(), report.met()));
    }
}
