package io.flotilla.node.replica;

import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import io.flotilla.config.id.NodeId;
import io.flotilla.config.settings.FlowSettings;
import io.flotilla.node.liveness.LivenessMessage;
import io.flotilla.node.liveness.service.LivenessListener;
import io.flotilla.node.liveness.service.LivenessService;
import io.flotilla.node.log.SharedLog;
import io.flotilla.node.raft.Now;
import io.flotilla.node.raft.RaftEvent;
import io.flotilla.node.raft.RaftMessage;
import io.flotilla.node.snapshot.SnapshotFiles;
import io.flotilla.node.snapshot.SnapshotHeader;
import io.flotilla.node.snapshot.SnapshotInbox;
import io.flotilla.node.snapshot.StagedSnapshot;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.StorageException;
import io.flotilla.node.transport.NodeSystem;
import io.flotilla.node.transport.ReplicaNotice;
import io.flotilla.node.transport.SnapshotChunk;
import io.flotilla.node.transport.SnapshotVerdict;
import io.flotilla.node.transport.Transport;
import io.flotilla.range.lifecycle.ReplicaGroup;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.RangeReply;
import io.flotilla.range.routing.RangeRequest;
import io.flotilla.range.routing.ReplicaInfo;
import io.flotilla.txn.coordinator.ConflictResolver;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All replicas of one node over one log and one engine: finds the replica for what arrives, makes replicas (at start, by bootstrap, by split, by
 * snapshot), and gives them their ticks.
 *
 * <p>Threading: thread-safe; arrivals come on transport threads, splits in a replica's turn.
 */
public final class Store implements Transport.Inbound, LivenessListener, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Store.class);
    private static final Duration DEFORTIFY_EVERY = Duration.ofSeconds(1);

    /**
     * @param flushEvery how often applied state is made durable
     * @param snapshots where incoming snapshots wait until they are installed
     */
    public record Settings(Duration flushEvery, FlowSettings flow, Path snapshots) {}

    private final Replica.Setting setting;
    private final SharedLog log;
    private final ActorSystem<?> system;
    private final Executor wire;
    private final Duration flushEvery;
    private final Consumer<Throwable> onDiskFailure;
    private final ReplicaDirectory replicas = new ReplicaDirectory();
    private final StrangerMail strangers = new StrangerMail();
    private final ExecutorService background;
    private final SnapshotTraffic snapshots;
    private final FlushCycle flushes;
    private final Removals removals;
    private final StoppedReplicas stopped;
    private @Nullable Transport transport;
    private @Nullable ConflictResolver resolver;
    private volatile boolean closed;
    private volatile boolean adoptionAllowed;
    private volatile Now started;

    /**
     * @param onDiskFailure the log or engine is unusable; nothing more will be acknowledged and the process must end
     */
    public Store(
            Replica.Setting setting,
            SharedLog log,
            NodeSystem system,
            Settings settings,
            Consumer<Throwable> onDiskFailure) {
        this.setting = setting;
        this.log = log;
        this.system = system.typed();
        this.wire = system.wire();
        this.flushEvery = settings.flushEvery();
        this.onDiskFailure = onDiskFailure;
        this.background = Executors.newSingleThreadExecutor(runnable -> {
            Thread thread = new Thread(runnable, "flotilla-store-background");
            thread.setDaemon(true);
            return thread;
        });
        this.snapshots = new SnapshotTraffic(
                setting.engine(),
                settings.flow(),
                new SnapshotFiles(settings.snapshots()),
                (to, chunk, answered) -> transport().sendSnapshot(to, chunk, answered),
                this::later,
                new SnapshotHost(),
                this::diskFailed);
        this.started = now();
        this.flushes = new FlushCycle(setting.engine(), log, replicas);
        this.stopped = new StoppedReplicas(
                setting.node(),
                log,
                setting.clock(),
                (to, range, message) -> transport().sendRaft(to, range, message));
        this.removals = new Removals(setting.engine(), log, replicas, snapshots, this::diskFailed);
    }

    /** Starts all replicas found on disk; call once, when the other rooms are there. */
    public void start(Transport transportOfNode, ConflictResolver conflictResolver) {
        this.transport = transportOfNode;
        this.resolver = conflictResolver;
        this.started = now();
        snapshots.recover();
        List<RangeDescriptor> found = LocalState.descriptors(setting.engine());
        LogOpening.checkLogBelongsToState(log, setting.engine(), found);
        removals.recover();
        found.forEach(descriptor -> open(descriptor, started));
        log.onCrowded(this::relieveLog);
        Duration tick = Duration.ofMillis(setting.raft().tickMillis());
        system.scheduler()
                .scheduleAtFixedRate(tick, tick, () -> wire.execute(this::tickAll), system.executionContext());
        system.scheduler()
                .scheduleAtFixedRate(
                        DEFORTIFY_EVERY,
                        DEFORTIFY_EVERY,
                        () -> wire.execute(stopped::repeat),
                        system.executionContext());
        system.scheduler()
                .scheduleAtFixedRate(
                        flushEvery, flushEvery, () -> background.execute(this::flush), system.executionContext());
    }

    // ---- making replicas -----------------------------------------------------------------------------------------

    /** Gives this store its first replicas; those it has already are left alone. Returns when they are durable. */
    public synchronized void bootstrap(List<RangeDescriptor> descriptors) {
        List<RangeDescriptor> fresh = new ArrayList<>();
        try (Engine.Batch batch = setting.engine().newBatch()) {
            for (RangeDescriptor descriptor : descriptors) {
                if (descriptor.replicaOn(setting.node()).isPresent() && replicas.find(descriptor.id()) == null) {
                    LocalState.putDescriptor(batch, descriptor);
                    fresh.add(descriptor);
                }
            }
            setting.engine().write(batch);
        }
        setting.engine().flush();
        fresh.forEach(descriptor -> open(descriptor, started));
    }

    /** @param since what the replica may have promised before is forgotten */
    private synchronized void open(RangeDescriptor descriptor, Now since) {
        RangeId range = descriptor.id();
        if (replicas.find(range) != null || closed) {
            return;
        }
        Optional<ReplicaInfo> own = descriptor.replicaOn(setting.node());
        if (own.isEmpty()) {
            // Its own removal was applied, and then the process ended.
            removals.discard(descriptor);
            return;
        }
        LogOpening opening = LogOpening.of(log, setting.engine(), descriptor);
        ActorRef<ReplicaActor.Command> actor = system.systemActorOf(
                ReplicaActor.create(
                        context -> new Replica(
                                setting,
                                new StorePorts(this, range, context.getSelf(), since),
                                descriptor,
                                opening.hardState(),
                                opening.view()),
                        wire,
                        failure -> failed(descriptor, failure)),
                "range-" + range.value() + "-" + Long.toString(System.nanoTime(), 36),
                NodeSystem.onCallersThread());
        Slot slot = new Slot(actor::tell, descriptor, own.get().replicaId());
        replicas.add(slot);
        strangers.take(range.value()).forEach(message -> slot.tell(new ReplicaActor.Deliver(message)));
    }

    private void failed(RangeDescriptor descriptor, Throwable failure) {
        Slot slot = replicas.find(descriptor.id());
        if (slot != null) {
            replicas.remove(slot);
        }
        snapshots.forget(descriptor.id().value());
        stopped.add(slot == null ? descriptor : slot.descriptor());
        LOG.error("replica of {} stopped: {}", descriptor, failure.toString(), failure);
        if (!closed && failure instanceof StorageException) {
            onDiskFailure.accept(failure);
        }
    }

    /** A split was applied to the engine: its right side gets a replica. {@code leaseholder}: the left side's replica here held the lease. */
    void splitOff(RangeDescriptor right, boolean leaseholder) {
        // What the left side's leaseholder served here before may be covered by nobody's promise.
        open(right, now());
        Slot slot = replicas.find(right.id());
        if (leaseholder && slot != null) {
            int self = right.replicaOn(setting.node()).orElseThrow().replicaId();
            // What this node served as the left side's leaseholder is below its clock now: the right side's first
            // leader
            // here may start its lease there, as after a transfer of leadership.
            slot.tell(new ReplicaActor.Deliver(new RaftMessage.TimeoutNow(
                    self,
                    self,
                    StateApplier.RIGHT_SIDE_START.term(),
                    setting.clock().now())));
        }
    }

    // ---- what arrives --------------------------------------------------------------------------------------------

    @Override
    public void raft(NodeId from, RangeId range, RaftMessage message) {
        Slot slot = replicas.find(range);
        if (slot != null) {
            if (slot.replicaId() != message.to()) {
                anotherIsMeant(from, slot, message.to());
                answerForAbsent(from, range, message, message.to() < slot.replicaId());
            } else if (slot.descriptor().hasRemoved(message.from())) {
                transport().sendNotice(from, new ReplicaNotice(range, message.from(), ReplicaNotice.Kind.REMOVED));
            } else {
                slot.tell(new ReplicaActor.Deliver(message));
            }
        } else if (removals.isRemoved(range, message.to())) {
            answerForAbsent(from, range, message, true);
        } else if (!closed) {
            answerForAbsent(from, range, message, false);
            strangers
                    .keep(range.value(), message, System.nanoTime())
                    .ifPresent(reply -> transport().sendRaft(from, range, reply));
        }
    }

    private void answerForAbsent(NodeId from, RangeId range, RaftMessage message, boolean forGood) {
        if (message instanceof RaftMessage.AskDefortify question) {
            stopped.answer(range, question, forGood)
                    .ifPresent(word -> transport().sendRaft(from, range, word));
        }
    }

    @Override
    public void serve(RangeRequest request, Consumer<RangeReply> reply) {
        Slot slot = replicas.find(request.range());
        if (slot == null) {
            reply.accept(new RangeReply.RangeUnknown());
        } else {
            slot.tell(new ReplicaActor.Serve(request, reply));
        }
    }

    /** Whoever speaks to a later replica of the range on this node knows of a removal that was not heard of here. */
    private void anotherIsMeant(NodeId from, Slot slot, int replicaId) {
        if (replicaId > slot.replicaId()) {
            tellOf(slot, from, ReplicaNotice.Kind.QUESTION);
        }
    }

    @Override
    public void notice(NodeId from, ReplicaNotice notice) {
        RangeId range = notice.range();
        Slot slot = replicas.find(range);
        switch (notice.kind()) {
            case REMOVED -> removals.removed(range, notice.replicaId());
            case QUESTION -> {
                if (slot != null && slot.descriptor().hasRemoved(notice.replicaId())) {
                    transport()
                            .sendNotice(from, new ReplicaNotice(range, notice.replicaId(), ReplicaNotice.Kind.REMOVED));
                }
            }
            case ADDED -> {
                if (slot != null) {
                    anotherIsMeant(from, slot, notice.replicaId());
                } else if (!removals.isRemoved(range, notice.replicaId())) {
                    strangers.expect(range.value(), System.nanoTime());
                }
            }
        }
    }

    /** A change of replicas was applied here. */
    void replicasChanged(RangeDescriptor before, RangeDescriptor after, boolean leaseholder) {
        for (ReplicaInfo replica : before.replicas()) {
            if (after.replica(replica.replicaId()).isEmpty()) {
                tell(replica, after.id(), ReplicaNotice.Kind.REMOVED);
            }
        }
        for (ReplicaInfo replica : after.replicas()) {
            if (leaseholder && before.replica(replica.replicaId()).isEmpty()) {
                tell(replica, after.id(), ReplicaNotice.Kind.ADDED);
            }
        }
    }

    private void tell(ReplicaInfo replica, RangeId range, ReplicaNotice.Kind kind) {
        transport().sendNotice(replica.node(), new ReplicaNotice(range, replica.replicaId(), kind));
    }

    /**
     * What the meta range says of a range that may have a replica here. If it names others than this one, and in a later change, those are asked
     * whether this one was removed: the notice may have been lost.
     */
    public void compare(RangeDescriptor committed) {
        Slot slot = replicas.find(committed.id());
        if (slot == null
                || !committed.hasRemoved(slot.replicaId())
                || committed.generation() <= slot.descriptor().generation()) {
            return;
        }
        for (ReplicaInfo replica : committed.replicas()) {
            if (!replica.node().equals(setting.node())) {
                tellOf(slot, replica.node(), ReplicaNotice.Kind.QUESTION);
            }
        }
    }

    private void tellOf(Slot slot, NodeId to, ReplicaNotice.Kind kind) {
        transport().sendNotice(to, new ReplicaNotice(slot.range(), slot.replicaId(), kind));
    }

    @Override
    public void snapshot(NodeId from, SnapshotChunk chunk, Consumer<SnapshotVerdict> answer) {
        snapshots.receive(chunk, answer);
    }

    @Override
    public void liveness(NodeId from, LivenessMessage message) {
        setting.liveness().received(from, message);
    }

    /** What snapshots are for: a replica that fell behind the log, or one that is not here yet. */
    private final class SnapshotHost implements SnapshotInbox.Host {
        @Override
        public boolean wants(SnapshotHeader header) {
            RangeDescriptor descriptor = header.descriptor();
            Slot slot = replicas.find(descriptor.id());
            if (slot != null && slot.replicaId() != header.toReplica()) {
                if (descriptor.hasRemoved(slot.replicaId())) {
                    removals.removed(descriptor.id(), slot.replicaId());
                }
                return false;
            }
            // Whom a snapshot overlaps must shrink first.
            return !closed
                    && isMeant(header)
                    && (slot != null || mayCreate(header))
                    && !replicas.overlapsOther(descriptor);
        }

        @Override
        public void arrived(StagedSnapshot snapshot) {
            Slot slot = replicas.find(snapshot.header().descriptor().id());
            if (slot != null) {
                slot.tell(new ReplicaActor.SnapshotArrived(snapshot));
            } else {
                createFrom(snapshot);
            }
        }
    }

    private boolean isMeant(SnapshotHeader header) {
        return header.descriptor()
                .replicaOn(setting.node())
                .filter(replica -> replica.replicaId() == header.toReplica())
                .isPresent();
    }

    /**
     * This node's id is known to be bound to this very store, so it may take in replicas by snapshot. A store that lost its disk may not: it would vote
     * again under an identity whose promises it forgot (B22).
     */
    public void allowAdoption() {
        adoptionAllowed = true;
    }

    private boolean mayCreate(SnapshotHeader header) {
        return adoptionAllowed && !removals.isRemoved(header.descriptor().id(), header.toReplica());
    }

    /** A range that reached this node only by snapshot: it was added here, or split off while this node was away. */
    private void createFrom(StagedSnapshot snapshot) {
        SnapshotHeader header = snapshot.header();
        RangeDescriptor descriptor = header.descriptor();
        snapshots.install(snapshot, () -> mayCreate(header) && !replicas.overlapsOther(descriptor), () -> {
            flushes.changed(descriptor.id());
            open(descriptor, started);
        });
    }

    @Override
    public void withdrawn(NodeId node, long epoch) {
        // every replica finds out at its next tick
    }

    @Override
    public void supported(NodeId node, long epoch) {
        // every replica finds out at its next tick
    }

    @Override
    public void lost(NodeId node) {
        for (Slot slot : replicas.all()) {
            slot.descriptor()
                    .replicaOn(node)
                    .ifPresent(replica ->
                            slot.tell(new ReplicaActor.Raise(new RaftEvent.Unreachable(replica.replicaId()))));
        }
    }

    // ---- operators -----------------------------------------------------------------------------------------------

    /** Asks every replica how it is; {@code each} is called on the replicas' threads. Returns how many were asked. */
    public int inspect(Consumer<ReplicaReport> each) {
        List<Slot> asked = new ArrayList<>(replicas.all());
        asked.forEach(slot -> slot.tell(new ReplicaActor.Inspect(each)));
        return asked.size();
    }

    /** How a range's group stands, if its leaseholder is here; {@code answer} is called on the replica's thread. */
    public void look(RangeId range, Consumer<Optional<ReplicaGroup.Look>> answer) {
        Slot slot = replicas.find(range);
        if (slot == null) {
            answer.accept(Optional.empty());
        } else {
            slot.tell(new ReplicaActor.Look(answer));
        }
    }

    /** The ranges of all replicas here, as these know them. */
    public List<RangeDescriptor> descriptors() {
        List<RangeDescriptor> found = new ArrayList<>();
        for (Slot slot : replicas.all()) {
            found.add(slot.descriptor());
        }
        return found;
    }

    /** Asks the replica of that range, if it is here, to hand leadership over. */
    public boolean transferLease(RangeId range, NodeId to) {
        Slot slot = replicas.find(range);
        Optional<ReplicaInfo> target =
                slot == null ? Optional.empty() : slot.descriptor().replicaOn(to);
        if (slot == null || target.isEmpty()) {
            return false;
        }
        slot.tell(new ReplicaActor.Raise(
                new RaftEvent.TransferLeadership(target.get().replicaId())));
        return true;
    }

    /**
     * Hands over whatever this store leads. Blocks until all of it is handed over, or time is up; returns how many ranges are still led here.
     */
    public int handOff(Duration patience) {
        long deadlineNanos = System.nanoTime() + patience.toNanos();
        int left = handOver();
        while (left > 0 && System.nanoTime() < deadlineNanos) {
            LockSupport.parkNanos(50_000_000);
            left = handOver();
        }
        return left;
    }

    private int handOver() {
        AtomicInteger leading = new AtomicInteger();
        for (Slot slot : replicas.all()) {
            slot.tell(new ReplicaActor.Look(look -> look.ifPresent(group -> {
                leading.incrementAndGet();
                for (ReplicaInfo heir : slot.descriptor().replicas()) {
                    if (heir.replicaId() != slot.replicaId() && heir.mayLead() && heir.staysVoter()) {
                        slot.tell(new ReplicaActor.Raise(new RaftEvent.TransferLeadership(heir.replicaId())));
                        break;
                    }
                }
            })));
        }
        return leading.get();
    }

    /** The descriptor of a range as its replica here knows it. */
    public Optional<RangeDescriptor> descriptor(RangeId range) {
        return Optional.ofNullable(replicas.find(range)).map(Slot::descriptor);
    }

    /** How this store served since it started. */
    public Serving.Report serving() {
        return setting.serving().report();
    }

    public int replicaCount() {
        return replicas.size();
    }

    /** Stops all replicas; the log and engine are closed by their owner afterwards. */
    @Override
    public void close() {
        closed = true;
        snapshots.close();
        background.shutdownNow();
    }

    // ---- regular work --------------------------------------------------------------------------------------------

    private void tickAll() {
        if (closed) {
            return;
        }
        for (Slot slot : replicas.all()) {
            slot.tell(ReplicaActor.Tick.INSTANCE);
        }
        snapshots.tick(System.nanoTime());
    }

    private void flush() {
        if (closed) {
            return;
        }
        try {
            flushes.run();
        } catch (RuntimeException failure) {
            diskFailed(failure);
        }
    }

    private void relieveLog(List<Long> ranges) {
        if (closed) {
            return;
        }
        try {
            flushes.relieve(ranges);
        } catch (RuntimeException failure) {
            diskFailed(failure);
        }
    }

    private Now now() {
        return new Now(LivenessService.nowMicros(), setting.clock().now());
    }

    // ---- for the ports of replicas -------------------------------------------------------------------------------

    Replica.Setting setting() {
        return setting;
    }

    SharedLog log() {
        return log;
    }

    Executor wire() {
        return wire;
    }

    ReplicaDirectory replicas() {
        return replicas;
    }

    SnapshotTraffic snapshots() {
        return snapshots;
    }

    FlushCycle flushes() {
        return flushes;
    }

    Transport transport() {
        return started(transport);
    }

    ConflictResolver resolver() {
        return started(resolver);
    }

    private static <T> T started(@Nullable T room) {
        if (room == null) {
            throw new IllegalStateException("the store was not started");
        }
        return room;
    }

    void diskFailed(Throwable cause) {
        if (!closed) {
            onDiskFailure.accept(cause);
        }
    }

    /** Runs the task on a timer's thread; it must be short. */
    void later(long millis, Runnable task) {
        system.scheduler().scheduleOnce(Duration.ofMillis(millis), task, system.executionContext());
    }
}
