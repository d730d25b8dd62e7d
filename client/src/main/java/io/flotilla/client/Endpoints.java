package io.flotilla.client;

import io.flotilla.v1.Error;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * All endpoints of a client, and the one timer. Requests go round those that stand; if none does, they wait here for the first that will.
 * Safe for any thread.
 */
final class Endpoints implements AutoCloseable {
    /** How exactly time-outs are kept; one pass over what is outstanding each. */
    private static final long TICK_MILLIS = 50;

    /** A node hears within this that its peers have founded a cluster; one that has not by then belongs to none. */
    private static final long FOUNDING_NANOS = 1_000_000_000L;

    /** An IPv6 address stands in brackets. */
    private static final Pattern HOST_AND_PORT = Pattern.compile("(?:[^:\\s\\[\\]]+|\\[[^\\s\\[\\]]+]):(\\d{1,5})");

    private static final int PORT_MAX = 65_535;

    private final Transport transport;
    private final FlotillaClient.Balance balance;
    private final boolean waitsForQuorum;
    private final List<Connection> connections = new ArrayList<>();
    private final Queue<Exchange> waiting = new ConcurrentLinkedQueue<>();
    private final Set<Exchange> delayed = ConcurrentHashMap.newKeySet();
    private final AtomicInteger turn = new AtomicInteger();
    private final ScheduledThreadPoolExecutor timer;
    private volatile List<Connection> rotation = List.of();
    private volatile boolean closed;
    private volatile @Nullable Thread timerThread;

    Endpoints(
            Transport transport,
            List<String> endpoints,
            String clientName,
            FlotillaClient.Balance balance,
            boolean waitsForQuorum) {
        this.waitsForQuorum = waitsForQuorum;
        this.transport = transport;
        this.balance = balance;
        this.timer = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = NettyTransport.daemon(task, "flotilla-client-timer");
            timerThread = thread;
            return thread;
        });
        this.timer.setRemoveOnCancelPolicy(true);
        for (String endpoint : endpoints) {
            connections.add(new Connection(endpoint.trim(), transport, clientName, this));
        }
        connections.forEach(Connection::start);
        timer.scheduleWithFixedDelay(this::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
    }

    /**
     * What is named, without blanks.
     *
     * @throws IllegalArgumentException if nothing is, or what is named is no {@code host:port}
     */
    static List<String> checked(List<String> endpoints) {
        List<String> named = endpoints.stream()
                .map(String::trim)
                .filter(text -> !text.isEmpty())
                .toList();
        if (named.isEmpty()) {
            throw new IllegalArgumentException("no endpoint is named: " + endpoints);
        }
        for (String endpoint : named) {
            Matcher parts = HOST_AND_PORT.matcher(endpoint);
            if (!parts.matches()
                    || Integer.parseInt(parts.group(1)) > PORT_MAX
                    || Integer.parseInt(parts.group(1)) == 0) {
                throw new IllegalArgumentException("'" + endpoint + "' is not of the form HOST:PORT");
            }
        }
        return named;
    }

    /**
     * Whether what failed so may succeed if it is asked again after a while, and this client wants that to be tried.
     *
     * @param sinceNanos when it was asked first
     */
    boolean isWorthRepeating(Failure failure, long sinceNanos) {
        if (waitsForQuorum) {
            return failure.transientKind();
        }
        boolean founded = !failure.isNotInitialized() || System.nanoTime() - sinceNanos < FOUNDING_NANOS;
        return failure.transientKind() && failure.kind() != Error.Code.NO_QUORUM && founded;
    }

    /** Whoever waited here would wait for himself: it is this client's threads that take answers in and watch the time. */
    void refuseOwnThread() {
        boolean own = Thread.currentThread().equals(timerThread);
        for (Connection connection : connections) {
            own |= connection.isOwnThread();
        }
        if (own) {
            throw new IllegalStateException(
                    "a blocking call in a callback of the same client would wait for ever;"
                            + " use the method that returns a future, or give the callback an executor (thenApplyAsync and the like)");
        }
    }

    boolean isClosed() {
        return closed;
    }

    void submit(Exchange exchange) {
        if (closed) {
            exchange.failed(closedFailure());
            return;
        }
        List<Connection> ready = rotation;
        if (!ready.isEmpty()) {
            choose(ready, exchange).submit(exchange);
            return;
        }
        waiting.add(exchange);
        if (closed || !rotation.isEmpty()) {
            releaseWaiting();
        }
    }

    private Connection choose(List<Connection> ready, Exchange exchange) {
        int n = ready.size();
        int first = balance == FlotillaClient.Balance.FIRST ? 0 : Math.floorMod(turn.getAndIncrement(), n);
        Connection chosen = ready.get(first);
        return n > 1 && chosen.equals(exchange.avoid) ? ready.get((first + 1) % n) : chosen;
    }

    /** Submits {@code exchange} after a while. */
    void submitLater(Exchange exchange, long delayNanos) {
        delayed.add(exchange);
        later(delayNanos, () -> {
            if (delayed.remove(exchange)) {
                submit(exchange);
            }
        });
        if (closed && delayed.remove(exchange)) {
            exchange.failed(closedFailure());
        }
    }

    /** Runs {@code task} on the timer's thread; it must be short. */
    void later(long delayNanos, Runnable task) {
        try {
            timer.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            // Closed: whoever waits is failed by close().
            return;
        }
    }

    /** Whether somebody else than {@code connection} could be asked. */
    boolean hasOther(Connection connection) {
        for (Connection other : rotation) {
            if (!other.equals(connection)) {
                return true;
            }
        }
        return false;
    }

    /** A connection's state has changed. */
    synchronized void changed() {
        List<Connection> ready =
                connections.stream().filter(Connection::isReady).toList();
        rotation = ready.isEmpty()
                ? connections.stream().filter(Connection::isSuspect).toList()
                : ready;
        if (!rotation.isEmpty()) {
            releaseWaiting();
        }
    }

    List<EndpointStatus> status() {
        return connections.stream().map(Connection::status).toList();
    }

    private void releaseWaiting() {
        Exchange exchange;
        while ((closed || !rotation.isEmpty()) && (exchange = waiting.poll()) != null) {
            List<Connection> ready = rotation;
            if (closed) {
                exchange.failed(closedFailure());
            } else if (ready.isEmpty()) {
                // The last one went just now. Looks again: whoever is back meanwhile may have found nobody waiting.
                waiting.add(exchange);
            } else {
                choose(ready, exchange).submit(exchange);
            }
        }
    }

    private void tick() {
        long now = System.nanoTime();
        for (Connection connection : connections) {
            if (connection.suspicionIsOver(now)) {
                connection.rehabilitate();
            }
            connection.tick(now);
        }
        for (Exchange exchange : waiting) {
            if (now - exchange.expiresAtNanos >= 0 && waiting.remove(exchange)) {
                exchange.failed(Failure.local(Error.Code.UNAVAILABLE, nobodyThere(), false, "CONNECT"));
            }
        }
    }

    private String nobodyThere() {
        return connections.stream()
                .map(Connection::status)
                .map(status -> status.endpoint() + " "
                        + (status.detail().isEmpty() ? status.state().toString() : status.detail()))
                .collect(Collectors.joining("; ", "no endpoint can be reached: ", ""));
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        timer.shutdownNow();
        connections.forEach(Connection::close);
        releaseWaiting();
        for (Exchange exchange : delayed) {
            if (delayed.remove(exchange)) {
                exchange.failed(closedFailure());
            }
        }
        transport.close();
    }

    static Failure closedFailure() {
        return Failure.local(Error.Code.UNAVAILABLE, "the client is closed", false, "CONNECT");
    }
}
