package io.flotilla.node.replica;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.settings.FlowSettings;
import io.flotilla.config.settings.TxnSettings;
import io.flotilla.config.time.HybridClock;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.node.admin.NodeGroups;
import io.flotilla.node.disk.SpaceWatch;
import io.flotilla.node.grpc.LabGateway;
import io.flotilla.node.liveness.LivenessFact;
import io.flotilla.node.mvcc.BatchEvaluator;
import io.flotilla.node.raft.Now;
import io.flotilla.range.lifecycle.ReplicaChangeMachine;
import io.flotilla.range.lifecycle.SplitMachine;
import io.flotilla.range.lifecycle.TransactionPort;
import io.flotilla.range.routing.RangeCache;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.Router;
import io.flotilla.range.routing.RoutingSettings;
import io.flotilla.range.routing.Scheduler;
import io.flotilla.txn.actor.TransactionService;
import io.flotilla.txn.coordinator.TxnCoordinator;
import io.flotilla.txn.coordinator.TxnTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One life of a node in a {@link TxnWorld}: its replicas and its gateway, wired as {@code NodeApp} does it, with turns in place of threads. */
final class TxnProcess {
    private static final long TICK_MICROS = 20_000;

    final TxnNode node;
    final HybridClock clock;
    final LabLiveness liveness;
    final TxnLog log;
    final TxnWire wire;
    final TxnStore store;
    final TransactionService transactions;
    final LabGateway gateway;
    final SplitMachine splits;
    final ReplicaChangeMachine changes;

    private final OldIntents oldIntents;
    private final OldRecords oldRecords;
    private final RangeCache ranges = new RangeCache();
    private final TxnKeeper keeper;

    /** Told when this process is gone. */
    private final List<Runnable> farewells = new ArrayList<>();

    /** For how long it has stood still within the turn that it takes. */
    private long stallMicros;

    TxnProcess(TxnNode node, int life) {
        this.node = node;
        TxnWorld world = node.world;
        this.clock = new HybridClock(() -> node.wallMicros() + stallMicros, world.weather.maxOffsetMicros());
        this.wire = new TxnWire(this);
        Now started = now();
        this.liveness = new LabLiveness(
                node.id,
                clock,
                this::micros,
                (from, to, message) -> wire.sendLiveness(to, message),
                node.promised,
                TxnNode.BOOT);
        this.log = new TxnLog(node.log, this);
        this.store = new TxnStore(
                this,
                new Replica.Setting(
                        node.id,
                        node.engine,
                        new BatchEvaluator(TxnSettings.DEFAULT),
                        clock,
                        world.weather.upheaval().raft(),
                        TxnSettings.DEFAULT,
                        Serving.of(FlowSettings.DEFAULT, SpaceWatch.none(), world.weather.readMode()),
                        liveness,
                        node.id.value() + 31L * life),
                started);
        this.oldIntents = new OldIntents(node.engine, store.replicas);
        Scheduler scheduler = new Scheduler() {
            @Override
            public void schedule(long delayMicros, Runnable task) {
                after(delayMicros, task);
            }

            @Override
            public long nowMicros() {
                return micros();
            }
        };
        ranges.insert(world.meta);
        Router router = new Router(
                wire, ranges, node.id, clock, scheduler, RoutingSettings.standard(node.id.value() + 31L * life));
        this.transactions = TransactionService.inTurns(
                router,
                new TransactionService.Turns() {
                    @Override
                    public TxnTime now() {
                        return new TxnTime(micros(), clock.now());
                    }

                    @Override
                    public void after(long delayMicros, Runnable event) {
                        TxnProcess.this.after(delayMicros, event);
                    }
                },
                TxnSettings.DEFAULT);
        this.oldRecords = new OldRecords(
                node.engine,
                anchor -> OldIntents.leaseholderOf(store.replicas, anchor) != null,
                transactions::finish,
                txn -> transactions.resolve(TxnMeta.NONE, txn, ignored -> {}));
        this.gateway = new LabGateway(router, transactions, clock);
        this.splits = new SplitMachine(router, this::commit, scheduler);
        this.changes = new ReplicaChangeMachine(
                router, this::commit, new NodeGroups(wire, scheduler), (target, row) -> Optional.empty(), scheduler);
        this.keeper = new TxnKeeper(this, router, changes);
    }

    /** Commits for the system itself, as {@code NodeApp} binds it. */
    void commit(
            Key anchor,
            List<KvOp.DataWrite> writes,
            TransactionPort.Seen seen,
            Value trigger,
            long timeoutMicros,
            Consumer<@Nullable KvError> callback) {
        TxnId id = world().newId();
        transactions.commit(
                new TxnCoordinator.CommitRequest(
                        id, anchor, seen.at(), writes, seen.spans(), 0, trigger, timeoutMicros),
                reply -> callback.accept(reply instanceof TxnCoordinator.CommitFailed failed ? failed.error() : null));
    }

    void start() {
        liveness.facts = this::fact;
        if (!store.start()) {
            return;
        }
        for (TxnNode other : world().nodes.values()) {
            if (other != node) {
                liveness.know(other.id);
            }
        }
        every(TICK_MICROS, liveness::tick);
        every(1_000_000, store.flushes::run);
        every(1_000_000, store::lookAround);
        every(1_000_000, this::findMeta);
        every(world().weather.retentionMicros() / 4, () -> {
            oldIntents.look(clock.now().plusMicros(-world().weather.retentionMicros() / 4));
            oldRecords.look(clock.now().plusMicros(-world().weather.retentionMicros()));
            store.replicas.all().forEach(store::sweep);
        });
        keeper.start();
    }

    void every(long micros, Runnable task) {
        after(micros, () -> {
            task.run();
            every(micros, task);
        });
    }

    /** As {@code MetaPlace} finds out where the meta range is. */
    private void findMeta() {
        knownMeta();
        for (TxnNode other : world().nodes.values()) {
            if (other != node && wire.isReachable(other.id)) {
                wire.send(
                        other.id,
                        receiver -> receiver.knownMeta()
                                .ifPresent(known -> receiver.wire.send(node.id, self -> self.ranges.insert(known))));
            }
        }
    }

    private Optional<RangeDescriptor> knownMeta() {
        Slot own = store.replicas.find(RangeId.META);
        if (own != null) {
            ranges.insert(own.descriptor());
        }
        return ranges.lookup(KeySpace.METAS.start());
    }

    private void fact(LivenessFact fact) {
        if (fact instanceof LivenessFact.Withdrawn withdrawn) {
            NodeId away = new NodeId(withdrawn.node());
            store.withdrawn(away);
            wire.withdrawn(away);
        } else if (fact instanceof LivenessFact.Supported supported) {
            store.supportedBy(new NodeId(supported.node()));
        }
    }

    // ---- time ----------------------------------------------------------------------------------------------------

    TxnWorld world() {
        return node.world;
    }

    /** A turn of this process, unless it is gone by then. */
    void after(long delayMicros, Runnable turn) {
        world().time.after(delayMicros + stallMicros, 0, () -> node.run(this, turn));
    }

    long micros() {
        return node.monotonicMicros() + stallMicros;
    }

    Now now() {
        long stall = world().stall();
        if (stall > 0) {
            world().saw(TxnSight.STALL);
            stallMicros += stall;
        }
        return new Now(micros(), clock.now());
    }

    long takeStall() {
        long stood = stallMicros;
        stallMicros = 0;
        return stood;
    }

    long stallMicros() {
        return stallMicros;
    }

    /** {@code farewell} runs if this process ends. */
    void onEnd(Runnable farewell) {
        farewells.add(farewell);
    }

    void forgetEnd(Runnable farewell) {
        farewells.remove(farewell);
    }

    void gone() {
        store.close();
        List.copyOf(farewells).forEach(Runnable::run);
    }
}
