package io.flotilla.client.cli.bench;

import io.flotilla.client.cli.ExitCode;
import io.flotilla.client.cli.Output;
import io.flotilla.client.cli.local.Directories;
import io.flotilla.client.cli.local.LocalCluster;
import io.flotilla.client.cli.local.Ports;
import io.flotilla.client.cli.local.ServerCommand;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code flotilla bench idle}. */
@Command(
        name = "idle",
        description =
                "Measure what many ranges without traffic cost: CPU and heap of three servers, and the time to wake a range.",
        mixinStandardHelpOptions = true)
public final class BenchIdleCommand implements Callable<Integer> {
    private static final int NODES = 3;

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

    @Option(names = "--all-up", description = "Do not also measure with one node dead.")
    private boolean allUp;

    @Option(names = "--json", paramLabel = "FILE", description = "Also write the result here as JSON.")
    private @Nullable Path json;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "Make the servers' temporary directories below DIR. Default: $$TMPDIR or /tmp.")
    private @Nullable Path data;

    @Option(names = "--check", description = "Exit with 1 if a target is missed.")
    private boolean check;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (ranges < NODES) {
            throw new ParameterException(
                    spec == null ? new picocli.CommandLine(this) : spec.commandLine(),
                    "--ranges must be at least " + NODES + ": " + ranges);
        }
        PrintWriter out = spec == null
                ? new PrintWriter(System.out, true, StandardCharsets.UTF_8)
                : spec.commandLine().getOut();
        Path directory = data == null
                ? Files.createTempDirectory("flotilla-bench-")
                : Files.createTempDirectory(Files.createDirectories(data), "flotilla-bench-");
        IdleReport.Setting setting = new IdleReport.Setting(
                NODES,
                Runtime.getRuntime().availableProcessors(),
                ranges,
                seconds,
                Runtime.version().toString());
        IdleReport report;
        try (LocalCluster cluster = new LocalCluster(
                LocalCluster.specs(directory, Ports.free(NODES, new Random())),
                ServerCommand.ofThisInstallation(),
                () -> Directories.deleteQuietly(directory))) {
            say(out, "starting " + NODES + " servers below " + directory);
            cluster.start();
            report = new IdleBench(cluster, setting, line -> say(out, line)).run(!allUp);
        }
        out.println();
        out.println(report.text());
        if (json != null) {
            Files.writeString(json, Output.document(IdleReport.SCHEMA, report.fields()) + "\n");
        }
        boolean met = report.targets().stream().allMatch(Target::met);
        return met || !check ? ExitCode.OK : ExitCode.FAILED;
    }

    private static void say(PrintWriter out, String line) {
        out.println(line);
        out.flush();
    }
}
