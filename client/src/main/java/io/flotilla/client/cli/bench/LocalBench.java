package io.flotilla.client.cli.bench;

import io.flotilla.client.cli.ExitCode;
import io.flotilla.client.cli.Output;
import io.flotilla.client.cli.local.Directories;
import io.flotilla.client.cli.local.LocalCluster;
import io.flotilla.client.cli.local.Ports;
import io.flotilla.client.cli.local.ServerCommand;
import io.flotilla.client.cli.local.ServerSpec;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What every benchmark of servers of its own has in common: where these live, where the result goes, and whether a missed target is a failure. */
public abstract class LocalBench implements Callable<Integer> {
    protected static final int NODES = 3;

    @Option(names = "--json", paramLabel = "FILE", description = "Also write the result here as JSON.")
    private @Nullable Path json;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description =
                    "Make the servers' temporary directories below DIR: its disk is measured. Default: $$TMPDIR or /tmp.")
    private @Nullable Path data;

    @Option(names = "--check", description = "Exit with 1 if a target is missed.")
    private boolean check;

    @Option(names = "--keep", description = "Keep the servers' directories, with their logs.")
    private boolean keep;

    @Spec
    private @Nullable CommandSpec spec;

    /** The result, with how many targets were met. @param fields as JSON has them, without the schema */
    public record Conclusion(String text, String schema, Map<String, Object> fields, boolean met) {}

    /** Of the command, to say what is wrong with its options. */
    protected final CommandLine commandLine() {
        return spec == null ? new CommandLine(this) : spec.commandLine();
    }

    protected final PrintWriter out() {
        return spec == null
                ? new PrintWriter(System.out, true, StandardCharsets.UTF_8)
                : spec.commandLine().getOut();
    }

    /** A line that is seen at once. */
    protected final void say(String line) {
        PrintWriter out = out();
        out.println(line);
        out.flush();
    }

    /** The servers' directory; theirs to delete. */
    protected final Path makeDirectory() throws IOException {
        return data == null
                ? Files.createTempDirectory("flotilla-bench-")
                : Files.createTempDirectory(Files.createDirectories(data), "flotilla-bench-");
    }

    /** Three servers below {@code directory}, which goes with them unless it is to be kept. */
    protected final LocalCluster cluster(Path directory) throws IOException {
        return cluster(directory, LocalCluster.specs(directory, Ports.free(NODES, new Random())));
    }

    /** As {@link #cluster(Path)}, with these servers. */
    protected final LocalCluster cluster(Path directory, List<ServerSpec> servers) {
        say("starting " + servers.size() + " servers below " + directory);
        return new LocalCluster(servers, ServerCommand.ofThisInstallation(), () -> {
            if (!keep) {
                Directories.deleteQuietly(directory);
            }
        });
    }

    /** The machine's load average; NaN if it is not known. To be asked before the servers start. */
    protected static double load() {
        double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
        return load < 0 ? Double.NaN : load;
    }

    /** Prints the result and writes it where it is wanted; returns the exit code. */
    protected final int conclude(Conclusion conclusion) throws IOException {
        say("");
        say(conclusion.text());
        if (json != null) {
            Files.writeString(json, Output.document(conclusion.schema(), conclusion.fields()) + "\n");
        }
        return conclusion.met() || !check ? ExitCode.OK : ExitCode.FAILED;
    }
}
