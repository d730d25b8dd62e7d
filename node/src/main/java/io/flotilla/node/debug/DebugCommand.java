package io.flotilla.node.debug;

import picocli.CommandLine.Command;

/** {@code flotilla debug}: looks into the files of a stopped store. */
@Command(
        name = "debug",
        description = "Looks into the files of a stopped store, or of a copy of one. Changes nothing.",
        mixinStandardHelpOptions = true,
        subcommands = {DebugCommand.Log.class, DebugCommand.State.class})
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
