package io.flotilla.client.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line's entry. */
@Command(
        name = "flotilla",
        description = "A sharded, replicated, transactional key-value store.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            DemoCommand.class,
            StartCommand.class,
            InitCommand.class,
            StatusCommand.class,
            NodeCommand.class,
            RangeCommand.class,
            KvCommand.class,
            TxnCommand.class,
            LoadCommand.class,
            BenchCommand.class,
            SimCommand.class,
            DebugCommand.class,
        },
        footerHeading = "%nExit codes:%n",
        footer = {
            "  0 ok, 1 failed, 2 usage, 3 not found, 4 unreachable or no quorum,",
            "  5 an invariant broke (demo, load), 7 outcome unknown, 8 disk full"
        })
public final class FlotillaCli implements Runnable {
    /** Of the client's network library; held, for a logger that nobody holds forgets what it was told. */
    private static final Logger NETWORK = Logger.getLogger("io.grpc");

    @Spec
    private CommandSpec spec = CommandSpec.create();

    private FlotillaCli() {}

    /** Runs one command and ends the JVM with its exit code. */
    public static void main(String[] arguments) {
        PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        // There is no log to configure in a command; libraries that look for one need not say so.
        System.setProperty("slf4j.internal.verbosity", "ERROR");
        NETWORK.setLevel(Level.OFF); // what went wrong is an error's second line
        Errors.fallSilentAtTheEnd();
        System.exit(run(out, err, arguments));
    }

    /** Runs one command. @return its exit code, see {@link ExitCode} */
    static int run(PrintWriter out, PrintWriter err, String... arguments) {
        return commandLine(out, err).execute(arguments);
    }

    static CommandLine commandLine(PrintWriter out, PrintWriter err) {
        Errors errors = new Errors();
        return new CommandLine(new FlotillaCli())
                .setOut(out)
                .setErr(err)
                .setCaseInsensitiveEnumValuesAllowed(true)
                // A value may begin with @; it names no file.
                .setExpandAtFiles(false)
                .registerConverter(Duration.class, new DurationText())
                .setExecutionExceptionHandler(errors)
                .setParameterExceptionHandler(errors);
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing");
    }
}
