package io.flotilla.node;

import io.flotilla.node.bench.BenchCommand;
import io.flotilla.node.debug.DebugCommand;
import io.flotilla.node.sim.SimCommand;
import java.util.Arrays;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The server's entry point: {@code start}, {@code sim}, {@code debug} and a part of {@code bench}. */
@Command(
        name = "flotilla",
        description = "The Flotilla server.",
        mixinStandardHelpOptions = true,
        subcommands = {StartCommand.class, SimCommand.class, DebugCommand.class, BenchCommand.class})
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        // Chronicle greets on the console otherwise; its analytics are not on the class path at all.
        System.setProperty("chronicle.announcer.disable", "true");
        System.setProperty("chronicle.analytics.disable", "true");
        int exit = isStart(arguments)
                ? start(arguments)
                : new CommandLine(new Main())
                        .setParameterExceptionHandler(StartCommand::notUnderstood)
                        .execute(arguments);
        if (exit != 0) {
            System.exit(exit);
        }
    }

    private static boolean isStart(String[] arguments) {
        return arguments.length > 0 && arguments[0].equals("start");
    }

    /** A server that starts again is waited for, and looking at all other commands first would take it longer than opening its state. */
    private static int start(String[] arguments) {
        Preloading.begin();
        return new CommandLine(new StartCommand())
                .setCommandName("flotilla start")
                .setParameterExceptionHandler(StartCommand::notUnderstood)
                .execute(Arrays.copyOfRange(arguments, 1, arguments.length));
    }
}
