package io.flotilla.client.cli;

import io.flotilla.client.cli.demo.DemoDirectory;
import io.flotilla.client.cli.demo.DemoReport;
import io.flotilla.client.cli.demo.DemoRun;
import io.flotilla.client.cli.demo.DemoSettings;
import io.flotilla.client.load.BankLayout;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code flotilla demo}. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        description = {
            "Start a cluster on this machine, run a bank on it, hurt it, and check the books.",
            "Exits with 0 only if the total never changed in any consistent read and every acknowledged transfer is there exactly once; with 5 if not."
        })
final class DemoCommand implements Callable<Integer> {
    private static final int ACCOUNTS_MAX = 100_000;
    private static final int NODES_MAX = 9;
    private static final int RANGES_MAX = BankLayout.SHARDS;

    @Option(
            names = "--nodes",
            paramLabel = "N",
            description = "Server processes. Default: ${DEFAULT-VALUE}.",
            defaultValue = "3")
    private int nodes;

    @Option(
            names = "--ranges",
            paramLabel = "N",
            description = "Ranges the accounts are spread over. Default: ${DEFAULT-VALUE}.",
            defaultValue = "8")
    private int ranges;

    @Option(names = "--accounts", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}.", defaultValue = "1000")
    private int accounts;

    @Option(
            names = "--clients",
            paramLabel = "N",
            description = "Concurrent clients. Default: ${DEFAULT-VALUE}.",
            defaultValue = "16")
    private int clients;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            description = "How long they transfer money. Default: ${DEFAULT-VALUE}.",
            defaultValue = "20")
    private int seconds;

    @Option(names = "--no-faults", description = "Leave the cluster in peace.")
    private boolean noFaults;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description =
                    "Keep the cluster here; a later demo goes on with it. Default: a temporary directory, removed at the end.")
    private @Nullable Path data;

    @Option(names = "--json", paramLabel = "FILE", description = "Write the summary here as JSON; replaces the file.")
    private @Nullable Path json;

    @Option(
            names = "--port-offset",
            paramLabel = "N",
            description = "Use ports 7400+N... and 7500+N... instead of free ones.")
    private @Nullable Integer portOffset;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (spec == null) {
            throw new IllegalStateException("the command was not parsed");
        }
        DemoSettings settings = settings(spec);
        Output output = new Output(spec.commandLine().getOut(), Output.Format.TABLE);
        DemoReport report;
        try (DemoDirectory directory = DemoDirectory.open(data, settings)) {
            report = new DemoRun(settings, directory, output::note).run();
        }
        output.note(report.text());
        if (json != null) {
            Files.writeString(json, Output.document(DemoReport.SCHEMA, report.fields()) + "\n", StandardCharsets.UTF_8);
        }
        if (!report.invariantOk()) {
            return ExitCode.INVARIANT_BROKEN;
        }
        return report.complete() ? ExitCode.OK : ExitCode.FAILED;
    }

    private DemoSettings settings(CommandSpec command) {
        require(command, "--nodes", nodes, 1, NODES_MAX);
        require(command, "--ranges", ranges, 1, RANGES_MAX);
        require(command, "--accounts", accounts, 2, ACCOUNTS_MAX);
        require(command, "--clients", clients, 1, 1024);
        require(command, "--seconds", seconds, 1, 24 * 3600);
        if (!noFaults && nodes < 3) {
            throw new ParameterException(
                    command.commandLine(), "--nodes " + nodes + " cannot bear the loss of a node; add --no-faults");
        }
        return new DemoSettings(nodes, ranges, accounts, clients, seconds, !noFaults, portOffset);
    }

    private static void require(CommandSpec command, String option, int value, int least, int most) {
        if (value < least || value > most) {
            throw new ParameterException(
                    command.commandLine(), option + " is " + value + ", but must be within " + least + ".." + most);
        }
    }
}
