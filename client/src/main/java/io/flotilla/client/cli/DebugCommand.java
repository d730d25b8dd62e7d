package io.flotilla.client.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/** Here for the help only: the launcher hands this command to the server's own program. */
@Command(
        name = "debug",
        description = "Look into the files of a stopped store, or have a damaged one made anew.",
        sortOptions = false)
final class DebugCommand implements Callable<Integer> {
    @Unmatched
    private String[] handedOver = {};

    @Override
    public Integer call() {
        throw new CliFailure(
                ExitCode.USAGE,
                "this program holds no server",
                "'debug' with " + handedOver.length + " arguments reached the client's program",
                "nothing was started",
                "bin/flotilla debug --help");
    }
}
