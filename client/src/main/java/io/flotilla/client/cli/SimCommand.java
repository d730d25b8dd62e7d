package io.flotilla.client.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/** Here for the help only: the launcher hands this command to the server's own program. */
@Command(name = "sim", description = "Run the deterministic simulator on a seed.", sortOptions = false)
final class SimCommand implements Callable<Integer> {
    @Unmatched
    private String[] handedOver = {};

    @Override
    public Integer call() {
        throw new CliFailure(
                ExitCode.USAGE,
                "this program holds no server",
                "'sim' with " + handedOver.length + " arguments reached the client's program",
                "nothing was started",
                "bin/flotilla sim --help");
    }
}
