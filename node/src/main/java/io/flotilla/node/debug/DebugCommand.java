package io.flotilla.node.debug;

import picocli.CommandLine.Command;

/** {@code flotilla debug}: looks into the files of a stopped store, and prepares a damaged one to be made anew. */
@Command(
        name = "debug",
        description =
                "Looks into the files of a stopped store, or of a copy of one; prepares a damaged one to be made anew.",
        mixinStandardHelpOptions = true,
        subcommands = {DebugCommand.Log.class, DebugCommand.State.class, RebuildCommand.class})
public final class DebugCommand {
    /** {@code flotilla debug log}. */
    @Command(
            name = "log",
            description = "The shared Raft log.",
            mixinStandardHelpOptions = true,
            subcommands = {LogDumpCommand.class, LogVerifyCommand.class})
    static final class Log {}

    /** {@code flotilla debug state}. */
    @Command(
            name = "state",
            description = "The applied state.",
            mixinStandardHelpOptions = true,
            subcommands = {StateVerifyCommand.class})
    static final class State {}
}
