package io.flotilla.node;

import akka.actor.typed.ActorRef;
import io.flotilla.config.id.NodeId;
import io.flotilla.config.time.HybridClock;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.time.WallClock;
import io.flotilla.config.txn.TxnId;
import io.flotilla.node.admin.AdminCalls;
import io.flotilla.node.admin.ClusterOperations;
import io.flotilla.node.admin.Housekeeping;
import io.flotilla.node.admin.Membership;
import io.flotilla.node.admin.NodeCalls;
import io.flotilla.node.admin.NodeEntry;
import io.flotilla.node.admin.NodeGroups;
import io.flotilla.node.admin.NodeRegistry;
import io.flotilla.node.admin.QuorumRecovery;
import io.flotilla.node.admin.Rebuilding;
import io.flotilla.node.admin.ReplicaOperations;
import io.flotilla.node.admin.StoreIdentity;
import io.flotilla.node.disk.Disk;
import io.flotilla.node.disk.SpaceWatch;
import io.flotilla.node.grpc.AdminService;
import io.flotilla.node.grpc.GrpcServer;
import io.flotilla.node.grpc.KvGateway;
import io.flotilla.node.liveness.ClockMark;
import io.flotilla.node.liveness.LivenessConfig;
import io.flotilla.node.liveness.LivenessMessage;
import io.flotilla.node.liveness.service.LivenessFile;
import io.flotilla.node.liveness.service.LivenessListener;
import io.flotilla.node.liveness.service.LivenessService;
import io.flotilla.node.liveness.service.MachineRun;
import io.flotilla.node.log.ChronicleLog;
import io.flotilla.node.log.LogSettings;
import io.flotilla.node.log.SharedLog;
import io.flotilla.node.mvcc.BatchEvaluator;
import io.flotilla.node.raft.Now;
import io.flotilla.node.raft.Support;
import io.flotilla.node.replica.Replica;
import io.flotilla.node.replica.Serving;
import io.flotilla.node.replica.Store;
import io.flotilla.node.replica.StoreSettings;
import io.flotilla.node.snapshot.SnapshotFiles;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.RocksEngine;
import io.flotilla.node.transport.AkkaTransport;
import io.flotilla.node.transport.NodeAddress;
import io.flotilla.node.transport.NodeSystem;
import io.flotilla.node.transport.TransportSettings;
import io.flotilla.node.transport.control.ControlPlane;
import io.flotilla.range.lifecycle.ReplicaChangeMachine;
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
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One node: builds every adapter and ties the rooms together. Starts from the disk up, stops from the clients down. */
public final class NodeApp implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NodeApp.class);

    private static final String VERSION = "0.1.0";

    /** Exit code of a node that must not go on, for example because its identity is not its own. */
    private static final int EXIT_FATAL = 70;

    /** Exit code of a node whose disk failed: an error of the machine, not of the node. */
    private static final int EXIT_DISK_FAILED = 74;

    /** For telling the other nodes, before the process ends, that they need not wait for this one. */
    private static final long FAREWELL_MILLIS = 100;

    private static final long ENGINE_LOOK_MILLIS = 1_000;

    /** For handing leases over before a stop. */
    private static final Duration HAND_OFF_MAX = Duration.ofSeconds(10);

    private final NodeSettings settings;
    private final SpaceWatch space;
    private final Engine engine;
    private final SharedLog log;
    private final NodeSystem system;
    private final AkkaTransport transport;
    private final LivenessService liveness;
    private final Store store;
    private final ScheduledExecutorService executor;
    private final KvGateway gateway;
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
            if (Damage.isDamage(failure)) {
                return Damage.sayAtStart(settings, failure);
            }
            return StartCommand.fail(
                    1,
                    "node " + settings.node().value() + " cannot start",
                    Reason.of(failure),
                    "the node is not running; nothing that it had stored was changed",
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
        WallClock wall = WallClock.system();
        HybridClock clock = new HybridClock(wall, settings.maxClockOffsetMillis() * 1_000);
        // Before all other files: a directory that has those and no promises has lost them.
        Path state = settings.data().resolve("state");
        Disk disk = Disk.ofThisProcess();
        Path parent = settings.data().getParent();
        if (parent != null) {
            disk.forceDirectory(parent);
        }
        this.space = new SpaceWatch(disk, settings.data(), settings.diskReserveBytes()).start();
        LivenessFile promises = LivenessFile.open(disk, settings.data(), !Files.exists(state));
        long boot = MachineRun.boot();
        Timestamp servedBefore = promises.found().clock().at(boot, LivenessService.nowMicros());
        // The wire needs nothing of the disk, and takes about as long.
        CompletableFuture<NodeSystem> wire =
                CompletableFuture.supplyAsync(() -> startWire(settings), NodeApp::onAnotherThread);
        RocksEngine rocks = new RocksEngine(state);
        this.engine = rocks;
        MachineRun.awaitAbove(servedBefore, wall);
        Now ownedSince = new Now(LivenessService.nowMicros(), clock.now());
        StoreIdentity identity = StoreIdentity.open(engine, disk, settings.data(), settings.node(), UUID.randomUUID());
        this.log = new ChronicleLog(disk, settings.data(), LogSettings.DEFAULT.keeping(settings.logBytesKept()));
        this.executor = Executors.newSingleThreadScheduledExecutor(runnable -> {
            Thread thread = new Thread(runnable, "flotilla-admin");
            thread.setDaemon(true);
            return thread;
        });
        // Whoever speaks to this node before the store below is there is not heard, as before this process began.
        this.system = made(wire);
        system.onQuarantined(
                () -> fatal("another node refuses to speak to this process any more; a new one is needed"));
        this.transport = new AkkaTransport(system, clock, TransportSettings.DEFAULT);
        this.liveness = new LivenessService(
                new LivenessConfig(
                        settings.node().value(),
                        settings.liveness(),
                        settings.raft().leaseMillis(),
                        clock.maxOffsetMicros(),
                        boot,
                        ClockMark.STEP_MICROS),
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
                        Serving.of(settings.flow(), space, settings.readMode()),
                        liveness,
                        ThreadLocalRandom.current().nextLong()),
                log,
                system,
                new StoreSettings(
                        Duration.ofMillis(settings.flushMillis()),
                        Duration.ofMillis(settings.versionRetentionMillis()),
                        settings.flow(),
                        settings.idle(),
                        new SnapshotFiles(disk, settings.data().resolve("snapshots")),
                        ownedSince),
                this::storeFailed);
        rocks.onFailure(this::storeFailed);
        executor.scheduleWithFixedDelay(
                rocks::checkBackground, ENGINE_LOOK_MILLIS, ENGINE_LOOK_MILLIS, TimeUnit.MILLISECONDS);
        log.onFailure(this::storeFailed);

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
        transport.dropOnceSilent(registry::isGone);
        transport.start(store);
        transport.trustOnly(node -> liveness.view().givenTo(node.value()) != Support.NO_EPOCH);
        liveness.start(new LivenessListener() {
            @Override
            public void withdrawn(NodeId node, long epoch) {
                store.withdrawn(node, epoch);
                transport.distrusted(node);
            }

            @Override
            public void supported(NodeId node, long epoch) {
                store.supported(node, epoch);
            }
        });
        store.start(transport, transactions);

        NodeEntry self = new NodeEntry(
                settings.node().value(),
                settings.advertise().toString(),
                settings.grpc().toString(),
                identity.store().toString());
        registry.learnSelf(self);
        AdminCalls calls = new AdminCalls(store, scheduler());
        Membership membership = new Membership(
                new Membership.Tools(
                        engine,
                        disk,
                        settings.data(),
                        store,
                        transport,
                        ranges,
                        registry,
                        executor,
                        this::fatal,
                        this::storeFailed),
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
        NodeCalls nodes = new NodeCalls(settings.node(), control, calls, transport, scheduler());
        NodeGroups groups = new NodeGroups(nodes, scheduler());
        ReplicaChangeMachine changes = new ReplicaChangeMachine(
                router, transactionPort(transactions), groups, NodeRegistry::objection, scheduler());
        Housekeeping.start(store, router, changes, membership::isInitialized, calls, executor);
        new Rebuilding(
                        settings.node(),
                        store.lostReplicas(),
                        range -> store.descriptor(range).isPresent(),
                        router,
                        changes,
                        membership::isInitialized,
                        () -> registry.isLeaving(settings.node()))
                .start(executor);
        ClusterOperations operations = new ClusterOperations(new ClusterOperations.Tools(
                self,
                membership,
                registry,
                calls,
                nodes,
                groups,
                new ReplicaOperations(registry, nodes, router, changes, scheduler()),
                new QuorumRecovery(
                        settings.node(), registry, nodes, groups, router, transactionPort(transactions), scheduler()),
                router,
                VERSION));
        SplitMachine splits = new SplitMachine(router, transactionPort(transactions), scheduler());
        this.gateway = new KvGateway(router, transactions, clock, membership::isInitialized, system.group());
        this.grpc = GrpcServer.start(
                settings.grpc().host(), settings.grpc().port(), gateway, new AdminService(operations, splits::split));
        grpc.setServing(true);
    }

    private static void onAnotherThread(Runnable task) {
        Thread thread = new Thread(task, "flotilla-wire-start");
        thread.setDaemon(true);
        thread.start();
    }

    /** Waits for it; what its maker threw is thrown here. */
    private static <T> T made(CompletableFuture<T> result) {
        try {
            return result.join();
        } catch (CompletionException failed) {
            throw failed.getCause() instanceof RuntimeException cause ? cause : failed;
        }
    }

    private static NodeSystem startWire(NodeSettings settings) {
        return NodeSystem.start(
                settings.node(),
                address(settings.listen()),
                address(settings.advertise()),
                settings.join().stream().map(NodeApp::address).toList());
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
                NodeApp.this.diskFailed(cause);
            }

            @Override
            public void broken(RuntimeException cause) {
                fatal("store liveness has failed: " + cause);
            }
        };
    }

    private static TransactionPort transactionPort(TxnCoordinator transactions) {
        return (anchor, writes, seen, trigger, timeoutMicros, callback) -> transactions.commit(
                new TxnCoordinator.CommitRequest(
                        TxnId.of(UUID.randomUUID()),
                        anchor,
                        seen.at(),
                        writes,
                        seen.spans(),
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
                    "nothing, if this node was taken out on purpose; else mend the cause and start the node again");
            // No orderly stop: with a stolen identity, for one, nothing more may be written or promised.
            Runtime.getRuntime().halt(EXIT_FATAL);
        }
    }

    /** What is damaged stops the node as much as a disk that fails, but it is another story to tell. */
    private void storeFailed(Throwable failure) {
        if (!Damage.isDamage(failure)) {
            diskFailed(failure);
        } else if (exit.compareAndSet(0, Damage.EXIT_DAMAGED)) {
            try {
                Damage.sayWhileRunning(settings, failure);
            } finally {
                Runtime.getRuntime().halt(Damage.EXIT_DAMAGED);
            }
        }
    }

    /**
     * What is on the disk is not known any more, so nothing that waits for it may ever be acknowledged, and nothing more written. The other nodes are told
     * that this one is not to be waited for; if they do not hear of it, its support runs out.
     */
    private void diskFailed(Throwable cause) {
        if (exit.compareAndSet(0, EXIT_DISK_FAILED)) {
            StartCommand.fail(
                    EXIT_DISK_FAILED,
                    "node " + settings.node().value() + " stops: its disk failed",
                    Reason.of(cause),
                    "nothing that was acknowledged is lost; this node acknowledges nothing more, and the others take its ranges over",
                    "look into the machine's log, mend or replace the disk, then start the node again");
            Thread farewell = new Thread(liveness::resign, "flotilla-farewell");
            farewell.setDaemon(true);
            farewell.start();
            // Not an orderly stop, and not in the hands of whoever found out: it may hold what the farewell waits for.
            Thread end = new Thread(
                    () -> {
                        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(FAREWELL_MILLIS));
                        Runtime.getRuntime().halt(EXIT_DISK_FAILED);
                    },
                    "flotilla-end");
            end.setDaemon(true);
            end.start();
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
        // As long as this node leads it serves; then its clients are sent elsewhere, and only then it falls silent.
        grpc.setServing(false);
        int left = store.handOff(HAND_OFF_MAX);
        if (left > 0) {
            LOG.warn("{} ranges were not handed over: their next leaders have to be elected", left);
        }
        gateway.goAway();
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
        space.close();
        stopped.countDown();
    }
}
