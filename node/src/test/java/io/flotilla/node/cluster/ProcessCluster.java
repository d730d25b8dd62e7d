package io.flotilla.node.cluster;

import io.flotilla.client.FlotillaAdmin;
import io.flotilla.client.FlotillaClient;
import io.flotilla.client.FlotillaException;
import io.flotilla.client.cli.local.Ports;
import io.flotilla.node.disk.FaultDisk;
import io.flotilla.node.storage.StorageException;
import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Three (or more) server processes on loopback, started through the launcher, each with its own directory. */
final class ProcessCluster implements AutoCloseable {
    private static final long READY_NANOS_MAX = TimeUnit.SECONDS.toNanos(120);
    private static final long READY_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    /** Small, so that what grows without bound is noticed. */
    private static final String HEAP = "192m";

    /** These servers live for seconds: what the optimizing compiler would cost them is never earned back. */
    private static final String COMPILER = "-XX:TieredStopAtLevel=1";

    /** Which of the processes that test at the same time this is. What is told and is no number must fail: with the same one, they take the same ports now and then. */
    private static final int FORK = Integer.parseInt(System.getProperty("flotilla.test.fork", "1"));

    private static final int FORKS_MAX = 8;

    private static final long END_SECONDS_MAX = 60;

    private static final Duration ASK_EVERY = Duration.ofMillis(100);

    private final Path directory;
    private final List<Ports.Pair> ports;
    private final List<Process> processes = new ArrayList<>();
    private final String extraSettings;
    private final Map<Integer, String> javaOptions = new HashMap<>();

    /** How long each node's log was when its process began. */
    private final Map<Integer, Long> saidBefore = new HashMap<>();

    /** @param extraSettings HOCON lines for every node's settings file */
    ProcessCluster(Path directory, int nodes, String extraSettings) throws IOException {
        ClassArchive.make();
        this.directory = directory;
        this.ports = Ports.free(nodes, new Random(), FORK, FORKS_MAX);
        this.extraSettings = extraSettings;
        for (int i = 0; i < nodes; i++) {
            processes.add(null);
        }
    }

    /** Starts all nodes and makes them a cluster in which each range is on all of them. */
    static ProcessCluster founded(Path directory, int nodes, String extraSettings) throws IOException {
        return founded(directory, nodes, nodes, extraSettings);
    }

    /** @param replicas of each range, on the first nodes */
    static ProcessCluster founded(Path directory, int nodes, int replicas, String extraSettings) throws IOException {
        ProcessCluster cluster = new ProcessCluster(directory, nodes, extraSettings);
        try {
            cluster.startAll();
            try (FlotillaAdmin admin = cluster.admin()) {
                admin.init(replicas, nodes);
            }
            return cluster;
        } catch (RuntimeException | IOException failed) {
            cluster.close();
            throw failed;
        }
    }

    void start(int node) throws IOException {
        String join = String.join(
                ",",
                ports.stream()
                        .map(pair -> "\"127.0.0.1:" + pair.transport() + "\"")
                        .toList());
        Ports.Pair own = ports.get(node - 1);
        Path settings = directory.resolve("node" + node + ".conf");
        Files.writeString(
                settings,
                "flotilla { node-id = " + node + ", listen = \"127.0.0.1:" + own.transport() + "\", grpc = \"127.0.0.1:"
                        + own.grpc() + "\", data = \"" + directory.resolve("node" + node) + "\", join = [" + join
                        + "]\n" + extraSettings + "\n}\n");
        File log = log(node).toFile();
        ProcessBuilder server = new ProcessBuilder("../bin/flotilla", "start", "--config", settings.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log));
        server.environment().put("FLOTILLA_HEAP", HEAP);
        String faults = "-D" + FaultDisk.PROPERTY + "=" + faultFile(node);
        server.environment()
                .put("FLOTILLA_JAVA_OPTS", String.join(" ", COMPILER, faults, javaOptions.getOrDefault(node, "")));
        saidBefore.put(node, log.length());
        processes.set(node - 1, server.start());
    }

    /** For the node's next process. */
    void javaOptions(int node, String options) {
        javaOptions.put(node, options);
    }

    /** Waits until the node's ports serve. It says so; to ask it again and again would take the processor from it. */
    void awaitReady(int node) throws IOException {
        long deadline = System.nanoTime() + READY_NANOS_MAX;
        while (System.nanoTime() < deadline) {
            if (said(node).contains("flotilla node " + node + " ready")) {
                return;
            }
            if (!processes.get(node - 1).isAlive()) {
                throw new IOException("node " + node + " ended: " + Files.readString(log(node)));
            }
            LockSupport.parkNanos(READY_LOOK_NANOS);
        }
        throw new IOException("node " + node + " was not ready in time: " + Files.readString(log(node)));
    }

    /** What the node's process has said. */
    private String said(int node) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(log(node).toFile(), "r")) {
            long begin = saidBefore.getOrDefault(node, 0L);
            byte[] bytes = new byte[(int) Math.max(0, file.length() - begin)];
            file.seek(begin);
            file.readFully(bytes);
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }

    /** SIGKILL; returns when the process is gone. */
    void kill(int node) {
        Process process = processes.get(node - 1);
        process.destroyForcibly();
        process.onExit().join();
    }

    /** From now on the node's disk has that fault: {@code stall}, {@code sync-error}, {@code write-error} or {@code full}. */
    void breakDisk(int node, String fault) throws IOException {
        writeAtOnce(faultFile(node), fault);
    }

    /** The node's disk is well again. */
    void mendDisk(int node) throws IOException {
        Files.deleteIfExists(faultFile(node));
    }

    /** Whoever reads the file finds all of it, or no file. */
    static void writeAtOnce(Path file, String text) throws IOException {
        Path draft = file.resolveSibling(file.getFileName() + ".draft");
        Files.writeString(draft, text);
        Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private Path faultFile(int node) {
        return directory.resolve("node" + node + ".fault");
    }

    /** The exit code of a node that ends by itself. */
    int awaitEnd(int node) throws IOException, InterruptedException {
        Process process = processes.get(node - 1);
        if (!process.waitFor(END_SECONDS_MAX, TimeUnit.SECONDS)) {
            throw new AssertionError("node " + node + " does not end; it said " + Files.readString(log(node)));
        }
        return process.exitValue();
    }

    /** SIGKILL of all at once; returns when they are gone. */
    void killAll() {
        processes.forEach(Process::destroyForcibly);
        processes.forEach(process -> process.onExit().join());
    }

    /** SIGKILL, and its disk is lost with it. */
    void lose(int node) throws IOException {
        kill(node);
        try (Stream<Path> files = Files.walk(data(node))) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    /** Starts all nodes and waits until they serve. */
    void startAll() throws IOException {
        startFirst(nodes());
    }

    /** As {@link #startAll}, the first so many. */
    void startFirst(int count) throws IOException {
        for (int node = 1; node <= count; node++) {
            start(node);
        }
        for (int node = 1; node <= count; node++) {
            awaitReady(node);
        }
    }

    /** SIGTERM; returns the exit code when the process is gone. */
    int stop(int node) throws InterruptedException {
        Process process = processes.get(node - 1);
        process.destroy();
        return process.waitFor();
    }

    /** SIGSTOP: the process keeps its connections and does nothing. */
    void pause(int node) throws IOException, InterruptedException {
        signal(node, "STOP");
    }

    /** SIGCONT. */
    void resume(int node) throws IOException, InterruptedException {
        signal(node, "CONT");
    }

    private void signal(int node, String name) throws IOException, InterruptedException {
        String pid = Long.toString(processes.get(node - 1).pid());
        int exit = new ProcessBuilder("kill", "-" + name, pid).start().waitFor();
        if (exit != 0) {
            throw new IOException("kill -" + name + " " + pid + " ended with " + exit);
        }
    }

    boolean isAlive(int node) {
        Process process = processes.get(node - 1);
        return process != null && process.isAlive();
    }

    int nodes() {
        return ports.size();
    }

    String endpoint(int node) {
        return "127.0.0.1:" + ports.get(node - 1).grpc();
    }

    String endpoints() {
        return String.join(
                ",", ports.stream().map(pair -> "127.0.0.1:" + pair.grpc()).toList());
    }

    FlotillaAdmin admin() {
        return FlotillaAdmin.connect(endpoints(), Duration.ofSeconds(60));
    }

    FlotillaClient client() {
        return FlotillaClient.builder()
                .endpoints(endpoints())
                .defaultDeadline(Duration.ofSeconds(30))
                .clientName("test")
                .build();
    }

    Path data(int node) {
        return directory.resolve("node" + node);
    }

    Path log(int node) {
        return directory.resolve("node" + node + ".log");
    }

    /** What the nodes said, for the message of a failure. */
    String logs() throws IOException {
        StringBuilder all = new StringBuilder();
        for (int node = 1; node <= nodes(); node++) {
            if (Files.exists(log(node))) {
                all.append("---- node ").append(node).append('\n').append(Files.readString(log(node)));
            }
        }
        return all.toString();
    }

    /** Asks every now and then until it is so; that nobody answers yet is no failure. */
    void await(String what, Duration most, BooleanSupplier reached) throws IOException {
        long deadline = System.nanoTime() + most.toNanos();
        String last = "";
        while (System.nanoTime() < deadline) {
            try {
                if (reached.getAsBoolean()) {
                    return;
                }
            } catch (FlotillaException | NoSuchElementException | StorageException notNow) {
                last = notNow.toString();
            }
            LockSupport.parkNanos(ASK_EVERY.toNanos());
        }
        throw new AssertionError("waited in vain for " + what + " (" + last + "); the nodes said\n" + logs());
    }

    /** The launcher's archive of classes, without which a start takes twice the processor; made once for all clusters of this JVM. */
    private static final class ClassArchive {
        private static boolean made;

        static synchronized void make() throws IOException {
            if (!made) {
                made = true;
                new ProcessBuilder("../bin/flotilla", "quicken")
                        .inheritIO()
                        .start()
                        .onExit()
                        .join();
            }
        }
    }

    /** Closes in this order what there is of it: a set-up that failed has made only some. */
    static void closeAll(@Nullable AutoCloseable... opened) throws Exception {
        for (AutoCloseable each : opened) {
            if (each != null) {
                each.close();
            }
        }
    }

    @Override
    public void close() {
        for (Process process : processes) {
            if (process != null) {
                process.destroyForcibly();
                process.onExit().join();
            }
        }
    }
}
