package io.flotilla.client.cli.local;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Several servers on loopback, each a process with its own directory. They are stopped by {@link #close}, and also when this JVM ends in any way that
 * runs shutdown hooks (Ctrl-C, SIGTERM). Safe for use by several threads, one operation on a node at a time.
 */
public final class LocalCluster implements AutoCloseable {
    private static final long START_MILLIS_MAX = 120_000;
    private static final long STOP_MILLIS_MAX = 5_000;

    private final List<ServerProcess> servers;
    private final Thread hook;
    private final Runnable afterStop;
    private boolean closed;

    /** @param afterStop run once when all processes are gone, for example to remove their directories */
    public LocalCluster(List<ServerSpec> specs, ServerCommand command, Runnable afterStop) {
        this.afterStop = afterStop;
        List<ServerProcess> processes = new ArrayList<>();
        for (ServerSpec spec : specs) {
            processes.add(new ServerProcess(spec, command.of(spec, specs)));
        }
        this.servers = List.copyOf(processes);
        this.hook = new Thread(this::stopAll, "stop-servers");
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** Servers 1 to n with directories {@code node1}… below {@code directory}. */
    public static List<ServerSpec> specs(Path directory, List<Ports.Pair> ports) {
        List<ServerSpec> specs = new ArrayList<>();
        for (int i = 0; i < ports.size(); i++) {
            Ports.Pair pair = ports.get(i);
            specs.add(new ServerSpec(i + 1, pair.grpc(), pair.transport(), directory.resolve("node" + (i + 1))));
        }
        return List.copyOf(specs);
    }

    /** Starts all servers at once and waits until all are ready. */
    public void start() throws IOException, InterruptedException {
        for (ServerProcess server : servers) {
            synchronized (this) {
                if (closed) {
                    throw new InterruptedException("stopped while starting");
                }
                server.start();
            }
        }
        for (ServerProcess server : servers) {
            server.awaitReady(START_MILLIS_MAX);
        }
    }

    /** Kills node {@code id} with SIGKILL. */
    public void kill(int id) throws InterruptedException {
        server(id).kill();
    }

    /** Starts node {@code id} again on its old directory and ports. Does not wait until it is ready. */
    public synchronized void restart(int id) throws IOException {
        if (!closed) {
            server(id).start();
        }
    }

    public ServerProcess server(int id) {
        for (ServerProcess server : servers) {
            if (server.spec().nodeId() == id) {
                return server;
            }
        }
        throw new IllegalArgumentException("no node " + id);
    }

    public List<ServerProcess> servers() {
        return servers;
    }

    public List<Long> pids() {
        return servers.stream().map(ServerProcess::pid).toList();
    }

    /** The gRPC addresses of all servers. */
    public List<String> endpoints() {
        return servers.stream().map(server -> server.spec().grpcAddress()).toList();
    }

    private synchronized void stopAll() {
        if (closed) {
            return;
        }
        closed = true;
        for (ServerProcess server : servers) {
            server.askToStop();
        }
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(STOP_MILLIS_MAX);
        boolean hurried = false;
        for (ServerProcess server : servers) {
            try {
                server.awaitStopped(hurried ? System.nanoTime() : deadline);
            } catch (InterruptedException interrupted) {
                hurried = true;
                server.killWithoutWaiting();
            }
        }
        afterStop.run();
        if (hurried) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        stopAll();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException alreadyEnding) {
            // The hook is running, or has run; both is fine.
        }
    }
}
