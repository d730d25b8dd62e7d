package io.flotilla.node.debug;

import com.fasterxml.jackson.databind.ObjectMapper;
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
        return look(System.out);
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
        System.err.println("error: " + what);
        System.err.println("  why:   " + why);
        System.err.println("  state: nothing was changed");
        System.err.println("  try:   " + advice);
        return exit;
    }

    static void printJson(PrintStream out, Map<String, Object> fields) throws IOException {
        out.println(new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(fields));
    }
}
