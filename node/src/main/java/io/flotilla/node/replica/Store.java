package io.flotilla.node.replica;

import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import io.flotilla.config.id.NodeId;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.node.log.SharedLog;
import io.flotilla.node.raft.HardState;
import io.flotilla.node.raft.LogView;
import io.flotilla.node.raft.Now;
import io.flotilla.node.raft.RaftEvent;
import io.flotilla.node.raft.RaftMessage;
import io.flotilla.node.raft.Ready;
import io.flotilla.node.raft.Ready.Persist;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.StorageException;
import io.flotilla.node.transport.NodeSystem;
import io.flotilla.node.transport.SnapshotChunk;
import io.flotilla.node.transport.Transport;
import io.flotilla.range.lifecycle.SplitTrigger;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.RangeReply;
import io.flotilla.range.routing.RangeRequest;
import io.flotilla.range.routing.ReplicaInfo;
import io.flotilla.txn.coordinator.ConflictResolver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All replicas of one node over one log and one engine: finds the replica for what arrives, makes replicas (at start, by bootstrap, by split, by
 * snapshot), ticks them, and forgets what the engine has flushed from the log.
 *
 * <p>Threading: thread-safe; arrivals come on transport threads, splits in a replica's turn.
 */
public final class Store implements Transport.Inbound, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Store.class);

    private static final long SNAPSHOT_STALL_NANOS_MAX = 15_000_000_000L;
    private static final long SNAPSHOT_RETRY_DELAY_MILLIS = 1_000;

    /** One replica's door and what other threads may know of it. */
    private static final class Slot {
        final ActorRef<ReplicaActor.Command> actor;
        volatile RangeDescriptor descriptor;

        Slot(ActorRef<ReplicaActor.Command> actor, RangeDescriptor descriptor) {
            this.actor = actor;
            this.descriptor = descriptor;
        }
    }

    private final Replica.Setting setting;
    private final SharedLog log;
    private final ActorSystem<?> system;
    private final Executor wire;
    private final Duration flushEvery;
    private final Consumer<Throwable> onDiskFailure;
    private final Map<Long, Slot> slots = new ConcurrentSkipListMap<>();
    /** By range and receiving replica. */
    private final Map<String, SnapshotStream> streams = new ConcurrentHashMap<>();

    private final StrangerMail strangers = new StrangerMail();
    private final SnapshotAssembler assembler = new SnapshotAssembler();
    private final ExecutorService background;
    private @Nullable Transport transport;
    private @Nullable ConflictResolver resolver;
    private volatile boolean closed;
    private volatile boolean adoptionAllowed;

    /**
     * @param flushEvery how often applied state is made durable
     * @param onDiskFailure the log or engine is unusable; nothing more will be acknowledged and the process must end
     */
    public Store(
            Replica.Setting setting,
            SharedLog log,
            NodeSystem system,
            Duration flushEvery,
            Consumer<Throwable> onDiskFailure) {
        this.setting = setting;
        this.log = log;
        this.system = system.typed();
        this.wire = system.wire();
        this.flushEvery = flushEvery;
        this.onDiskFailure = onDiskFailure;
        this.background = Executors.newSingleThreadExecutor(runnable -> {
            Thread thread = new Thread(runnable, "flotilla-store-background");
            thread.setDaemon(true);
            return thread;
        });
    }

    /** Starts all replicas found on disk; call once, when the other rooms are there. */
    public void start(Transport transportOfNode, ConflictResolver conflictResolver) {
        this.transport = transportOfNode;
        this.resolver = conflictResolver;
        checkLogBelongsToState();
        for (RangeDescriptor descriptor : LocalState.descriptors(setting.engine())) {
            open(descriptor);
        }
        Duration tick = Duration.ofMillis(setting.raft().tickMillis());
        system.scheduler()
                .scheduleAtFixedRate(tick, tick, () -> wire.execute(this::tickAll), system.executionContext());
        system.scheduler()
                .scheduleAtFixedRate(
                        flushEvery, flushEvery, () -> background.execute(this::flush), system.executionContext());
    }

    /** A log that was lost or replaced forgets votes and acknowledged entries; going on from the state alone would hide that (B22). */
    private void checkLogBelongsToState() {
        if (!log.ranges().isEmpty()) {
            return;
        }
        for (RangeDescriptor descriptor : LocalState.descriptors(setting.engine())) {
            if (LocalState.applied(setting.engine(), descriptor.id()) != null) {
                throw new StorageException(
                        "the log is empty, but the state of " + descriptor + " is not",
                        new IllegalStateException("the log directory was lost or replaced"));
            }
        }
    }

    // ---- making replicas -----------------------------------------------------------------------------------------

    /** Gives this store its first replicas; those it has already are left alone. Returns when they are durable. */
    public synchronized void bootstrap(List<RangeDescriptor> descriptors) {
        List<RangeDescriptor> fresh = new ArrayList<>();
        try (Engine.Batch batch = setting.engine().newBatch()) {
            for (RangeDescriptor descriptor : descriptors) {
                if (descriptor.replicaOn(setting.node()).isPresent()
                        && !slots.containsKey(descriptor.id().value())) {
                    LocalState.putDescriptor(batch, descriptor);
                    fresh.add(descriptor);
                }
            }
            setting.engine().write(batch);
        }
        setting.engine().flush();
        fresh.forEach(this::open);
    }

    private synchronized void open(RangeDescriptor descriptor) {
        long range = descriptor.id().value();
        if (slots.containsKey(range) || closed) {
            return;
        }
        LocalState.Applied applied = LocalState.applied(setting.engine(), descriptor.id());
        LogView view = log.view(range);
        HardState hardState = log.hardState(range);
        if (applied != null && applied.index() < view.firstIndex() - 1) {
            throw new StorageException(
                    "the state of " + descriptor + " is at index " + applied.index() + ", but its log begins after "
                            + (view.firstIndex() - 1) + ": one of the two is an old copy",
                    new IllegalStateException("state and log do not belong together"));
        }
        if (applied != null && !holds(view, applied)) {
            // A split's right side or a snapshot whose log record did not survive: the state is the log's beginning.
            view = resetLog(range, applied, hardState);
            hardState = log.hardState(range);
        }
        LogView logView = view;
        HardState restored = hardState;
        ActorRef<ReplicaActor.Command> actor = system.systemActorOf(
                ReplicaActor.create(
                        context -> new Replica(
                                setting, new Ports(range, context.getSelf()), descriptor, restored, logView),
                        wire,
                        failure -> failed(descriptor, failure)),
                "range-" + range + "-" + Long.toString(System.nanoTime(), 36),
                NodeSystem.onCallersThread());
        slots.put(range, new Slot(actor, descriptor));
        strangers.take(range).forEach(message -> actor.tell(new ReplicaActor.Deliver(message)));
    }

    /** Whether the log has the entry that the state is at, or begins right after it. */
    private static boolean holds(LogView view, LocalState.Applied applied) {
        long index = applied.index();
        return index >= view.firstIndex() - 1 && index <= view.lastIndex() && view.termAt(index) == applied.term();
    }

    private LogView resetLog(long range, LocalState.Applied applied, HardState found) {
        HardState state = new HardState(
                Math.max(found.term(), applied.term()),
                found.term() >= applied.term() ? found.vote() : 0,
                Math.max(found.commit(), applied.index()));
        DurableGate gate = new DurableGate();
        log.submit(range, new Persist(state, List.of(), new Ready.LogReset(applied.index(), applied.term())), gate);
        gate.await();
        return log.view(range);
    }

    private void failed(RangeDescriptor descriptor, Throwable failure) {
        slots.remove(descriptor.id().value());
        LOG.error("replica of {} stopped: {}", descriptor, failure.toString(), failure);
        if (!closed && failure instanceof StorageException) {
            onDiskFailure.accept(failure);
        }
    }

    // ---- what arrives --------------------------------------------------------------------------------------------

    @Override
    public void raft(NodeId from, RangeId range, RaftMessage message) {
        Slot slot = slots.get(range.value());
        if (slot != null) {
            slot.actor.tell(new ReplicaActor.Deliver(message));
        } else if (!closed) {
            strangers
                    .keep(range.value(), message, System.nanoTime())
                    .ifPresent(reply -> sender().sendRaft(from, range, reply));
        }
    }

    @Override
    public void serve(RangeRequest request, Consumer<RangeReply> reply) {
        Slot slot = slots.get(request.range().value());
        if (slot == null) {
            reply.accept(new RangeReply.RangeUnknown());
        } else {
            slot.actor.tell(new ReplicaActor.Serve(request, reply));
        }
    }

    @Override
    public void snapshot(NodeId from, SnapshotChunk chunk) {
        Optional<SnapshotAssembler.Complete> complete;
        synchronized (assembler) {
            complete = assembler.add(chunk);
        }
        complete.ifPresent(this::snapshotComplete);
    }

    private void snapshotComplete(SnapshotAssembler.Complete snapshot) {
        long range = snapshot.descriptor().id().value();
        Slot slot = slots.get(range);
        if (slot == null) {
            createFrom(snapshot);
        } else {
            slot.actor.tell(new ReplicaActor.SnapshotArrived(snapshot));
        }
    }

    /**
     * This node's id is known to be bound to this very store, so it may take in replicas by snapshot. A store that lost its disk may not: it would vote
     * again under an identity whose promises it forgot (B22).
     */
    public void allowAdoption() {
        adoptionAllowed = true;
    }

    /** A range that reached this node only by snapshot (it was split off while this node was away). */
    private synchronized void createFrom(SnapshotAssembler.Complete snapshot) {
        RangeDescriptor descriptor = snapshot.descriptor();
        boolean meant = descriptor
                .replicaOn(setting.node())
                .filter(replica -> replica.replicaId() == snapshot.toReplica())
                .isPresent();
        if (!meant || !adoptionAllowed || overlaps(descriptor)) {
            return;
        }
        new StateApplier(setting.engine(), descriptor).install(snapshot);
        open(descriptor);
    }

    @Override
    public void lost(NodeId node) {
        for (Slot slot : slots.values()) {
            slot.descriptor
                    .replicaOn(node)
                    .ifPresent(replica ->
                            slot.actor.tell(new ReplicaActor.Raise(new RaftEvent.Unreachable(replica.replicaId()))));
        }
    }

    // ---- operators -----------------------------------------------------------------------------------------------

    /** Asks every replica how it is; {@code each} is called on the replicas' threads. Returns how many were asked. */
    public int inspect(Consumer<ReplicaReport> each) {
        List<Slot> asked = new ArrayList<>(slots.values());
        asked.forEach(slot -> slot.actor.tell(new ReplicaActor.Inspect(each)));
        return asked.size();
    }

    /** Asks the replica of that range, if it is here, to hand leadership over. */
    public boolean transferLease(RangeId range, NodeId to) {
        Slot slot = slots.get(range.value());
        Optional<ReplicaInfo> target = slot == null ? Optional.empty() : slot.descriptor.replicaOn(to);
        if (slot == null || target.isEmpty()) {
            return false;
        }
        slot.actor.tell(new ReplicaActor.Raise(
                new RaftEvent.TransferLeadership(target.get().replicaId())));
        return true;
    }

    /** The descriptor of a range as its replica here knows it. */
    public Optional<RangeDescriptor> descriptor(RangeId range) {
        Slot slot = slots.get(range.value());
        return slot == null ? Optional.empty() : Optional.of(slot.descriptor);
    }

    public int replicaCount() {
        return slots.size();
    }

    /** Stops all replicas; the log and engine are closed by their owner afterwards. */
    @Override
    public void close() {
        closed = true;
        background.shutdownNow();
    }

    // ---- regular work --------------------------------------------------------------------------------------------

    private void tickAll() {
        if (closed) {
            return;
        }
        for (Slot slot : slots.values()) {
            slot.actor.tell(ReplicaActor.Tick.INSTANCE);
        }
        long now = System.nanoTime();
        for (SnapshotStream stream : streams.values()) {
            if (stream.isStalled(now, SNAPSHOT_STALL_NANOS_MAX)) {
                stream.cancel();
            }
        }
    }

    private void flush() {
        if (closed) {
            return;
        }
        try {
            Map<Long, Long> applied = new ConcurrentHashMap<>();
            for (long range : slots.keySet()) {
                LocalState.Applied state = LocalState.applied(setting.engine(), new RangeId(range));
                if (state != null) {
                    applied.put(range, state.index());
                }
            }
            setting.engine().flush();
            applied.forEach((range, index) -> {
                Slot slot = slots.get(range);
                if (slot != null) {
                    slot.actor.tell(new ReplicaActor.Flushed(index, (upTo, term) -> log.compact(range, upTo, term)));
                }
            });
        } catch (RuntimeException failure) {
            if (!closed) {
                onDiskFailure.accept(failure);
            }
        }
    }

    private boolean overlaps(RangeDescriptor descriptor) {
        for (Slot slot : slots.values()) {
            if (!slot.descriptor.id().equals(descriptor.id())
                    && slot.descriptor.span().overlaps(descriptor.span())) {
                return true;
            }
        }
        return false;
    }

    private Transport sender() {
        if (transport == null) {
            throw new IllegalStateException("the store was not started");
        }
        return transport;
    }

    /** One replica's ports. */
    private final class Ports implements ReplicaPorts {
        private final long range;
        private final RangeId rangeId;
        private final ActorRef<ReplicaActor.Command> self;

        Ports(long range, ActorRef<ReplicaActor.Command> self) {
            this.range = range;
            this.rangeId = new RangeId(range);
            this.self = self;
        }

        @Override
        public Now now() {
            return new Now(System.nanoTime() / 1_000, setting.clock().now());
        }

        @Override
        public void persist(long number, Persist persist) {
            log.submit(range, persist, new SharedLog.Listener() {
                @Override
                public void durable() {
                    // The writer's thread has the next group to write; it must not run the replica's turn.
                    wire.execute(() -> self.tell(new ReplicaActor.Persisted(number)));
                }

                @Override
                public void failed(Exception cause) {
                    if (!closed) {
                        onDiskFailure.accept(cause);
                    }
                }
            });
        }

        @Override
        public void send(NodeId to, RaftMessage message) {
            sender().sendRaft(to, rangeId, message);
        }

        @Override
        public void push(TxnMeta pusher, TxnMeta holder) {
            ConflictResolver conflicts = resolver;
            if (conflicts != null) {
                conflicts.resolve(
                        pusher,
                        holder,
                        resolution -> self.tell(new ReplicaActor.Resolved(
                                resolution.holder(), resolution.status(), resolution.timestamp())));
            }
        }

        @Override
        public void streamSnapshot(RangeDescriptor descriptor, int toReplica, long term, long index, long indexTerm) {
            ReplicaInfo to = descriptor.replica(toReplica).orElseThrow();
            ReplicaInfo from = descriptor.replicaOn(setting.node()).orElseThrow();
            String key = range + "/" + toReplica;
            SnapshotStream stream = new SnapshotStream(
                    new SnapshotStream.Header(
                            descriptor, from.replicaId(), toReplica, to.node(), term, index, indexTerm),
                    setting.engine(),
                    sender(),
                    background,
                    success -> {
                        streams.values().removeIf(SnapshotStream::isFinished);
                        // Not at once: the receiver may have to shrink another range first.
                        system.scheduler()
                                .scheduleOnce(
                                        Duration.ofMillis(SNAPSHOT_RETRY_DELAY_MILLIS),
                                        () -> self.tell(
                                                new ReplicaActor.Raise(new RaftEvent.SnapshotSent(toReplica, success))),
                                        system.executionContext());
                    });
            LOG.info("sending a snapshot of {} at index {} to {}", descriptor, index, to);
            SnapshotStream before = streams.put(key, stream);
            if (before != null) {
                before.cancel();
            }
            stream.start();
        }

        @Override
        public void splitOff(SplitTrigger split, boolean leaseholder) {
            open(split.right());
            if (leaseholder) {
                Slot right = slots.get(split.right().id().value());
                int selfReplica =
                        split.right().replicaOn(setting.node()).orElseThrow().replicaId();
                if (right != null) {
                    // What this node served as the left side's leaseholder is below its clock now: the right side's
                    // first leader here
                    // may start its lease there, as after a transfer of leadership.
                    right.actor.tell(new ReplicaActor.Deliver(new RaftMessage.TimeoutNow(
                            selfReplica,
                            selfReplica,
                            StateApplier.RIGHT_SIDE_START.term(),
                            setting.clock().now())));
                }
            }
        }

        @Override
        public boolean overlapsOther(RangeDescriptor descriptor) {
            return overlaps(descriptor);
        }

        @Override
        public List<RangeDescriptor> othersHolding(KvBatch batch) {
            List<RangeDescriptor> found = new ArrayList<>();
            for (Slot slot : slots.values()) {
                RangeDescriptor descriptor = slot.descriptor;
                if (!descriptor.id().equals(rangeId)
                        && batch.ops().stream().anyMatch(op -> descriptor.span().contains(op.key()))) {
                    found.add(descriptor);
                }
            }
            return found;
        }

        @Override
        public void descriptorChanged(RangeDescriptor descriptor) {
            Slot slot = slots.get(range);
            if (slot != null) {
                slot.descriptor = descriptor;
            }
        }
    }
}
