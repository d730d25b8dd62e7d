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
import picocli.CommandLine.ParameterException;

/** {@code flotilla bench space}. */
@Command(
        name = "space",
        description =
                "Measure what data takes on disk that is overwritten again and again, and what is written for it.",
        mixinStandardHelpOptions = true)
public final class BenchSpaceCommand extends LocalBench {
    @Option(
            names = "--ranges",
            paramLabel = "N",
            description = "Users' ranges, each with a replica on every node. Default: ${DEFAULT-VALUE}.",
            defaultValue = "1")
    private int ranges;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            description = "Overwrite for so long at most. Default: ${DEFAULT-VALUE}.",
            defaultValue = "300")
    private double seconds;

    @Option(
            names = "--overwrites",
            paramLabel = "N",
            description = "Overwrite each key so often at most. Default: ${DEFAULT-VALUE}.",
            defaultValue = "60")
    private int overwrites;

    @Option(
            names = "--live-mib",
            paramLabel = "N",
            description = "Keys and values that are there at any time. Default: ${DEFAULT-VALUE}.",
            defaultValue = "64")
    private int liveMib;

    @Option(
            names = "--value-bytes",
            paramLabel = "N",
            description = "Bytes of each value, which do not compress. Default: ${DEFAULT-VALUE}.",
            defaultValue = "4000")
    private int valueBytes;

    @Option(
            names = "--retention-seconds",
            paramLabel = "N",
            description =
                    "How long the servers keep what is overwritten. A day's worth of overwrites in five minutes is 288 times as fast, and a retention of ten minutes then is two seconds. Default: ${DEFAULT-VALUE}.",
            defaultValue = "5")
    private int retentionSeconds;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (ranges < 1 || liveMib < 1 || valueBytes < 1 || retentionSeconds < 1) {
            throw new ParameterException(commandLine(), "all numbers must be positive");
        }
        Path directory = makeDirectory();
        List<ServerSpec> servers = LocalCluster.specs(directory, Ports.free(NODES, new Random()));
        for (ServerSpec server : servers) {
            Files.createDirectories(server.directory());
            Files.writeString(
                    server.settingsFile(),
                    "flotilla.versions { retention = " + retentionSeconds + " s, any-retention = true }\n");
        }
        SpaceReport.Setting setting = new SpaceReport.Setting(
                NODES,
                ranges,
                (long) liveMib << 20,
                valueBytes,
                seconds,
                overwrites,
                retentionSeconds,
                Runtime.getRuntime().availableProcessors(),
                Runtime.version().toString());
        SpaceReport report;
        try (LocalCluster cluster = cluster(directory, servers)) {
            cluster.start();
            report = new SpaceBench(cluster, setting, this::say).run();
        }
        return conclude(new Conclusion(report.text(), SpaceReport.SCHEMA, report.fields(), report.met()));
    }
}
