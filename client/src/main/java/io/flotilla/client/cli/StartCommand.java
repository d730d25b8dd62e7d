package io.flotilla.client.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/** Here for the help only: the launcher hands this command to the server's own program. */
@Command(
        name = "start",
        description = "Start one server: --config FILE, or --node-id --listen --grpc --advertise --data --join.",
        sortOptions = false)
final class StartCommand implements Callable<Integer> {
    @Unmatched
    private String[] handedOver = {};

    @Override
    public Integer call() {
        throw new CliFailure(
                ExitCode.USAGE,
                "this program holds no server",
                "'start' with " + handedOver.length + " arguments reached the client's program",
                "nothing was started",
                "bin/flotilla start --help");
    }
}
