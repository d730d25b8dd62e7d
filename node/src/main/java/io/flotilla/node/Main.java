package io.flotilla.node;

import io.flotilla.node.debug.DebugCommand;
import io.flotilla.node.sim.SimCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The server's entry point: {@code start}, {@code sim} and {@code debug}. */
@Command(
        name = "flotilla",
        description = "The Flotilla server.",
        mixinStandardHelpOptions = true,
        subcommands = {StartCommand.class, SimCommand.class, DebugCommand.class})
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        // Chronicle greets on the console otherwise; its analytics are not on the class path at all.
        System.setProperty("chronicle.announcer.disable", "true");
        System.setProperty("chronicle.analytics.disable", "true");
        int exit = new CommandLine(new Main()).execute(arguments);
        if (exit != 0) {
            System.exit(exit);
        }
    }
}
