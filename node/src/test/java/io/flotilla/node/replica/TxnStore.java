package io.flotilla.node.replica;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.settings.FlowSettings;
import io.flotilla.config.time.Timestamp;
import io.flotilla.node.admin.LabAdmin;
import io.flotilla.node.mvcc.Mutation;
import io.flotilla.node.mvcc.VersionSweep;
import io.flotilla.node.raft.Now;
import io.flotilla.node.raft.RaftEvent;
import io.flotilla.node.raft.RaftMessage;
import io.flotilla.node.snapshot.SnapshotFiles;
import io.flotilla.node.snapshot.SnapshotSending;
import io.flotilla.node.snapshot.SnapshotStep;
import io.flotilla.node.transport.ChecksumNote;
import io.flotilla.node.transport.ReplicaNotice;
import io.flotilla.node.transport.SnapshotChunk;
import io.flotilla.node.transport.SnapshotVerdict;
import io.flotilla.range.lifecycle.ReplicaGroup;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.RangeReply;
import io.flotilla.range.routing.RangeRequest;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** All replicas of a {@link TxnProcess}: what {@link Store} is in a server, whose rooms it is made of, with turns in place of threads. */
final class TxnStore implements LabAdmin.House {
    /** All that a world sends is little. */
    private static final FlowSettings FLOW = new FlowSettings(
            FlowSettings.DEFAULT.proposalBytesMax(), FlowSettings.DEFAULT.proposalDelayMillis(), 1L << 40, 2, 2);

    /** The process ends here. */
    private static final class Halt extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    final ReplicaDirectory replicas = new ReplicaDirectory();
    final SnapshotTraffic snapshots;
    final FlushCycle flushes;
    final LostReplicas lost;
    private final TxnProcess process;
    private final Replica.Setting setting;
    private final StrangerMail strangers = new StrangerMail();
    private final SleepWatch sleep;
    private final StoppedReplicas stopped;
    private final Removals removals;
    private final ReplicaNews news;
    private final Newcomers newcomers;
    private final UninitializedVoters voters;
    private final TxnTurns background;
    private final ReplicaMail mail;
    private final Looks looks;
    private final Now started;

    TxnStore(TxnProcess process, Replica.Setting setting, Now started) {
        this.process = process;
        this.setting = setting;
        this.started = started;
        TxnNode node = process.node;
        SnapshotSending.Timer timer = new SnapshotSending.Timer() {
            @Override
            public void after(long millis, Runnable task) {
                process.after(millis * 1_000, task);
            }

            @Override
            public long nowNanos() {
                return process.micros() * 1_000;
            }
        };
        this.lost = new LostReplicas(node.engine, node.id);
        this.newcomers = new Newcomers(node.id, replicas, lost, new House());
        this.snapshots = new SnapshotTraffic(
                node.engine,
                process.log,
                FLOW,
                new SnapshotFiles(node.world.disk, node.world.disk.directory(node.id.value()), this::installStep),
                new SnapshotTraffic.Tools(
                        process.wire::sendSnapshot,
                        timer,
                        new TxnTurns(process),
                        new TxnTurns(process),
                        new TxnTurns(process)),
                newcomers,
                this::diskFailed);
        this.flushes = new FlushCycle(
                node.engine, process.log, replicas, setting.raft().logEntriesKept());
        this.sleep = new SleepWatch(
                node.id,
                node.world.weather.idle(),
                setting.raft().tickMillis(),
                replicas,
                new SleepWatch.Timers() {
                    @Override
                    public void after(long millis, Runnable task) {
                        process.after(millis * 1_000, task);
                    }

                    @Override
                    public long nowMicros() {
                        return process.micros();
                    }
                },
                range -> process.log.rest(range.value()));
        this.stopped =
                new StoppedReplicas(node.id, process.log, lost, setting.clock(), started, process.wire::sendRaft);
        this.removals = new Removals(node.engine, process.log, replicas, snapshots, sleep, this::diskFailed);
        this.news = new ReplicaNews(
                node.id, replicas, removals, strangers, () -> process.wire, () -> process.micros() * 1_000);
        this.voters = UninitializedVoters.of(process.log, setting);
        this.background = new TxnTurns(process);
        this.mail = new ReplicaMail(
                replicas,
                removals,
                lost,
                stopped,
                strangers,
                news,
                () -> process.wire,
                this::askedForVote,
                () -> process.micros() * 1_000);
        this.looks = new Looks(node.id, setting.liveness(), replicas);
    }

    /** As {@link Store#start}. Returns false if the process has ended by that. */
    boolean start() {
        lost.load();
        try {
            snapshots.recover(lost);
        } catch (Halt halt) {
            diskFailed(halt);
            return false;
        }
        List<RangeDescriptor> found = LocalState.descriptors(process.node.engine);
        LogOpening.checkLogBelongsToState(process.log, process.node.engine, found);
        removals.recover();
        found.forEach(descriptor -> open(descriptor, started));
        List<Slot> sleepers = new ArrayList<>();
        for (Slot slot : replicas.all()) {
            if (!LogOpening.mayRest(process.log, process.node.engine, setting.liveness(), slot.descriptor())) {
                sleepers.add(slot);
            }
        }
        sleep.wakeAtStart(sleepers);
        return true;
    }

    /** Each second. */
    void lookAround() {
        snapshots.tick(process.micros() * 1_000);
        if (!stopped.isEmpty()) {
            stopped.repeat();
        }
    }

    void close() {
        sleep.close();
        snapshots.close();
    }

    private void diskFailed(Throwable failure) {
        if (failure instanceof Halt) {
            process.world().saw(TxnSight.HALF_INSTALLED);
            process.node.fail();
        } else {
            process.world().violated(process.node.id + " has a disk that fails", failure);
        }
    }

    /** The process may end after any step of an installation, with as much of it on disk as the engine happens to have flushed. */
    private void installStep(SnapshotStep step) {
        boolean inside = step == SnapshotStep.MARKED || step == SnapshotStep.CHUNK_INSTALLED;
        if (step == SnapshotStep.FLUSHED) {
            process.world().saw(TxnSight.SNAPSHOT);
        } else if (inside
                && process.world().happens(process.world().weather.upheaval().installHalts())) {
            process.node.engine.flush();
            throw new Halt();
        }
    }

    // ---- replicas ------------------------------------------------------------------------------------------------

    private void open(RangeDescriptor descriptor, Now since) {
        RangeId range = descriptor.id();
        if (replicas.find(range) != null) {
            return;
        }
        Optional<ReplicaInfo> own = descriptor.replicaOn(process.node.id);
        if (own.isEmpty()) {
            removals.discard(descriptor);
            return;
        }
        LogOpening found = LogOpening.of(process.log, process.node.engine, descriptor);
        LocalState.Applied applied = LocalState.applied(process.node.engine, range);
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
    }

    private void openAwake(RangeDescriptor descriptor, Now since) {
        Slot before = replicas.find(descriptor.id());
        open(descriptor, since);
        Slot slot = replicas.find(descriptor.id());
        if (slot != null && slot != before) {
            slot.tell(ReplicaActor.Tick.INSTANCE);
        }
    }

    private Consumer<ReplicaActor.Command> build(Slot slot, Dormant from) {
        RangeDescriptor descriptor = slot.descriptor();
        Replica replica = new Replica(
                setting,
                new TxnPorts(process, slot, from.since()),
                descriptor,
                LogOpening.of(process.log, process.node.engine, descriptor),
                from.raft(),
                from.servedUpTo());
        return new TxnReplica(process, slot, replica, sleep.door(slot, failure -> {}));
    }

    /** As {@link Store#splitOff}. */
    void splitOff(RangeDescriptor right, boolean leaseholder) {
        openAwake(right, process.now());
        Slot slot = replicas.find(right.id());
        if (leaseholder && slot != null) {
            int self = right.replicaOn(process.node.id).orElseThrow().replicaId();
            slot.tell(new ReplicaActor.Deliver(
                    process.node.id,
                    new RaftMessage.TimeoutNow(self, self, StateApplier.RIGHT_SIDE_START.term(), process.clock.now())));
        }
    }

    // ---- what arrives --------------------------------------------------------------------------------------------

    void raft(NodeId from, RangeId range, RaftMessage message) {
        mail.arrived(from, range, message);
    }

    private void askedForVote(NodeId from, RangeId range, RaftMessage.VoteRequest request) {
        background.execute(() -> {
            if (newcomers.isExpected(range, request.to())) {
                voters.answer(range, request).ifPresent(reply -> {
                    process.world().saw(TxnSight.VOTE_OF_ABSENT);
                    process.wire.sendRaft(from, range, reply);
                });
            }
        });
    }

    void serve(RangeRequest request, Consumer<RangeReply> reply) {
        Slot slot = replicas.find(request.range());
        if (slot == null) {
            reply.accept(new RangeReply.RangeUnknown());
        } else {
            slot.tell(new ReplicaActor.Serve(request, reply));
        }
    }

    void notice(NodeId from, ReplicaNotice notice) {
        news.heard(from, notice);
    }

    void checksum(ChecksumNote note) {
        Slot slot = replicas.find(note.range());
        if (slot != null && slot.replicaId() == note.toReplica()) {
            if (note.diverged()) {
                process.world()
                        .violated(process.node.id + " is told that its replica of " + slot.descriptor()
                                + " is wrong at " + note.index());
            } else {
                slot.tell(new ReplicaActor.Heard(note));
            }
        }
    }

    void snapshot(SnapshotChunk chunk, Consumer<SnapshotVerdict> answer) {
        snapshots.receive(chunk, answer);
    }

    void replicasChanged(RangeDescriptor before, RangeDescriptor after, boolean leaseholder) {
        news.changed(before, after, leaseholder);
    }

    /** What the meta range says of a range that may have a replica here. */
    void compare(RangeDescriptor committed) {
        news.compare(committed);
    }

    void withdrawn(NodeId away) {
        sleep.withdrawn(away);
    }

    void supportedBy(NodeId by) {
        sleep.supportedBy(by);
    }

    private final class House implements Newcomers.House {
        @Override
        public boolean isClosed() {
            return false;
        }

        @Override
        public boolean adopts() {
            return true;
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

    // ---- whoever looks after it ----------------------------------------------------------------------------------

    @Override
    public void look(RangeId range, Consumer<Optional<ReplicaGroup.Look>> answer) {
        looks.look(range, answer);
    }

    @Override
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

    List<RangeDescriptor> descriptors() {
        List<RangeDescriptor> found = new ArrayList<>();
        replicas.all().forEach(slot -> found.add(slot.descriptor()));
        return found;
    }

    /** As {@link VersionSweeps}, one stretch. */
    void sweep(Slot slot) {
        slot.tellIfAwake(new ReplicaActor.Look(look -> look.ifPresent(led -> {
            TxnWorld world = process.world();
            RangeDescriptor range = slot.descriptor();
            Timestamp threshold = process.clock.now().plusMicros(-world.weather.retentionMicros());
            VersionSweep sweep = new VersionSweep(process.node.engine, range.span(), threshold);
            while (!sweep.isDone()) {
                List<Mutation.Garbage> found = sweep.step();
                if (!found.isEmpty()) {
                    Mutation.Sweep entry = new Mutation.Sweep(threshold, range.generation(), found);
                    process.after(
                            0,
                            () -> slot.tell(new ReplicaActor.TakeAway(
                                    new Sweeping.Wish(entry, done -> world.saw(TxnSight.SWEEP)))));
                    return;
                }
            }
        })));
    }
}
