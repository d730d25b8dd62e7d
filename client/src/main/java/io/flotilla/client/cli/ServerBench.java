package io.flotilla.client.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/** Here for the help only: the launcher hands these commands to the server's own program. */
abstract class ServerBench implements Callable<Integer> {
    @Unmatched
    private String[] handedOver = {};

    @Command(
            name = "log",
            description = "Measure the shared log by itself against raw synced writes.",
            sortOptions = false)
    static final class Log extends ServerBench {}

    @Command(
            name = "checksum",
            description = "Measure what a replica's checksum adds to applying an entry.",
            sortOptions = false)
    static final class Checksum extends ServerBench {}

    @Command(
            name = "sweep",
            description = "Measure what taking away old versions costs for each put.",
            sortOptions = false)
    static final class Sweep extends ServerBench {}

    @Override
    public Integer call() {
        String name = "bench " + getClass().getAnnotation(Command.class).name();
        throw new CliFailure(
                ExitCode.USAGE,
                "this program holds no server",
                "'" + name + "' with " + handedOver.length + " arguments reached the client's program",
                "nothing was started",
                "bin/flotilla " + name + " --help");
    }
}
