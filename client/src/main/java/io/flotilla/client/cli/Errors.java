package io.flotilla.client.cli;

import io.flotilla.client.CommitOutcomeUnknownException;
import io.flotilla.client.DeadlineExceededException;
import io.flotilla.client.ErrorCode;
import io.flotilla.client.FlotillaException;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Turns what went wrong into four lines on standard error (what failed, why, what state it is in now, what to try) and an exit code. With
 * {@code -o json} the four are one JSON document.
 */
final class Errors implements IExecutionExceptionHandler, IParameterExceptionHandler {
    /** Set when the JVM is told to end: what fails from then on fails because of that, and is no news. */
    private static volatile boolean silent;

    private static final String NOTHING_CHANGED = "nothing was changed";

    @Override
    public int handleExecutionException(Exception thrown, CommandLine command, ParseResult parsed) {
        String name = command.getCommandSpec().qualifiedName();
        boolean readOnly = command.getCommand() instanceof ClientCommand asked && asked.readOnly();
        boolean json = command.getCommand() instanceof ClientCommand asked && asked.json();
        boolean ownCluster = !(command.getCommand() instanceof ClientCommand);
        CliFailure failure = ownCluster && thrown instanceof FlotillaException refused
                ? cutShort(refused, name)
                : describe(thrown, name, readOnly);
        print(failure, command.getErr(), json);
        if (System.getenv("FLOTILLA_DEBUG") != null && !silent) {
            thrown.printStackTrace(command.getErr());
        }
        return failure.exitCode();
    }

    @Override
    public int handleParseException(ParameterException wrong, String[] arguments) {
        CommandLine command = wrong.getCommandLine();
        String name = command.getCommandSpec().qualifiedName();
        CliFailure failure = new CliFailure(
                ExitCode.USAGE,
                name + ": cannot understand the command line",
                unmatched(wrong),
                "nothing was sent",
                name + " --help");
        print(failure, command.getErr(), false);
        return failure.exitCode();
    }

    private static String unmatched(ParameterException wrong) {
        if (wrong instanceof UnmatchedArgumentException many && !many.isUnknownOption()) {
            CommandLine command = wrong.getCommandLine();
            String first = "'" + many.getUnmatched().get(0) + "'";
            return command.getSubcommands().isEmpty()
                    ? first + " is one argument too many"
                    : "there is no command " + first + "; there are "
                            + String.join(", ", command.getSubcommands().keySet());
        }
        return oneLine(String.valueOf(wrong.getMessage()));
    }

    static void fallSilentAtTheEnd() {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> silent = true, "errors-silence"));
    }

    private static void print(CliFailure failure, PrintWriter err, boolean json) {
        if (silent) {
            return;
        }
        if (json) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("error", failure.what());
            fields.put("why", failure.why());
            fields.put("state", failure.state());
            fields.put("try", failure.remedy());
            fields.put("exit_code", failure.exitCode());
            err.println(Output.document("flotilla.error.v1", fields));
        } else {
            failure.lines().forEach(err::println);
        }
        err.flush();
    }

    /** A command that brings its own cluster could not go on: no matter what became of the last request. */
    private static CliFailure cutShort(FlotillaException refused, String command) {
        return new CliFailure(
                unreachable(refused) || refused.code() == ErrorCode.DEADLINE ? ExitCode.UNREACHABLE : ExitCode.FAILED,
                command + " was cut short",
                why(refused),
                "its servers are stopped; their directory is gone unless it was to be kept, or is said above not to be removed",
                "read the servers' logs in it, or keep it the next time (--keep, or --data of the demo)");
    }

    /** @param readOnly the command changes nothing, whatever the exception says */
    static CliFailure describe(Throwable thrown, String command, boolean readOnly) {
        if (thrown instanceof CliFailure known) {
            return known.during(command);
        }
        if (thrown instanceof FlotillaException refused) {
            return describe(refused, command, readOnly);
        }
        if (thrown instanceof InterruptedException) {
            return new CliFailure(
                    ExitCode.FAILED, command + ": interrupted", "it was told to stop", "unfinished", "run it again");
        }
        return new CliFailure(
                ExitCode.FAILED,
                command + " failed",
                oneLine(thrown.toString()),
                readOnly ? NOTHING_CHANGED : "not known to this command",
                "set FLOTILLA_DEBUG=1 to see where it happened");
    }

    private static CliFailure describe(FlotillaException refused, String command, boolean readOnly) {
        // Without an answer from anybody, "unreachable" says more than "unknown"; a lost write is looked up by the
        // client and named as such.
        boolean unknown = refused.maybeExecuted() && !readOnly && !unreachable(refused);
        String why = why(refused);
        return new CliFailure(
                unknown ? ExitCode.OUTCOME_UNKNOWN : exitCode(refused),
                command + (unknown ? ": the outcome is unknown" : " failed"),
                why,
                state(refused, readOnly),
                remedy(refused, unknown));
    }

    private static boolean unreachable(FlotillaException refused) {
        return refused.code() == ErrorCode.UNAVAILABLE || refused.code() == ErrorCode.NO_QUORUM;
    }

    private static String state(FlotillaException refused, boolean readOnly) {
        if (!refused.maybeExecuted() || readOnly) {
            return NOTHING_CHANGED;
        }
        return unreachable(refused)
                ? "if it reached anybody it may have been done, wholly or not at all; doing it again is harmless"
                : "it may have taken effect, wholly or not at all";
    }

    private static int exitCode(FlotillaException refused) {
        return switch (refused.code()) {
            case INVALID -> ExitCode.USAGE;
            case NOT_FOUND -> ExitCode.NOT_FOUND;
            case NO_QUORUM, UNAVAILABLE -> ExitCode.UNREACHABLE;
            case OUTCOME_UNKNOWN -> ExitCode.OUTCOME_UNKNOWN;
            case DEADLINE -> waitedForOthers(refused) ? ExitCode.FAILED : ExitCode.UNREACHABLE;
            case DISK_FULL -> ExitCode.DISK_FULL;
            case TOO_LARGE, CONFLICT, OVERLOADED, INTERNAL -> ExitCode.FAILED;
        };
    }

    /** The servers answered, but the time went by on somebody else's transaction. */
    private static boolean waitedForOthers(FlotillaException refused) {
        return refused instanceof DeadlineExceededException late
                && (late.phase().equals("LOCK_WAIT") || late.phase().equals("BODY"));
    }

    private static String remedy(FlotillaException refused, boolean unknown) {
        if (refused instanceof CommitOutcomeUnknownException lost) {
            return "flotilla txn outcome " + lost.txnId() + " " + KeyText.show(lost.anchor());
        }
        if (unknown) {
            return "look at what is there now before you do it again";
        }
        return switch (refused.code()) {
            case INVALID -> "mend what is named above; --help shows the form";
            case TOO_LARGE -> "make it smaller, or ask for less at once";
            case CONFLICT -> "run it again; others are changing the same keys";
            case DEADLINE -> "flotilla status, then again with a longer --timeout";
            case NO_QUORUM -> "flotilla node ls, and start the nodes that are down";
            case UNAVAILABLE ->
                String.valueOf(refused.getMessage()).contains("NOT_INITIALIZED: ")
                        ? "start all the nodes, each with all of them in --join, then 'flotilla init'"
                        : "check --endpoints, that the servers run, and that 'flotilla init' was done once";
            case OVERLOADED -> "offer less, or run it again later";
            case DISK_FULL ->
                "delete what is not needed, or give the server named above more room; no restart is needed";
            case NOT_FOUND -> "flotilla range ls, flotilla node ls";
            case OUTCOME_UNKNOWN -> "flotilla txn outcome, when the cluster can be reached again";
            case INTERNAL -> "read the server's log; the message above names what broke";
        };
    }

    /** Led by the code, by which scripts and the manual know it; many messages begin with it themselves. */
    private static String why(FlotillaException refused) {
        String message = oneLine(String.valueOf(refused.getMessage()));
        return message.startsWith(refused.code() + " ") ? message : refused.code() + ": " + message;
    }

    private static String oneLine(String text) {
        return text.strip().replaceAll("\\s*\\R\\s*", "; ");
    }
}
