package io.flotilla.node.replica;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.lang.Invariant;
import io.flotilla.config.settings.RaftSettings;
import io.flotilla.config.settings.ReadMode;
import io.flotilla.config.settings.TxnSettings;
import io.flotilla.config.time.HybridClock;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnStatus;
import io.flotilla.node.liveness.Liveness;
import io.flotilla.node.mvcc.BatchEvaluator;
import io.flotilla.node.raft.FrozenRaft;
import io.flotilla.node.raft.HardState;
import io.flotilla.node.raft.Lease;
import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.LogView;
import io.flotilla.node.raft.Now;
import io.flotilla.node.raft.RaftConfig;
import io.flotilla.node.raft.RaftCore;
import io.flotilla.node.raft.RaftEvent;
import io.flotilla.node.raft.RaftMessage;
import io.flotilla.node.raft.RaftStatus;
import io.flotilla.node.raft.Ready;
import io.flotilla.node.raft.Trust;
import io.flotilla.node.snapshot.SnapshotHeader;
import io.flotilla.node.snapshot.StagedSnapshot;
import io.flotilla.node.storage.Engine;
import io.flotilla.range.lifecycle.ReplicaGroup;
import io.flotilla.range.lifecycle.SplitTrigger;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeReply;
import io.flotilla.range.routing.RangeRequest;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One copy of a range: takes what happened since its last turn as one group, steps consensus, applies what is committed, and serves requests while it
 * holds the lease.
 *
 * <p>Threading: one turn at a time; deterministic over its {@link ReplicaPorts}, engine and log view.
 */
public final class Replica {
    /** What all replicas of a store share. */
    public record Setting(
            NodeId node,
            Engine engine,
            BatchEvaluator evaluator,
            HybridClock clock,
            RaftSettings raft,
            TxnSettings txn,
            Serving serving,
            Liveness liveness,
            long seed) {}

    /** A request that came in. */
    record Arrival(RangeRequest request, long deadlineMicros, Consumer<RangeReply> reply) {}

    private final Setting setting;
    private final ReplicaPorts ports;
    private final StateApplier applier;
    private final RaftCore raft;
    private final LogView log;
    private final QuorumWatch quorum;
    private final Checkup checkup;
    private final Peers peers;

    /** Nothing was read above before this object was made. */
    private final Timestamp servedUpTo;

    private final Promises promises = new Promises();
    private List<RaftEvent> events = new ArrayList<>();
    private List<Arrival> arrivals = new ArrayList<>();
    private final ConfirmedReads confirming = new ConfirmedReads();
    private final AwaitingLeader awaiting = new AwaitingLeader();
    private final Sweeping sweeping = new Sweeping();
    private @Nullable RequestDesk desk;
    private RaftStatus status;
    private long persistedNumber;
    private long leaderlessSinceMicros;
    private boolean tickDue;
    private final SnapshotsOut snapshotsOut = new SnapshotsOut();
    private @Nullable StagedSnapshot arrivedSnapshot;

    /** A replica as it lies on disk. */
    Replica(Setting setting, ReplicaPorts ports, RangeDescriptor descriptor, HardState hardState, LogView log) {
        this(setting, ports, descriptor, new LogOpening(hardState, log), null, Timestamp.ZERO);
    }

    /**
     * @param frozen what its core was when it fell asleep, or null
     * @param servedUpTo nothing was read from it above, in the term it leads if it does
     */
    Replica(
            Setting setting,
            ReplicaPorts ports,
            RangeDescriptor descriptor,
            LogOpening opening,
            @Nullable FrozenRaft frozen,
            Timestamp servedUpTo) {
        this.setting = setting;
        this.ports = ports;
        int self = Memberships.idOn(descriptor, setting.node());
        this.log = opening.view();
        this.servedUpTo = servedUpTo;
        this.applier = new StateApplier(setting.engine(), descriptor, self);
        this.peers = new Peers(applier::descriptor);
        Now now = ports.now();
        GroupSupport support = new GroupSupport(setting.liveness(), applier::descriptor, ports::micros);
        RaftConfig config = new RaftConfig(
                self,
                Memberships.of(descriptor),
                Memberships::afterEntry,
                Memberships::withoutData,
                setting.raft(),
                setting.seed() ^ (descriptor.id().value() * 0x9E3779B97F4A7C15L),
                new Trust(support, ports.since(), setting.clock().maxOffsetMicros()));
        long applied = applier.applied().index();
        this.raft = frozen == null
                ? new RaftCore(config, opening.hardState(), log, applied, now)
                : new RaftCore(config, opening.hardState(), log, applied, frozen, now);
        this.quorum = new QuorumWatch(raft, support, self, setting.raft().electionMillisMin() * 1_000);
        this.checkup = new Checkup(applier, ports, self);
        this.status = raft.status();
        this.leaderlessSinceMicros = now.micros();
    }

    // ---- what happens: noted now, handled by the next run() ------------------------------------------------------

    void serve(RangeRequest request, Consumer<RangeReply> reply) {
        long deadlineMicros = ports.now().micros() + request.batch().header().timeoutMicros();
        arrivals.add(new Arrival(request, deadlineMicros, reply));
    }

    void receive(NodeId from, RaftMessage message) {
        peers.heard(message.from(), from);
        events.add(new RaftEvent.Received(message));
    }

    void event(RaftEvent event) {
        if (event instanceof RaftEvent.SnapshotSent sent) {
            snapshotsOut.ended(sent.toReplica(), sent.success(), ports.now().micros());
        }
        events.add(event);
    }

    void persisted(long number) {
        persistedNumber = Math.max(persistedNumber, number);
    }

    void resolved(TxnMeta holder, TxnStatus txnStatus, Timestamp timestamp) {
        if (desk != null) {
            desk.resolved(ports.now(), holder, txnStatus, timestamp);
        }
    }

    void snapshotArrived(StagedSnapshot snapshot) {
        if (arrivedSnapshot != null || ports.overlapsOther(snapshot.header().descriptor())) {
            // The other replica must shrink first; the leader will send again.
            ports.snapshotSettled(snapshot);
            return;
        }
        arrivedSnapshot = snapshot;
        SnapshotHeader header = snapshot.header();
        events.add(
                new RaftEvent.SnapshotArrived(header.fromReplica(), header.term(), header.index(), header.indexTerm()));
    }

    /** The engine holds it now, durably. */
    void snapshotInstalled(StagedSnapshot snapshot) {
        SnapshotHeader header = snapshot.header();
        applier.installed(header);
        peers.descriptorChanged();
        ports.descriptorChanged(applier.descriptor());
        ports.applied(0);
        events.add(new RaftEvent.SnapshotInstalled(
                header.fromReplica(), header.index(), header.indexTerm(), Memberships.of(header.descriptor())));
    }

    Checkup checkup() {
        return checkup;
    }

    /** There is room to send that peer a snapshot now. */
    void snapshotTurn(int peer) {
        if (snapshotsOut.isWanted(peer)) {
            streamSnapshot(peer);
        } else {
            ports.cancelSnapshot(peer);
        }
    }

    /** Old versions were found that nobody needs any more. */
    void takeAway(Sweeping.Wish wish) {
        sweeping.wish(wish);
    }

    void tick() {
        tickDue = true;
    }

    /** Pushes and deadlines of requests that wait for each other. */
    void lookAfterWaiting() {
        if (desk != null) {
            desk.tick(ports.now());
        }
    }

    /** How many requests wait for another one. */
    int waiting() {
        return desk == null ? 0 : desk.waiting();
    }

    /**
     * The engine has flushed this range's state up to {@code index}: forget what is no longer needed to catch up slow peers.
     *
     * @param inTheWay the log has no room for what this range keeps up to there; a peer that does not have that will need a snapshot. Of what comes after
     *     one that is on its way nothing is forgotten all the same, or the next would be needed before this one is through
     */
    void flushed(long index, long inTheWay, LogCompaction compaction) {
        long upTo = snapshotsOut.mayForget(
                FlushCycle.forgettable(log, index, inTheWay, setting.raft().logEntriesKept()),
                log.lastIndex(),
                ports.now().micros());
        if (upTo >= log.firstIndex()) {
            compaction.compact(upTo, log.termAt(upTo));
        }
    }

    // ---- a turn --------------------------------------------------------------------------------------------------

    /** Handles all that was noted, until nothing more can be done without the world's answer. */
    void run() {
        do {
            turn(ports.now());
        } while (!events.isEmpty() || persistedNumber > 0);
    }

    private void turn(Now now) {
        if (tickDue) {
            tickDue = false;
            events.add(new RaftEvent.Tick());
            if (desk != null) {
                desk.tick(now);
                checkup.due().ifPresent(check -> events.add(new RaftEvent.Propose(List.of(check))));
            }
            for (Arrival late : confirming.expired(now.micros())) {
                KvError error = new KvError.DeadlineExceeded("READ", false);
                late.reply().accept(new RangeReply.Served(new KvReply.Refused(error)));
            }
            awaiting.expired(now.micros()).forEach(late -> late.reply().accept(refusal(now)));
        }
        releasePersisted(now);
        if (!events.isEmpty()) {
            List<RaftEvent> group = events;
            events = new ArrayList<>();
            handle(raft.step(now, group.size() == 1 ? group.get(0) : new RaftEvent.Group(group)));
            StagedSnapshot unwanted = arrivedSnapshot;
            if (unwanted != null) {
                arrivedSnapshot = null;
                ports.snapshotSettled(unwanted);
            }
        }
        watchLeadership(now);
        admitArrivals(now);
        admitConfirmed(now);
        RequestDesk current = desk;
        while (current != null && current == desk) {
            current.run();
            List<RequestDesk.Proposal> proposals = current.takeProposals();
            if (proposals.isEmpty()) {
                break;
            }
            propose(current, proposals);
        }
        sweeping.propose(desk, applier.descriptor(), status.term(), this::stepAndHandle);
    }

    private Ready stepAndHandle(RaftEvent event) {
        Ready ready = raft.step(ports.now(), event);
        handle(ready);
        return ready;
    }

    private void propose(RequestDesk current, List<RequestDesk.Proposal> proposals) {
        // A change of the group is refused more often, and the others should not be refused with it. It is always the
        // last.
        int last = proposals.size() - 1;
        if (last > 0 && proposals.get(last).kind() == LogEntry.Kind.CONFIG) {
            proposeTogether(current, proposals.subList(0, last));
            proposeTogether(current, proposals.subList(last, last + 1));
        } else {
            proposeTogether(current, proposals);
        }
    }

    private void proposeTogether(RequestDesk current, List<RequestDesk.Proposal> proposals) {
        List<byte[]> payloads = new ArrayList<>(proposals.size());
        for (RequestDesk.Proposal proposal : proposals) {
            payloads.add(proposal.payload());
        }
        boolean config = proposals.get(0).kind() == LogEntry.Kind.CONFIG;
        Now now = ports.now();
        Ready ready =
                raft.step(now, config ? RaftEvent.Propose.config(payloads.get(0)) : new RaftEvent.Propose(payloads));
        if (ready.proposedFrom() == 0) {
            current.refused(now, proposals, RangeChanges.answerTo(ready.refusal()));
        } else {
            current.proposed(now, ready.proposedFrom(), proposals);
        }
        handle(ready);
    }

    private void releasePersisted(Now now) {
        if (persistedNumber > 0) {
            long number = persistedNumber;
            persistedNumber = 0;
            promises.durable(number);
            handle(raft.step(now, new RaftEvent.Persisted(number)));
            promises.release(this::sendAll);
        }
    }

    private void handle(Ready ready) {
        Ready.Persist persist = ready.persist();
        if (persist != null) {
            promises.hold(ready.persistNumber(), ready.sendAfterPersist());
            ports.persist(ready.persistNumber(), persist);
        } else if (!ready.sendAfterPersist().isEmpty() && !promises.holdIfOthersWait(ready.sendAfterPersist())) {
            sendAll(ready.sendAfterPersist());
        }
        if (!ready.apply().isEmpty()) {
            apply(ready.apply());
        }
        sendAll(ready.sendNow());
        for (Ready.ReadGrant read : ready.reads()) {
            confirming
                    .granted(read.request(), read.index())
                    .forEach(refused -> refused.reply().accept(new RangeReply.NotLeaseholder(NodeId.NONE)));
        }
        for (int peer : ready.snapshotsTo()) {
            snapshotsOut.want(peer);
            streamSnapshot(peer);
        }
        if (ready.installSnapshot()) {
            StagedSnapshot snapshot = arrivedSnapshot;
            Invariant.check(snapshot != null, "a snapshot is installed only after it arrived");
            arrivedSnapshot = null;
            if (snapshot != null) {
                ports.installSnapshot(snapshot);
            }
        }
    }

    private void streamSnapshot(int peer) {
        if (applier.descriptor().replica(peer).isEmpty()) {
            // It was removed meanwhile, or its coming is not applied yet.
            ports.cancelSnapshot(peer);
            event(new RaftEvent.SnapshotSent(peer, false));
            return;
        }
        LocalState.Applied applied = applier.applied();
        if (ports.streamSnapshot(applier.descriptor(), peer, raft.status().term(), applied)) {
            snapshotsOut.begun(peer, applied.index());
        }
    }

    private void sendAll(List<RaftMessage> messages) {
        for (int i = 0; i < messages.size(); i++) {
            RaftMessage message = messages.get(i);
            peers.nodeOf(message.to()).ifPresent(node -> ports.send(node, message));
        }
    }

    // ---- applying ------------------------------------------------------------------------------------------------

    private void apply(List<LogEntry> entries) {
        int from = 0;
        while (from < entries.size()) {
            int applied = applier.apply(entries, from);
            ports.applied(applier.takeWrittenBytes());
            checkup.applied(raft.status().leader());
            StateApplier.Reshaping reshaping = applier.takeReshaping();
            Now now = ports.now();
            if (desk != null) {
                for (int i = from; i < applied; i++) {
                    desk.applied(now, entries.get(i));
                    sweeping.applied(entries.get(i));
                }
            }
            if (reshaping instanceof StateApplier.WasSplit split) {
                afterSplit(split.trigger(), split.here());
            } else if (reshaping instanceof StateApplier.GotOtherReplicas change) {
                afterChange(change);
            }
            from = applied;
        }
    }

    private void afterSplit(SplitTrigger split, boolean here) {
        boolean leaseholder = desk != null;
        ports.descriptorChanged(split.left());
        if (here) {
            ports.splitOff(split, leaseholder);
        }
        if (desk != null) {
            desk.keys().forget(); // of the right side nobody tells it any more
            desk.turnAway(new RangeReply.RangeMismatch(List.of(split.left(), split.right())));
            // Tells the followers now that the split is committed, so that they have the right side when it campaigns.
            events.add(new RaftEvent.Propose(List.of(StateApplier.NOTHING)));
        }
    }

    private void afterChange(StateApplier.GotOtherReplicas change) {
        peers.descriptorChanged();
        ports.descriptorChanged(change.after());
        ports.replicasChanged(change.before(), change.after(), desk != null);
        if (desk != null) {
            desk.thaw();
        }
    }

    // ---- serving -------------------------------------------------------------------------------------------------

    private void watchLeadership(Now now) {
        boolean wasLed = status.leader() != 0;
        status = raft.status();
        // One that rested takes no turns: it is without a leader only since it looked.
        if (wasLed || status.leader() != 0) {
            leaderlessSinceMicros = now.micros();
        }
        if (status.role() != RaftStatus.Role.LEADER && !snapshotsOut.isEmpty()) {
            snapshotsOut.giveUp().forEach(ports::cancelSnapshot);
        }
        RequestDesk current = desk;
        if (current != null && (status.role() != RaftStatus.Role.LEADER || status.term() != current.term())) {
            desk = null;
            applier.tell(null);
            current.close(refusal(now));
            sweeping.stop();
            current = null;
        }
        if (status.role() == RaftStatus.Role.LEADER) {
            Lease lease = raft.lease(now);
            if (current == null && lease.isHeldAt(now.micros())) {
                RequestDesk opened = new RequestDesk(
                        RequestDesk.Tools.of(setting, ports, applier::objection, raft::lease, applier::swept),
                        lease,
                        servedUpTo);
                applier.tell(opened.keys());
                desk = opened;
            }
        }
    }

    private void admitArrivals(Now now) {
        if (!awaiting.isEmpty() && !isUndecided(now)) {
            arrivals.addAll(0, awaiting.takeAll());
        }
        if (arrivals.isEmpty()) {
            return;
        }
        List<Arrival> group = arrivals;
        arrivals = new ArrayList<>();
        boolean confirm = setting.serving().readMode() == ReadMode.READ_INDEX;
        List<Arrival> reads = new ArrayList<>(0);
        for (Arrival arrival : group) {
            if (confirm && desk != null && arrival.request().batch().isReadOnly()) {
                reads.add(arrival);
            } else {
                admit(now, arrival);
            }
        }
        if (!reads.isEmpty()) {
            handle(raft.step(now, new RaftEvent.ReadIndex(confirming.ask(reads))));
        }
    }

    private void admit(Now now, Arrival arrival) {
        RequestDesk current = desk;
        if (!Coverage.covers(applier.descriptor().span(), arrival.request().batch())) {
            List<RangeDescriptor> known =
                    new ArrayList<>(ports.othersHolding(arrival.request().batch()));
            known.add(applier.descriptor());
            arrival.reply().accept(new RangeReply.RangeMismatch(known));
        } else if (current == null
                && arrival.request().generation() < applier.descriptor().generation()) {
            // Who leads now may be a replica that the asker has not heard of.
            arrival.reply().accept(new RangeReply.RangeMismatch(List.of(applier.descriptor())));
        } else if (isUndecided(now) && awaiting.add(now.micros(), arrival)) {
            return; // comes back when it is known who leads
        } else if (current == null) {
            arrival.reply().accept(refusal(now));
        } else {
            current.admit(now, arrival);
        }
    }

    /** Whether it will be known within moments who serves: a leader has just been elected, is being elected, or hands over. */
    private boolean isUndecided(Now now) {
        if (status.role() == RaftStatus.Role.LEADER) {
            return status.handingOver() || (desk == null && status.quorumActive());
        }
        return status.leader() == 0
                && quorum.stopped(status, leaderlessMicros(now), 0).isEmpty();
    }

    private void admitConfirmed(Now now) {
        for (Arrival read : confirming.take(applier.applied().index())) {
            admit(now, read);
        }
    }

    private RangeReply refusal(Now now) {
        if (status.role() == RaftStatus.Role.LEADER) {
            return new RangeReply.NotLeaseholder(status.quorumActive() ? setting.node() : NodeId.NONE);
        }
        if (status.leader() != 0) {
            return new RangeReply.NotLeaseholder(applier.descriptor()
                    .replica(status.leader())
                    .map(ReplicaInfo::node)
                    .orElse(NodeId.NONE));
        }
        return quorum.stopped(status, leaderlessMicros(now), 0)
                .<RangeReply>map(RangeReply.NoQuorum::new)
                .orElseGet(() -> new RangeReply.NotLeaseholder(NodeId.NONE));
    }

    /** This replica stops for good: whoever waits is told. */
    void abandon() {
        RequestDesk current = desk;
        desk = null;
        if (current != null) {
            current.close(new RangeReply.RangeUnknown());
        }
        sweeping.stop();
        arrivals.forEach(arrival -> arrival.reply().accept(new RangeReply.RangeUnknown()));
        snapshotsOut.giveUp().forEach(ports::cancelSnapshot);
        confirming.takeAll().forEach(read -> read.reply().accept(new RangeReply.RangeUnknown()));
        awaiting.takeAll().forEach(arrival -> arrival.reply().accept(new RangeReply.RangeUnknown()));
        arrivals.clear();
    }

    // ---- sleep ---------------------------------------------------------------------------------------------------

    /** Whether nothing would come of time passing, see {@link RaftCore#isQuiet}, and nobody waits for anything here. */
    boolean isQuiet() {
        Now now = ports.now();
        return events.isEmpty()
                && arrivals.isEmpty()
                && persistedNumber == 0
                && promises.isEmpty()
                && confirming.isEmpty()
                && awaiting.isEmpty()
                && !snapshotsOut.isAnyWanted()
                && sweeping.isIdle()
                && arrivedSnapshot == null
                && (desk == null ? status.role() != RaftStatus.Role.LEADER : desk.isIdle())
                && checkup.isQuiet(desk != null)
                && raft.isQuiet(now);
    }

    /** What a quiet one waits for. */
    Slot.Rest rest() {
        return new Slot.Rest(raft.status().leader(), raft.waitsFor());
    }

    /** What is to be kept in place of this object. Only if quiet; it must not be used afterwards. */
    Dormant freeze() {
        Now now = ports.now();
        Timestamp read = desk == null ? servedUpTo : desk.readUpTo().max(now.hybrid());
        return new Dormant(raft.freeze(), read, raft.status(), ports.since());
    }

    // ---- looks ---------------------------------------------------------------------------------------------------

    RaftStatus status() {
        return status;
    }

    RangeDescriptor descriptor() {
        return applier.descriptor();
    }

    private long leaderlessMicros(Now now) {
        return status.leader() != 0 ? 0 : now.micros() - leaderlessSinceMicros;
    }

    /** How the range fares, as far as can be told from here. */
    QuorumWatch.Progress progress() {
        Now now = ports.now();
        long proposalAge = desk == null ? 0 : desk.oldestProposalMicros(now);
        return quorum.progress(status, leaderlessMicros(now), proposalAge);
    }

    boolean isLeaseholder() {
        return desk != null;
    }

    /** How the group stands, if this replica holds its lease. */
    Optional<ReplicaGroup.Look> look() {
        return desk == null ? Optional.empty() : Optional.of(new ReplicaGroup.Look(setting.node(), raft.caughtUp()));
    }

    LocalState.Applied applied() {
        return applier.applied();
    }
}
