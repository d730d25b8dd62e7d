package io.flotilla.client.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A word that only groups commands; alone it is a mistake. */
@Command(mixinStandardHelpOptions = true, synopsisSubcommandLabel = "COMMAND")
abstract class CommandGroup implements Runnable {
    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        if (spec == null) {
            throw new IllegalStateException("the command was not parsed");
        }
        throw new ParameterException(
                spec.commandLine(),
                "a command is missing after '" + spec.name() + "': one of "
                        + String.join(", ", spec.subcommands().keySet()));
    }
}
