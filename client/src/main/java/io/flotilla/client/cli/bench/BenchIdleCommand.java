package io.flotilla.client.cli.bench;

import io.flotilla.client.cli.local.LocalCluster;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** {@code flotilla bench idle}. */
@Command(
        name = "idle",
        description =
                "Measure what many ranges without traffic cost: CPU and heap of three servers, and the time to wake a range.",
        mixinStandardHelpOptions = true)
public final class BenchIdleCommand extends LocalBench {

    @Option(
            names = "--ranges",
            paramLabel = "N",
            description = "Users' ranges, each with a replica on every node. Default: ${DEFAULT-VALUE}.",
            defaultValue = "10000")
    private int ranges;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            description = "Over which CPU is measured, each time. Default: ${DEFAULT-VALUE}.",
            defaultValue = "60")
    private double seconds;

    @Option(
            names = "--settle",
            paramLabel = "N",
            description =
                    "Seconds for which servers are left alone before CPU is measured; compilers work on for minutes. Default: ${DEFAULT-VALUE}.",
            defaultValue = "120")
    private double settleSeconds;

    @Option(names = "--all-up", description = "Do not also measure with one node dead.")
    private boolean allUp;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (ranges < NODES) {
            throw new ParameterException(commandLine(), "--ranges must be at least " + NODES + ": " + ranges);
        }
        Path directory = makeDirectory();
        IdleReport.Setting setting = new IdleReport.Setting(
                NODES,
                Runtime.getRuntime().availableProcessors(),
                ranges,
                seconds,
                settleSeconds,
                Runtime.version().toString());
        IdleReport report;
        try (LocalCluster cluster = cluster(directory)) {
            cluster.start();
            report = new IdleBench(cluster, setting, this::say).run(!allUp);
        }
        return conclude(new Conclusion(report.text(), IdleReport.SCHEMA, report.fields(), report.met()));
    }
}
