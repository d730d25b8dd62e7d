package io.flotilla.node.replica;

import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import io.flotilla.config.id.NodeId;
import io.flotilla.node.liveness.LivenessMessage;
import io.flotilla.node.liveness.service.LivenessListener;
import io.flotilla.node.liveness.service.LivenessService;
import io.flotilla.node.log.LogCorruptException;
import io.flotilla.node.log.SharedLog;
import io.flotilla.node.raft.Now;
import io.flotilla.node.raft.RaftEvent;
import io.flotilla.node.raft.RaftMessage;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.StorageException;
import io.flotilla.node.transport.ChecksumNote;
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
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
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
    private static final Duration LOOK_AROUND_EVERY = Duration.ofSeconds(1);

    private final Replica.Setting setting;
    private final SharedLog log;
    private final ActorSystem<?> system;
    private final Executor wire;
    private final Duration flushEvery;
    private final Consumer<Throwable> onDiskFailure;
    private final ReplicaDirectory replicas = new ReplicaDirectory();
    private final StrangerMail strangers = new StrangerMail();
    private final ReplicaMail mail;
    private final ExecutorService background;
    private final SnapshotTraffic snapshots;
    private final FlushCycle flushes;
    private final VersionSweeps sweeps;
    private final Removals removals;
    private final ReplicaNews news;
    private final LostReplicas lost;
    private final Quarantine quarantine;
    private final StateCounter counter;
    private final StoppedReplicas stopped;
    private final Newcomers newcomers;
    private final UninitializedVoters voters;
    private final LostQuorums lostQuorums;
    private final SleepWatch sleep;
    private final Looks looks;
    private @Nullable Transport transport;
    private @Nullable ConflictResolver resolver;
    private volatile boolean closed;
    private volatile boolean adoptionAllowed;
    private final Now started;

    /**
     * @param onDiskFailure the log or engine is unusable; nothing more will be acknowledged and the process must end
     */
    public Store(
            Replica.Setting setting,
            SharedLog log,
            NodeSystem system,
            StoreSettings settings,
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
        this.lost = new LostReplicas(setting.engine(), setting.node());
        this.newcomers = new Newcomers(setting.node(), replicas, lost, new House());
        this.snapshots = new SnapshotTraffic(
                setting.engine(),
                log,
                settings.flow(),
                settings.snapshots(),
                (to, chunk, answered) -> transport().sendSnapshot(to, chunk, answered),
                this::later,
                newcomers,
                this::diskFailed);
        this.started = settings.since();
        this.looks = new Looks(setting.node(), setting.liveness(), replicas);
        this.flushes =
                new FlushCycle(setting.engine(), log, replicas, setting.raft().logEntriesKept());
        this.sweeps = new VersionSweeps(setting, replicas, settings.retention(), this::diskFailed, this::resolver);
        this.stopped = new StoppedReplicas(
                setting.node(),
                log,
                lost,
                setting.clock(),
                started,
                (to, range, message) -> transport().sendRaft(to, range, message));
        this.lostQuorums = new LostQuorums(setting.node(), setting.engine(), log, replicas);
        this.sleep = new SleepWatch(
                setting.node(),
                settings.idle(),
                setting.raft().tickMillis(),
                replicas,
                (millis, task) -> later(millis, () -> wire.execute(task)),
                range -> log.rest(range.value()));
        this.removals = new Removals(setting.engine(), log, replicas, snapshots, sleep, this::diskFailed);
        this.news = new ReplicaNews(setting.node(), replicas, removals, strangers, this::transport, System::nanoTime);
        this.voters = UninitializedVoters.of(log, setting);
        this.mail = new ReplicaMail(
                replicas,
                removals,
                lost,
                stopped,
                strangers,
                news,
                this::transport,
                this::askedForVote,
                System::nanoTime);
        this.quarantine = new Quarantine(lost, stopped, snapshots, sleep, background, this::diskFailed);
        this.counter = new StateCounter(setting.engine(), background, this::diskFailed);
    }

    /** Starts all replicas found on disk; call once, when the other rooms are there. */
    public void start(Transport transportOfNode, ConflictResolver conflictResolver) {
        this.transport = transportOfNode;
        this.resolver = conflictResolver;
        lost.load();
        snapshots.recover(lost);
        List<RangeDescriptor> found = LocalState.descriptors(setting.engine());
        LogOpening.checkLogBelongsToState(log, setting.engine(), found);
        removals.recover();
        found.forEach(descriptor -> open(descriptor, started));
        // Known first and looked at then: what is withdrawn meanwhile is missed by neither.
        sleep.wakeAtStart(replicas.all().stream()
                .filter(slot -> !LogOpening.mayRest(log, setting.engine(), setting.liveness(), slot.descriptor()))
                .toList());
        lostQuorums.recover();
        log.onCrowded(this::relieveLog);
        system.scheduler()
                .scheduleAtFixedRate(LOOK_AROUND_EVERY, LOOK_AROUND_EVERY, this::lookAround, system.executionContext());
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
                if (isNew(descriptor)) {
                    LocalState.putDescriptor(batch, descriptor);
                    fresh.add(descriptor);
                }
            }
            setting.engine().write(batch);
        }
        setting.engine().flush();
        fresh.forEach(descriptor -> openAwake(descriptor, started));
    }

    /** Has the replicas here campaign, unless somebody leads: all voters of new ranges are there, and nobody has to wait until one loses patience. */
    public void campaign(Collection<RangeDescriptor> ranges) {
        for (RangeDescriptor range : ranges) {
            Slot slot = replicas.find(range.id());
            if (slot != null) {
                slot.tell(new ReplicaActor.Raise(new RaftEvent.Campaign()));
            }
        }
    }

    /** Whoever founds a cluster may have to tell of its first ranges again, when they have been split and moved long since. */
    private boolean isNew(RangeDescriptor first) {
        return first.replicaOn(setting.node())
                .filter(own -> replicas.find(first.id()) == null
                        && !lost.isStoreRebuilt()
                        && !removals.isRemoved(first.id(), own.replicaId())
                        && !replicas.overlapsOther(first))
                .isPresent();
    }

    /**
     * Gives the range a replica here, unless it has one; it sleeps until it is told something.
     *
     * @param since what the replica may have promised before is forgotten
     */
    private synchronized @Nullable Slot open(RangeDescriptor descriptor, Now since) {
        RangeId range = descriptor.id();
        if (replicas.find(range) != null || closed) {
            return null;
        }
        Optional<ReplicaInfo> own = descriptor.replicaOn(setting.node());
        if (own.isEmpty()) {
            // Its own removal was applied, and then the process ended.
            removals.discard(descriptor);
            return null;
        }
        LogOpening found = LogOpening.of(log, setting.engine(), descriptor);
        LocalState.Applied applied = LocalState.applied(setting.engine(), range);
        Dormant dormant = Dormant.onDisk(found, applied == null ? 0 : applied.index(), since);
        int id = own.get().replicaId();
        boolean trusted = !lost.isLost(range, id);
        Slot slot = new Slot(trusted ? this::build : Quarantine::nobody, descriptor, id, dormant);
        if (!trusted) {
            slot.shut();
        }
        stopped.isBack(range);
        replicas.add(slot);
        strangers.take(range.value()).forEach(slot::tell);
        return slot;
    }

    private void openAwake(RangeDescriptor descriptor, Now since) {
        Slot slot = open(descriptor, since);
        if (slot != null) {
            slot.tell(ReplicaActor.Tick.INSTANCE);
        }
    }

    /** Whoever tells the slot something runs this, at its first message and whenever the replica slept. */
    private Consumer<ReplicaActor.Command> build(Slot slot, Dormant from) {
        if (closed) {
            return ReplicaActor::turnAway;
        }
        ActorRef<ReplicaActor.Command> actor = system.systemActorOf(
                ReplicaActor.create(
                        () -> replica(slot, from), sleep.door(slot, failure -> failed(slot, failure)), wire),
                "range-" + slot.range().value() + "-" + Long.toString(System.nanoTime(), 36),
                NodeSystem.onCallersThread());
        return actor::tell;
    }

    private Replica replica(Slot slot, Dormant from) {
        RangeDescriptor descriptor = slot.descriptor();
        return new Replica(
                setting,
                new StorePorts(this, slot, from.since()),
                descriptor,
                LogOpening.of(log, setting.engine(), descriptor),
                from.raft(),
                from.servedUpTo());
    }

    private void failed(Slot slot, Throwable failure) {
        RangeDescriptor descriptor = slot.descriptor();
        stopped.add(descriptor); // first: whoever has its place next is taken off there
        replicas.remove(slot);
        snapshots.forget(descriptor.id().value());
        LOG.error("replica of {} stopped: {}", descriptor, failure.toString(), failure);
        if (!closed && (failure instanceof StorageException || failure instanceof LogCorruptException)) {
            onDiskFailure.accept(failure);
        }
    }

    /** A split was applied to the engine: its right side gets a replica. {@code leaseholder}: the left side's replica here held the lease. */
    void splitOff(RangeDescriptor right, boolean leaseholder) {
        // What the left side's leaseholder served here before may be covered by nobody's promise.
        openAwake(right, now());
        Slot slot = replicas.find(right.id());
        if (leaseholder && slot != null) {
            int self = right.replicaOn(setting.node()).orElseThrow().replicaId();
            // What this node served as the left side's leaseholder is below its clock now: the right side's first
            // leader
            // here may start its lease there, as after a transfer of leadership.
            slot.tell(new ReplicaActor.Deliver(
                    setting.node(),
                    new RaftMessage.TimeoutNow(
                            self,
                            self,
                            StateApplier.RIGHT_SIDE_START.term(),
                            setting.clock().now())));
        }
    }

    // ---- what arrives --------------------------------------------------------------------------------------------

    @Override
    public void raft(NodeId from, RangeId range, RaftMessage message) {
        // After the end nothing is kept for replicas that are still to come.
        if (!closed || replicas.find(range) != null) {
            mail.arrived(from, range, message);
        }
    }

    private void askedForVote(NodeId from, RangeId range, RaftMessage.VoteRequest request) {
        inBackground(() ->
                voteForAbsent(range, request).ifPresent(reply -> transport().sendRaft(from, range, reply)));
    }

    /** No replica is made meanwhile. */
    private synchronized Optional<RaftMessage> voteForAbsent(RangeId range, RaftMessage.VoteRequest request) {
        return newcomers.isExpected(range, request.to()) ? voters.answer(range, request) : Optional.empty();
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

    @Override
    public void notice(NodeId from, ReplicaNotice notice) {
        news.heard(from, notice);
    }

    @Override
    public void checksum(NodeId from, ChecksumNote note) {
        Slot slot = replicas.find(note.range());
        if (slot != null && slot.replicaId() == note.toReplica()) {
            if (note.diverged()) {
                quarantine.diverged(slot, note.index());
            } else {
                slot.tell(new ReplicaActor.Heard(note));
            }
        }
    }

    /** A change of replicas was applied here. */
    void replicasChanged(RangeDescriptor before, RangeDescriptor after, boolean leaseholder) {
        news.changed(before, after, leaseholder);
    }

    /** What the meta range says of a range that may have a replica here. */
    public void compare(RangeDescriptor committed) {
        news.compare(committed);
    }

    @Override
    public void snapshot(NodeId from, SnapshotChunk chunk, Consumer<SnapshotVerdict> answer) {
        snapshots.receive(chunk, answer);
    }

    @Override
    public void liveness(NodeId from, LivenessMessage message) {
        setting.liveness().received(from, message);
    }

    private final class House implements Newcomers.House {
        @Override
        public boolean isClosed() {
            return closed;
        }

        @Override
        public boolean adopts() {
            return adoptionAllowed;
        }

        @Override
        public SnapshotTraffic snapshots() {
            return snapshots;
        }

        @Override
        public Removals removals() {
            return removals;
        }

        @Override
        public void open(RangeDescriptor descriptor) {
            flushes.changed(descriptor.id());
            openAwake(descriptor, started);
        }
    }

    /**
     * This node's id is known to be bound to this very store, so it may take in replicas by snapshot. A store that lost its disk may not: it would vote
     * again under an identity whose promises it forgot (B22).
     */
    public void allowAdoption() {
        adoptionAllowed = true;
    }

    @Override
    public void withdrawn(NodeId node, long epoch) {
        sleep.withdrawn(node);
    }

    @Override
    public void supported(NodeId node, long epoch) {
        sleep.supportedBy(node);
    }

    @Override
    public void lost(NodeId node) {
        for (Slot slot : replicas.all()) {
            slot.descriptor()
                    .replicaOn(node)
                    .ifPresent(replica ->
                            slot.tellIfAwake(new ReplicaActor.Raise(new RaftEvent.Unreachable(replica.replicaId()))));
        }
    }

    // ---- operators -----------------------------------------------------------------------------------------------

    /** Asks every replica how it is; {@code each} is called on the replicas' threads. Returns how many were asked. Wakes nobody. */
    public int inspect(Consumer<ReplicaReport> each) {
        return looks.inspect(each);
    }

    /** How a range's group stands, if its leaseholder is here; {@code answer} is called on the replica's thread. */
    public void look(RangeId range, Consumer<Optional<ReplicaGroup.Look>> answer) {
        looks.look(range, answer);
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
        return new HandOff(setting.node(), replicas.all(), setting.liveness(), patience).run();
    }

    /** The descriptor of a range as its replica here knows it. */
    public Optional<RangeDescriptor> descriptor(RangeId range) {
        return Optional.ofNullable(replicas.find(range)).map(Slot::descriptor);
    }

    /** How this store served since it started. */
    public Serving.Report serving() {
        return setting.serving().report(sleep.woken());
    }

    public int replicaCount() {
        return replicas.size();
    }

    /** Stops all replicas; the log and engine are closed by their owner afterwards. */
    @Override
    public void close() {
        closed = true;
        sleep.close();
        snapshots.close();
        sweeps.close();
        background.shutdownNow();
    }

    // ---- regular work --------------------------------------------------------------------------------------------

    private void lookAround() {
        if (!closed) {
            snapshots.tick(System.nanoTime());
            sweeps.tick();
            if (!stopped.isEmpty()) {
                wire.execute(stopped::repeat);
            }
            if (!lostQuorums.isIdle()) {
                wire.execute(lostQuorums::carryOn);
            }
        }
    }

    private void flush() {
        guarded(flushes::run);
    }

    private void relieveLog(Map<Long, Long> inTheWay) {
        guarded(() -> flushes.relieve(inTheWay));
    }

    private void inBackground(Runnable task) {
        if (!closed) {
            background.execute(() -> guarded(task));
        }
    }

    /** The disk is asked, and may fail. */
    private void guarded(Runnable task) {
        if (closed) {
            return;
        }
        try {
            task.run();
        } catch (RuntimeException failure) {
            diskFailed(failure);
        }
    }

    private Now now() {
        return new Now(LivenessService.nowMicros(), setting.clock().now());
    }

    /** For ranges that have lost their quorum for good. */
    public LostQuorums lostQuorums() {
        return lostQuorums;
    }

    /** Replicas here that are not to be trusted any more. */
    public LostReplicas lostReplicas() {
        return lost;
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

    Quarantine quarantine() {
        return quarantine;
    }

    StateCounter counter() {
        return counter;
    }

    FlushCycle flushes() {
        return flushes;
    }

    VersionSweeps sweeps() {
        return sweeps;
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
