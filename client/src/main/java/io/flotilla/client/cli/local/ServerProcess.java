package io.flotilla.client.cli.local;

import io.flotilla.client.cli.CliFailure;
import io.flotilla.client.cli.ExitCode;
import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One server process, started and ended at will on the same directory and ports. Not safe for use by several threads at once, except {@link #pid}. */
public final class ServerProcess {
    private static final long POLL_MILLIS = 10;
    private static final String JAVA_OPTIONS = "FLOTILLA_JAVA_OPTS";
    private static final int LOG_TAIL_LINES = 4;
    private static final int LOG_TAIL_BYTES = 16 * 1024;

    private final ServerSpec spec;
    private final List<String> command;
    private volatile @Nullable Process process;
    private long logStart;

    /** @param command the whole command line; see {@link ServerCommand} */
    ServerProcess(ServerSpec spec, List<String> command) {
        this.spec = spec;
        this.command = List.copyOf(command);
    }

    public ServerSpec spec() {
        return spec;
    }

    /** Starts the process; its output is appended to {@link ServerSpec#log()}. Does not wait. */
    public void start() throws IOException {
        if (isAlive()) {
            throw new IllegalStateException("node " + spec.nodeId() + " is already running");
        }
        Files.createDirectories(spec.dataDirectory());
        Path log = spec.log();
        logStart = Files.exists(log) ? Files.size(log) : 0;
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
        builder.environment().put("FLOTILLA_NO_BUILD", "1");
        if (!spec.javaOptions().isEmpty()) {
            builder.environment().merge(JAVA_OPTIONS, String.join(" ", spec.javaOptions()), (a, b) -> a + " " + b);
        }
        process = builder.start();
    }

    /**
     * Waits until the process has said that its ports serve.
     *
     * @throws CliFailure if it ends before that or is not ready in time
     */
    public void awaitReady(long timeoutMillis) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        String ready = "flotilla node " + spec.nodeId() + " ready";
        while (!said(ready)) {
            if (!isAlive()) {
                throw failure("its process ended before its ports served: " + tail(), ExitCode.FAILED);
            }
            if (System.nanoTime() > deadline) {
                throw failure("it was not ready after " + timeoutMillis + " ms: " + tail(), ExitCode.UNREACHABLE);
            }
            Thread.sleep(POLL_MILLIS);
        }
    }

    private CliFailure failure(String why, int exitCode) {
        return new CliFailure(
                exitCode,
                "node " + spec.nodeId() + " did not start",
                why,
                "its data is kept as it is in " + spec.dataDirectory(),
                "read " + spec.log() + ", then run the command again");
    }

    public boolean isAlive() {
        Process current = process;
        return current != null && current.isAlive();
    }

    /** The process id, or -1 if it never ran. */
    public long pid() {
        Process current = process;
        return current == null ? -1 : current.pid();
    }

    /** Ends it as a power failure would (SIGKILL) and waits until it is gone. */
    public void kill() throws InterruptedException {
        Process current = process;
        if (current != null) {
            current.destroyForcibly().waitFor();
        }
    }

    /** Makes it stand still (SIGSTOP): it keeps its connections and says nothing. */
    public void suspend() throws IOException, InterruptedException {
        signal("STOP");
    }

    /** Lets it go on after {@link #suspend} (SIGCONT). */
    public void resume() throws IOException, InterruptedException {
        signal("CONT");
    }

    private void signal(String name) throws IOException, InterruptedException {
        // The shell's own kill: not every machine has it as a program.
        Process kill = new ProcessBuilder("/bin/sh", "-c", "kill -" + name + " " + pid())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (kill.waitFor() != 0) {
            throw new IOException("node " + spec.nodeId() + " could not be sent SIG" + name);
        }
    }

    void killWithoutWaiting() {
        Process current = process;
        if (current != null) {
            current.destroyForcibly();
        }
    }

    /** Asks it to end (SIGTERM). Does not wait. */
    public void askToStop() {
        Process current = process;
        if (current != null) {
            current.destroy();
        }
    }

    /** Waits for its end until {@code deadlineNanos} on {@link System#nanoTime}, then kills it. */
    public void awaitStopped(long deadlineNanos) throws InterruptedException {
        Process current = process;
        if (current == null) {
            return;
        }
        long left = Math.max(0, deadlineNanos - System.nanoTime());
        if (!current.waitFor(left, TimeUnit.NANOSECONDS)) {
            current.destroyForcibly().waitFor();
        }
    }

    private boolean said(String words) throws IOException {
        return logFrom(logStart).contains(words);
    }

    private String tail() throws IOException {
        long end = Files.exists(spec.log()) ? Files.size(spec.log()) : 0;
        List<String> lines = logFrom(Math.max(logStart, end - LOG_TAIL_BYTES))
                .lines()
                .filter(line -> !line.isBlank())
                .toList();
        if (lines.isEmpty()) {
            return "it said nothing";
        }
        return String.join(" | ", lines.subList(Math.max(0, lines.size() - LOG_TAIL_LINES), lines.size()));
    }

    private String logFrom(long position) throws IOException {
        if (!Files.exists(spec.log())) {
            return "";
        }
        try (RandomAccessFile file = new RandomAccessFile(spec.log().toFile(), "r")) {
            long length = file.length() - position;
            if (length <= 0) {
                return "";
            }
            byte[] bytes = new byte[(int) Math.min(length, 1 << 20)];
            file.seek(position);
            file.readFully(bytes);
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }
}
