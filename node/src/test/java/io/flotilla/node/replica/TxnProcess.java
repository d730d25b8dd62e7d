package io.flotilla.node.replica;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.settings.FlowSettings;
import io.flotilla.config.settings.RaftSettings;
import io.flotilla.config.settings.TxnSettings;
import io.flotilla.config.time.HybridClock;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.node.disk.SpaceWatch;
import io.flotilla.node.grpc.LabGateway;
import io.flotilla.node.liveness.LivenessFact;
import io.flotilla.node.mvcc.BatchEvaluator;
import io.flotilla.node.mvcc.Mutation;
import io.flotilla.node.mvcc.VersionSweep;
import io.flotilla.node.raft.Now;
import io.flotilla.node.raft.RaftMessage;
import io.flotilla.node.raft.Support;
import io.flotilla.node.transport.ChecksumNote;
import io.flotilla.range.lifecycle.SplitMachine;
import io.flotilla.range.lifecycle.TransactionPort;
import io.flotilla.range.routing.RangeCache;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.RangeReply;
import io.flotilla.range.routing.RangeRequest;
import io.flotilla.range.routing.ReplicaInfo;
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

/** One life of a node in a {@link TxnWorld}: its replicas and its gateway, wired as {@link Store} and {@code NodeApp} do it, with turns in place of threads. */
final class TxnProcess {
    private static final long TICK_MICROS = 20_000;

    final TxnNode node;
    final HybridClock clock;
    final LabLiveness liveness;
    final TxnLog log;
    final ReplicaDirectory replicas = new ReplicaDirectory();
    final FlushCycle flushes;
    final TransactionService transactions;
    final LabGateway gateway;
    final SplitMachine splits;

    private final Replica.Setting setting;
    private final SleepWatch sleep;
    private final StrangerMail strangers = new StrangerMail();
    private final StoppedReplicas stopped;
    private final OldIntents oldIntents;
    private final OldRecords oldRecords;
    private final Router router;
    private final Now started;
    private final List<Call> calls = new ArrayList<>();

    /** Told when this process is gone. */
    private final List<Runnable> farewells = new ArrayList<>();

    /** For how long it has stood still within the turn that it takes. */
    private long stallMicros;

    /** Answers to an earlier life are nobody's. */
    private void ended(Call call, RangeReply reply) {
        if (calls.contains(call)) {
            call.end(reply);
        }
    }

    /** A call to another node. */
    private final class Call {
        private final NodeId to;
        private @Nullable Consumer<RangeReply> callback;

        Call(NodeId to, Consumer<RangeReply> callback) {
            this.to = to;
            this.callback = callback;
            calls.add(this);
        }

        void end(RangeReply reply) {
            Consumer<RangeReply> waiting = callback;
            if (waiting != null) {
                callback = null;
                calls.remove(this);
                waiting.accept(reply);
            }
        }
    }

    TxnProcess(TxnNode node, int life) {
        this.node = node;
        TxnWorld world = node.world;
        this.clock = new HybridClock(() -> node.wallMicros() + stallMicros, world.weather.maxOffsetMicros());
        this.started = now();
        this.liveness = new LabLiveness(
                node.id,
                clock,
                this::micros,
                (from, to, message) -> send(to, receiver -> receiver.liveness.received(node.id, message)),
                node.promised,
                TxnNode.BOOT);
        this.log = new TxnLog(node.log, this);
        this.flushes = new FlushCycle(node.engine, log, replicas, RaftSettings.DEFAULT.logEntriesKept());
        this.oldIntents = new OldIntents(node.engine, replicas);
        this.setting = new Replica.Setting(
                node.id,
                node.engine,
                new BatchEvaluator(TxnSettings.DEFAULT),
                clock,
                RaftSettings.DEFAULT,
                TxnSettings.DEFAULT,
                Serving.of(FlowSettings.DEFAULT, SpaceWatch.none(), world.weather.readMode()),
                liveness,
                node.id.value() + 31L * life);
        this.sleep = new SleepWatch(
                node.id,
                world.weather.idle(),
                RaftSettings.DEFAULT.tickMillis(),
                replicas,
                new SleepWatch.Timers() {
                    @Override
                    public void after(long millis, Runnable task) {
                        TxnProcess.this.after(millis * 1_000, task);
                    }

                    @Override
                    public long nowMicros() {
                        return micros();
                    }
                },
                range -> log.rest(range.value()));
        this.stopped = new StoppedReplicas(
                node.id,
                log,
                new LostReplicas(node.engine, node.id),
                clock,
                started,
                (to, range, message) -> send(to, receiver -> receiver.raft(node.id, range, message)));
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
        RangeCache ranges = new RangeCache();
        ranges.insert(world.meta);
        this.router = new Router(
                this::call, ranges, node.id, clock, scheduler, RoutingSettings.standard(node.id.value() + 31L * life));
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
                anchor -> OldIntents.leaseholderOf(replicas, anchor) != null,
                transactions::finish,
                txn -> transactions.resolve(TxnMeta.NONE, txn, ignored -> {}));
        this.gateway = new LabGateway(router, transactions, clock);
        this.splits = new SplitMachine(router, this::commit, scheduler);
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
        List<RangeDescriptor> found = LocalState.descriptors(node.engine);
        found.forEach(descriptor -> open(descriptor, started));
        for (TxnNode other : world().nodes.values()) {
            if (other != node) {
                liveness.know(other.id);
            }
        }
        List<Slot> sleepers = new ArrayList<>();
        for (Slot slot : replicas.all()) {
            if (!LogOpening.mayRest(log, node.engine, liveness, slot.descriptor())) {
                sleepers.add(slot);
            }
        }
        sleep.wakeAtStart(sleepers);
        every(TICK_MICROS, liveness::tick);
        every(1_000_000, flushes::run);
        every(world().weather.retentionMicros() / 4, () -> {
            oldIntents.look(clock.now().plusMicros(-world().weather.retentionMicros() / 4));
            oldRecords.look(clock.now().plusMicros(-world().weather.retentionMicros()));
            replicas.all().forEach(this::sweep);
        });
    }

    private void every(long micros, Runnable task) {
        after(micros, () -> {
            task.run();
            every(micros, task);
        });
    }

    private void fact(LivenessFact fact) {
        if (fact instanceof LivenessFact.Withdrawn withdrawn) {
            NodeId away = new NodeId(withdrawn.node());
            sleep.withdrawn(away);
            for (Call each : List.copyOf(calls)) {
                if (each.to.equals(away)) {
                    each.end(new RangeReply.Lost(true, away + " is out of reach"));
                }
            }
        } else if (fact instanceof LivenessFact.Supported supported) {
            sleep.supportedBy(new NodeId(supported.node()));
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

    // ---- replicas ------------------------------------------------------------------------------------------------

    private void open(RangeDescriptor descriptor, Now since) {
        RangeId range = descriptor.id();
        if (replicas.find(range) != null) {
            return;
        }
        ReplicaInfo own = descriptor.replicaOn(node.id).orElseThrow();
        LogOpening found = LogOpening.of(log, node.engine, descriptor);
        LocalState.Applied applied = LocalState.applied(node.engine, range);
        Dormant dormant = Dormant.onDisk(found, applied == null ? 0 : applied.index(), since);
        Slot slot = new Slot(this::build, descriptor, own.replicaId(), dormant);
        replicas.add(slot);
        strangers.take(range.value()).forEach(slot::tell);
    }

    private Consumer<ReplicaActor.Command> build(Slot slot, Dormant from) {
        RangeDescriptor descriptor = slot.descriptor();
        Replica replica = new Replica(
                setting,
                new TxnPorts(this, slot, from.since()),
                descriptor,
                LogOpening.of(log, node.engine, descriptor),
                from.raft(),
                from.servedUpTo());
        return new TxnReplica(this, slot, replica, sleep.door(slot, failure -> {}));
    }

    /** As {@link Store#splitOff}. */
    void splitOff(RangeDescriptor right, boolean leaseholder) {
        open(right, now());
        Slot slot = replicas.find(right.id());
        if (slot != null) {
            slot.tell(ReplicaActor.Tick.INSTANCE);
            if (leaseholder) {
                int self = right.replicaOn(node.id).orElseThrow().replicaId();
                slot.tell(new ReplicaActor.Deliver(
                        node.id,
                        new RaftMessage.TimeoutNow(self, self, StateApplier.RIGHT_SIDE_START.term(), clock.now())));
            }
        }
    }

    void raft(NodeId from, RangeId range, RaftMessage message) {
        Slot slot = replicas.find(range);
        if (slot != null) {
            slot.tell(new ReplicaActor.Deliver(from, message));
            return;
        }
        if (message instanceof RaftMessage.AskDefortify question) {
            stopped.answer(range, question, false)
                    .ifPresent(word -> send(from, receiver -> receiver.raft(node.id, range, word)));
        }
        // Whoever comes here does so by a split, so nobody is told that nothing is here.
        strangers.keep(range.value(), new ReplicaActor.Deliver(from, message), micros() * 1_000);
    }

    void checksum(ChecksumNote note) {
        Slot slot = replicas.find(note.range());
        if (slot != null && note.diverged()) {
            world().violated(node.id + " is told that its replica of " + slot.descriptor() + " is wrong at "
                    + note.index());
        } else if (slot != null) {
            slot.tell(new ReplicaActor.Heard(note));
        }
    }

    /** As {@link VersionSweeps}, one stretch. */
    private void sweep(Slot slot) {
        slot.tellIfAwake(new ReplicaActor.Look(look -> look.ifPresent(led -> {
            Timestamp threshold = clock.now().plusMicros(-world().weather.retentionMicros());
            RangeDescriptor range = slot.descriptor();
            VersionSweep sweep = new VersionSweep(node.engine, range.span(), threshold);
            while (!sweep.isDone()) {
                List<Mutation.Garbage> found = sweep.step();
                if (!found.isEmpty()) {
                    Mutation.Sweep entry = new Mutation.Sweep(threshold, range.generation(), found);
                    after(
                            0,
                            () -> slot.tell(new ReplicaActor.TakeAway(
                                    new Sweeping.Wish(entry, done -> world().saw(TxnSight.SWEEP)))));
                    return;
                }
            }
        })));
    }

    Optional<Slot> slot(RangeId range) {
        return Optional.ofNullable(replicas.find(range));
    }

    // ---- messages ------------------------------------------------------------------------------------------------

    /** A message to another node, with this one's clock; {@code receive} is a turn there, or two of them. */
    void send(NodeId to, Consumer<TxnProcess> receive) {
        send(to, true, receive);
    }

    private void send(NodeId to, boolean mayRepeat, Consumer<TxnProcess> receive) {
        if (to.equals(node.id)) {
            after(0, () -> receive.accept(this));
        } else {
            world().send(this, to, mayRepeat, clock.now(), receive);
        }
    }

    private void serve(RangeRequest request, Consumer<RangeReply> reply) {
        Slot slot = replicas.find(request.range());
        if (slot == null) {
            reply.accept(new RangeReply.RangeUnknown());
        } else {
            slot.tell(new ReplicaActor.Serve(request, reply));
        }
    }

    private void call(NodeId to, RangeRequest request, Consumer<RangeReply> callback) {
        if (to.equals(node.id)) {
            serve(request, callback);
            return;
        }
        if (liveness.view().givenTo(to.value()) == Support.NO_EPOCH) {
            callback.accept(new RangeReply.Lost(false, to + " is out of reach"));
            return;
        }
        Call call = new Call(to, callback);
        // Nobody but the router sends a request twice: it knows then that it did.
        send(
                to,
                false,
                receiver -> receiver.serve(request, reply -> receiver.send(node.id, self -> self.ended(call, reply))));
        after(
                request.batch().header().timeoutMicros() + 20_000,
                () -> call.end(new RangeReply.Lost(true, "no answer from " + to)));
    }

    /** {@code farewell} runs if this process ends. */
    void onEnd(Runnable farewell) {
        farewells.add(farewell);
    }

    void forgetEnd(Runnable farewell) {
        farewells.remove(farewell);
    }

    void gone() {
        sleep.close();
        List.copyOf(farewells).forEach(Runnable::run);
    }
}
