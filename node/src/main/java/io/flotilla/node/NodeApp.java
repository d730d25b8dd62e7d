package io.flotilla.node;

import akka.actor.typed.ActorRef;
import io.flotilla.config.id.NodeId;
import io.flotilla.config.time.HybridClock;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.time.WallClock;
import io.flotilla.config.txn.TxnId;
import io.flotilla.node.admin.AdminCalls;
import io.flotilla.node.admin.ClusterOperations;
import io.flotilla.node.admin.Membership;
import io.flotilla.node.admin.NodeEntry;
import io.flotilla.node.admin.NodeRegistry;
import io.flotilla.node.admin.StoreIdentity;
import io.flotilla.node.grpc.AdminService;
import io.flotilla.node.grpc.GrpcServer;
import io.flotilla.node.grpc.KvGateway;
import io.flotilla.node.liveness.LivenessConfig;
import io.flotilla.node.liveness.LivenessMessage;
import io.flotilla.node.liveness.service.LivenessFile;
import io.flotilla.node.liveness.service.LivenessService;
import io.flotilla.node.log.ChronicleLog;
import io.flotilla.node.log.SharedLog;
import io.flotilla.node.mvcc.BatchEvaluator;
import io.flotilla.node.replica.Replica;
import io.flotilla.node.replica.Serving;
import io.flotilla.node.replica.Store;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.RocksEngine;
import io.flotilla.node.transport.AkkaTransport;
import io.flotilla.node.transport.NodeAddress;
import io.flotilla.node.transport.NodeSystem;
import io.flotilla.node.transport.TransportSettings;
import io.flotilla.node.transport.control.ControlPlane;
import io.flotilla.range.lifecycle.SplitMachine;
import io.flotilla.range.lifecycle.TransactionPort;
import io.flotilla.range.routing.RangeCache;
import io.flotilla.range.routing.Router;
import io.flotilla.range.routing.RoutingSettings;
import io.flotilla.range.routing.Scheduler;
import io.flotilla.txn.actor.CoordinatorActor;
import io.flotilla.txn.actor.TransactionService;
import io.flotilla.txn.coordinator.TxnCoordinator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One node: builds every adapter and ties the rooms together. Starts from the disk up, stops from the clients down. */
public final class NodeApp implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NodeApp.class);

    private static final String VERSION = "0.1.0";

    /** Exit code of a node that must not go on: its disk failed, or its identity is not its own. */
    private static final int EXIT_FATAL = 70;

    private final NodeSettings settings;
    private final Engine engine;
    private final SharedLog log;
    private final NodeSystem system;
    private final AkkaTransport transport;
    private final LivenessService liveness;
    private final Store store;
    private final ScheduledExecutorService executor;
    private final GrpcServer grpc;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final AtomicInteger exit = new AtomicInteger();

    /** Runs a node in this process until it is told to stop, or just until it is ready; the process's exit code. */
    static int run(NodeSettings settings, boolean justUntilReady) {
        NodeApp app;
        try {
            app = new NodeApp(settings);
        } catch (Exception failure) {
            LOG.debug("start failed", failure);
            return StartCommand.fail(
                    1,
                    "node " + settings.node().value() + " cannot start",
                    reason(failure),
                    "the node is not running; nothing on disk was changed",
                    "free the port or directory named above, or choose others with --listen, --grpc and --data");
        }
        Thread hook = new Thread(app::close, "flotilla-stop");
        Runtime.getRuntime().addShutdownHook(hook);
        System.out.println("flotilla node " + settings.node().value() + " ready grpc=" + settings.grpc() + " transport="
                + settings.advertise() + " data=" + settings.data());
        System.out.flush();
        if (justUntilReady) {
            Runtime.getRuntime().removeShutdownHook(hook);
            app.close();
        }
        return app.awaitStop();
    }

    NodeApp(NodeSettings settings) throws IOException {
        this.settings = settings;
        Files.createDirectories(settings.data());
        HybridClock clock = new HybridClock(WallClock.system(), settings.maxClockOffsetMillis() * 1_000);
        // Before all other files: a directory that has those and no promises has lost them.
        Path state = settings.data().resolve("state");
        LivenessFile promises = LivenessFile.open(settings.data(), !Files.exists(state));
        this.engine = new RocksEngine(state);
        StoreIdentity identity = StoreIdentity.open(engine, settings.node(), UUID.randomUUID());
        this.log = new ChronicleLog(settings.data());
        this.executor = Executors.newSingleThreadScheduledExecutor(runnable -> {
            Thread thread = new Thread(runnable, "flotilla-admin");
            thread.setDaemon(true);
            return thread;
        });
        this.system = NodeSystem.start(
                settings.node(),
                address(settings.listen()),
                address(settings.advertise()),
                settings.join().stream().map(NodeApp::address).toList());
        system.onQuarantined(
                () -> fatal("another node refuses to speak to this process any more; a new one is needed"));
        this.transport = new AkkaTransport(system, clock, TransportSettings.DEFAULT);
        this.liveness = new LivenessService(
                new LivenessConfig(
                        settings.node().value(),
                        settings.liveness(),
                        settings.raft().leaseMillis(),
                        clock.maxOffsetMicros()),
                promises,
                clock,
                livenessPorts());
        this.store = new Store(
                new Replica.Setting(
                        settings.node(),
                        engine,
                        new BatchEvaluator(settings.txn()),
                        clock,
                        settings.raft(),
                        settings.txn(),
                        Serving.of(settings.flow(), settings.readMode()),
                        liveness,
                        ThreadLocalRandom.current().nextLong()),
                log,
                system,
                new Store.Settings(
                        Duration.ofMillis(settings.flushMillis()),
                        settings.flow(),
                        settings.data().resolve("snapshots")),
                failure -> fatal("the disk failed: " + reason(failure)));

        RangeCache ranges = new RangeCache();
        Router router = new Router(
                transport,
                ranges,
                settings.node(),
                clock,
                scheduler(),
                RoutingSettings.standard(ThreadLocalRandom.current().nextLong()));
        ActorRef<CoordinatorActor.Command> coordinator = system.typed()
                .systemActorOf(
                        CoordinatorActor.create(router, clock, settings.txn()),
                        "txn-coordinator",
                        NodeSystem.onTheWire());
        TransactionService transactions = new TransactionService(coordinator, router, clock, settings.txn());

        NodeRegistry registry = new NodeRegistry(
                engine,
                router,
                transactions,
                entry -> transport.addNode(
                        new NodeId(entry.node()),
                        address(HostPort.parse(entry.transport())).akka()));
        registry.loadLocal();
        transport.start(store);
        liveness.start(store);
        store.start(transport, transactions);

        NodeEntry self = new NodeEntry(
                settings.node().value(),
                settings.advertise().toString(),
                settings.grpc().toString(),
                identity.store().toString());
        registry.learn(self);
        AdminCalls calls = new AdminCalls(store);
        Membership membership = new Membership(
                new Membership.Tools(engine, store, transport, ranges, registry, executor, this::fatal),
                identity,
                self,
                seeds(settings),
                calls);
        ControlPlane control = ControlPlane.start(
                system,
                settings.grpc().toString(),
                identity.cluster().map(UUID::toString).orElse(""),
                membership);
        membership.start(control);
        ClusterOperations operations = new ClusterOperations(new ClusterOperations.Tools(
                self, membership, registry, control, calls, transport, router, executor, VERSION));
        SplitMachine splits = new SplitMachine(router, transactionPort(transactions), scheduler());
        this.grpc = GrpcServer.start(
                settings.grpc().host(),
                settings.grpc().port(),
                new KvGateway(router, transactions, clock, membership::isInitialized, system.group()),
                new AdminService(operations, splits::split));
        grpc.setServing(true);
    }

    private LivenessService.Ports livenessPorts() {
        return new LivenessService.Ports() {
            @Override
            public void send(NodeId to, LivenessMessage message) {
                transport.sendLiveness(to, message);
            }

            @Override
            public Collection<NodeId> nodes() {
                return transport.nodes();
            }

            @Override
            public long oldestPendingNanos() {
                return log.oldestPendingNanos();
            }

            @Override
            public void diskFailed(Exception cause) {
                fatal("the disk failed: " + reason(cause));
            }
        };
    }

    private static TransactionPort transactionPort(TxnCoordinator transactions) {
        return (anchor, writes, trigger, timeoutMicros, callback) -> transactions.commit(
                new TxnCoordinator.CommitRequest(
                        TxnId.of(UUID.randomUUID()),
                        anchor,
                        Timestamp.ZERO,
                        writes,
                        List.of(),
                        0,
                        trigger,
                        timeoutMicros),
                reply -> callback.accept(reply instanceof TxnCoordinator.CommitFailed failed ? failed.error() : null));
    }

    private Scheduler scheduler() {
        return new Scheduler() {
            @Override
            public void schedule(long delayMicros, Runnable task) {
                executor.schedule(task, delayMicros, TimeUnit.MICROSECONDS);
            }

            @Override
            public long nowMicros() {
                return System.nanoTime() / 1_000;
            }
        };
    }

    private static int seeds(NodeSettings settings) {
        return (int) Stream.concat(Stream.of(settings.advertise()), settings.join().stream())
                .distinct()
                .count();
    }

    private static NodeAddress address(HostPort hostPort) {
        return new NodeAddress(hostPort.host(), hostPort.port());
    }

    /** The node must not go on. It leaves no chance for anything more to be acknowledged. */
    private void fatal(String why) {
        if (exit.compareAndSet(0, EXIT_FATAL)) {
            StartCommand.fail(
                    EXIT_FATAL,
                    "node " + settings.node().value() + " stops",
                    why,
                    "nothing that was acknowledged is lost; this node acknowledges nothing more",
                    "mend the cause named above, then start the node again");
            // No orderly stop: with a failed disk or a stolen identity nothing more may be written or promised.
            Runtime.getRuntime().halt(EXIT_FATAL);
        }
    }

    private int awaitStop() {
        try {
            stopped.await();
        } catch (InterruptedException interrupted) {
            close();
        }
        return exit.get();
    }

    @Override
    public void close() {
        grpc.close();
        liveness.resign();
        store.close();
        liveness.close();
        transport.close();
        system.close();
        try {
            system.whenTerminated().toCompletableFuture().get(5, TimeUnit.SECONDS);
        } catch (Exception slow) {
            LOG.debug("the actor system did not stop in time", slow);
        }
        executor.shutdownNow();
        log.close();
        engine.close();
        stopped.countDown();
    }

    private static String reason(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return failure == root
                ? String.valueOf(failure.getMessage())
                : failure.getMessage() + " (" + root.getMessage() + ")";
    }
}
