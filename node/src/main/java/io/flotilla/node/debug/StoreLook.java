package io.flotilla.node.debug;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.flotilla.node.log.LogInspector;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What every look into a store's files has in common: where they are, how to print, and that the store is stopped. */
abstract class StoreLook implements Callable<Integer> {
    static final int EXIT_OK = 0;
    static final int EXIT_DAMAGED = 1;
    static final int EXIT_USAGE = 2;

    private static final String UNCHANGED = "nothing was changed";

    /** How the answer is printed. */
    enum Format {
        text,
        json
    }

    @Parameters(paramLabel = "DIR", description = "the store's data directory, or a copy of it")
    Path data = Path.of("");

    @Option(names = "-o", paramLabel = "FORMAT", description = "text or json (default ${DEFAULT-VALUE})")
    Format format = Format.text;

    /** Looks, prints, and returns the exit code. */
    abstract int look(PrintStream out) throws IOException;

    @Override
    public Integer call() throws IOException {
        if (!Files.isDirectory(data)) {
            return fail(
                    "cannot look into " + data, "there is no such directory", "give the --data directory of a node");
        }
        if (isInUse(data.resolve("log").resolve("lock"))) {
            return fail(
                    "cannot look into " + data,
                    "a running node has it open",
                    "stop the node first, or look into a copy of the directory");
        }
        try {
            return look(System.out);
        } catch (RuntimeException | IOException unreadable) {
            return fail(
                    EXIT_DAMAGED,
                    "cannot go on with " + data,
                    unreadable.getClass().getSimpleName() + ": " + unreadable.getMessage(),
                    cutShort(),
                    "mend what is named above, then run the same command again");
        }
    }

    /** What state everything is in when {@link #look} could not end. */
    String cutShort() {
        return UNCHANGED;
    }

    /** Without any there is nothing to be whole. */
    final boolean hasLog() throws IOException {
        return !LogInspector.files(data).isEmpty();
    }

    final int failWithoutLog() {
        return fail("cannot look into " + data, "there are no files of a log", "give the --data directory of a node");
    }

    private static boolean isInUse(Path lockFile) throws IOException {
        if (!Files.exists(lockFile)) {
            return false;
        }
        try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.WRITE);
                FileLock lock = channel.tryLock()) {
            return lock == null;
        } catch (OverlappingFileLockException ours) {
            return true;
        }
    }

    static int fail(String what, String why, String advice) {
        return fail(EXIT_USAGE, what, why, advice);
    }

    static int fail(int exit, String what, String why, String advice) {
        return fail(exit, what, why, UNCHANGED, advice);
    }

    private static int fail(int exit, String what, String why, String state, String advice) {
        System.err.println("error: " + what);
        System.err.println("  why:   " + why);
        System.err.println("  state: " + state);
        System.err.println("  try:   " + advice);
        return exit;
    }

    static void printJson(PrintStream out, Map<String, Object> fields) throws IOException {
        out.println(new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(fields));
    }
}
