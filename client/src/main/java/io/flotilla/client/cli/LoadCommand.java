package io.flotilla.client.cli;

import picocli.CommandLine.Command;

/** {@code flotilla load …}. */
@Command(name = "load", description = "Drive a running cluster.", subcommands = LoadCommand.Run.class)
final class LoadCommand extends CommandGroup {
    /** {@code flotilla load run …}. */
    @Command(
            name = "run",
            description = "Run a load and print a line a second.",
            subcommands = {LoadAppendCommand.class, LoadBankCommand.class, LoadKvCommand.class})
    static final class Run extends CommandGroup {}
}
