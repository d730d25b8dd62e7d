package io.flotilla.node.replica;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvOp;
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
import io.flotilla.range.lifecycle.CommitTrigger;
import io.flotilla.range.lifecycle.ReplicaGroup;
import io.flotilla.range.lifecycle.SplitTrigger;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeReply;
import io.flotilla.range.routing.RangeRequest;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.ArrayDeque;
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

    /** Messages that wait for a numbered persist. */
    /** What a peer may be behind at any moment without anything being wrong. */
    private static final long CROWDED_ENTRIES_KEPT = 100;

    private record Held(long persistNumber, List<RaftMessage> messages) {}

    /** A request that came in. */
    record Arrival(RangeRequest request, long deadlineMicros, Consumer<RangeReply> reply) {}

    private final Setting setting;
    private final ReplicaPorts ports;
    private final StateApplier applier;
    private final RaftCore raft;
    private final LogView log;
    private final ArrayDeque<Held> held = new ArrayDeque<>();
    private List<RaftEvent> events = new ArrayList<>();
    private List<Arrival> arrivals = new ArrayList<>();
    private final ConfirmedReads confirming = new ConfirmedReads();
    private @Nullable RequestDesk desk;
    private RaftStatus status;
    private long lastPersistNumber;
    private long persistedNumber;
    private long leaderlessSinceMicros;
    private boolean tickDue;
    private final SnapshotsOut snapshotsOut = new SnapshotsOut();
    private @Nullable StagedSnapshot arrivedSnapshot;

    Replica(Setting setting, ReplicaPorts ports, RangeDescriptor descriptor, HardState hardState, LogView log) {
        this.setting = setting;
        this.ports = ports;
        this.log = log;
        this.applier = new StateApplier(setting.engine(), descriptor, selfId(descriptor));
        Now now = ports.now();
        GroupSupport support = new GroupSupport(setting.liveness(), applier::descriptor, ports::micros);
        this.raft = new RaftCore(
                new RaftConfig(
                        selfId(descriptor),
                        Memberships.of(descriptor),
                        Memberships::afterEntry,
                        Memberships::withoutData,
                        setting.raft(),
                        setting.seed() ^ (descriptor.id().value() * 0x9E3779B97F4A7C15L),
                        new Trust(support, ports.since(), setting.clock().maxOffsetMicros())),
                hardState,
                log,
                applier.applied().index(),
                now);
        this.status = raft.status();
        this.leaderlessSinceMicros = now.micros();
    }

    // ---- what happens: noted now, handled by the next run() ------------------------------------------------------

    void serve(RangeRequest request, Consumer<RangeReply> reply) {
        long deadlineMicros = ports.now().micros() + request.batch().header().timeoutMicros();
        arrivals.add(new Arrival(request, deadlineMicros, reply));
    }

    void receive(RaftMessage message) {
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
        ports.descriptorChanged(applier.descriptor());
        ports.applied();
        events.add(new RaftEvent.SnapshotInstalled(
                header.fromReplica(), header.index(), header.indexTerm(), Memberships.of(header.descriptor())));
    }

    /** There is room to send that peer a snapshot now. */
    void snapshotTurn(int peer) {
        if (snapshotsOut.isWanted(peer)) {
            streamSnapshot(peer);
        } else {
            ports.cancelSnapshot(peer);
        }
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
     * @param crowded the log has no room for what this range keeps; a peer that is far behind will need a snapshot
     */
    void flushed(long index, boolean crowded, LogCompaction compaction) {
        long kept = setting.raft().logEntriesKept();
        long upTo = Math.min(index, log.lastIndex() - (crowded ? Math.min(kept, CROWDED_ENTRIES_KEPT) : kept));
        if (upTo >= log.firstIndex()) {
            compaction.compact(upTo, log.termAt(upTo));
        }
    }

    /** Forgets a log's beginning. */
    interface LogCompaction {
        void compact(long index, long term);
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
            }
            for (Arrival late : confirming.expired(now.micros())) {
                late.reply().accept(refused(new KvError.DeadlineExceeded("READ", false)));
            }
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
            handle(raft.step(now, new RaftEvent.Persisted(number)));
            while (!held.isEmpty() && held.peek().persistNumber() <= number) {
                sendAll(held.poll().messages());
            }
        }
    }

    private void handle(Ready ready) {
        Ready.Persist persist = ready.persist();
        if (persist != null) {
            lastPersistNumber = ready.persistNumber();
            ports.persist(ready.persistNumber(), persist);
            held.add(new Held(ready.persistNumber(), ready.sendAfterPersist()));
        } else if (!ready.sendAfterPersist().isEmpty()) {
            if (held.isEmpty()) {
                sendAll(ready.sendAfterPersist());
            } else {
                held.add(new Held(lastPersistNumber, ready.sendAfterPersist()));
            }
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
            events.add(new RaftEvent.SnapshotSent(peer, false));
            return;
        }
        LocalState.Applied applied = applier.applied();
        if (ports.streamSnapshot(applier.descriptor(), peer, raft.status().term(), applied.index(), applied.term())) {
            snapshotsOut.begun(peer, applied.index());
        }
    }

    private void sendAll(List<RaftMessage> messages) {
        for (int i = 0; i < messages.size(); i++) {
            RaftMessage message = messages.get(i);
            Optional<ReplicaInfo> to = applier.descriptor().replica(message.to());
            if (to.isPresent()) {
                ports.send(to.get().node(), message);
            }
        }
    }

    // ---- applying ------------------------------------------------------------------------------------------------

    private void apply(List<LogEntry> entries) {
        int from = 0;
        while (from < entries.size()) {
            int applied = applier.apply(entries, from);
            ports.applied();
            StateApplier.Reshaping reshaping = applier.takeReshaping();
            Now now = ports.now();
            if (desk != null) {
                for (int i = from; i < applied; i++) {
                    desk.applied(now, entries.get(i));
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
            desk.turnAway(new RangeReply.RangeMismatch(List.of(split.left(), split.right())));
            // Tells the followers now that the split is committed, so that they have the right side when it campaigns.
            events.add(new RaftEvent.Propose(List.of(StateApplier.NOTHING)));
        }
    }

    private void afterChange(StateApplier.GotOtherReplicas change) {
        ports.descriptorChanged(change.after());
        ports.replicasChanged(change.before(), change.after(), desk != null);
        if (desk != null) {
            desk.thaw();
        }
    }

    // ---- serving -------------------------------------------------------------------------------------------------

    private void watchLeadership(Now now) {
        status = raft.status();
        if (status.leader() != 0) {
            leaderlessSinceMicros = now.micros();
        }
        if (status.role() != RaftStatus.Role.LEADER && !snapshotsOut.isEmpty()) {
            snapshotsOut.giveUp().forEach(ports::cancelSnapshot);
        }
        RequestDesk current = desk;
        if (current != null && (status.role() != RaftStatus.Role.LEADER || status.term() != current.term())) {
            desk = null;
            current.close(refusal(now));
            current = null;
        }
        if (status.role() == RaftStatus.Role.LEADER) {
            Lease lease = raft.lease(now);
            if (current == null && lease.isHeldAt(now.micros())) {
                desk = new RequestDesk(
                        new RequestDesk.Tools(
                                setting.node(),
                                setting.engine(),
                                setting.evaluator(),
                                setting.clock(),
                                setting.txn(),
                                setting.serving(),
                                ports,
                                this::rejectTrigger,
                                raft::lease),
                        lease);
            }
        }
    }

    private void admitArrivals(Now now) {
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
        if (!covers(arrival.request().batch())) {
            List<RangeDescriptor> known =
                    new ArrayList<>(ports.othersHolding(arrival.request().batch()));
            known.add(applier.descriptor());
            arrival.reply().accept(new RangeReply.RangeMismatch(known));
        } else if (current == null
                && arrival.request().generation() < applier.descriptor().generation()) {
            // Who leads now may be a replica that the asker has not heard of.
            arrival.reply().accept(new RangeReply.RangeMismatch(List.of(applier.descriptor())));
        } else if (current == null) {
            arrival.reply().accept(refusal(now));
        } else {
            current.admit(now, arrival);
        }
    }

    private void admitConfirmed(Now now) {
        for (Arrival read : confirming.take(applier.applied().index())) {
            admit(now, read);
        }
    }

    private static RangeReply refused(KvError error) {
        return new RangeReply.Served(new KvReply.Refused(error));
    }

    private boolean covers(KvBatch batch) {
        List<KvOp> ops = batch.ops();
        RangeDescriptor descriptor = applier.descriptor();
        for (int i = 0; i < ops.size(); i++) {
            KvOp op = ops.get(i);
            boolean ours;
            if (op instanceof KvOp.Scan scan) {
                ours = descriptor.span().contains(scan.span());
            } else if (op instanceof KvOp.Refresh refresh) {
                ours = descriptor.span().contains(refresh.span());
            } else {
                ours = descriptor.span().contains(op.key());
            }
            if (!ours) {
                return false;
            }
        }
        return true;
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
        long leaderlessMicros = now.micros() - leaderlessSinceMicros;
        if (leaderlessMicros > 3_000L * setting.raft().electionMillisMin()) {
            return new RangeReply.NoQuorum("no leader for " + leaderlessMicros / 1_000 + " ms; replicas "
                    + applier.descriptor().replicas());
        }
        return new RangeReply.NotLeaseholder(NodeId.NONE);
    }

    private Optional<KvError> rejectTrigger(byte[] trigger) {
        return RangeChanges.objection(applier.descriptor(), CommitTrigger.decode(trigger));
    }

    /** This replica stops for good: whoever waits is told. */
    void abandon() {
        RequestDesk current = desk;
        desk = null;
        if (current != null) {
            current.close(new RangeReply.RangeUnknown());
        }
        arrivals.forEach(arrival -> arrival.reply().accept(new RangeReply.RangeUnknown()));
        snapshotsOut.giveUp().forEach(ports::cancelSnapshot);
        confirming.takeAll().forEach(read -> read.reply().accept(new RangeReply.RangeUnknown()));
        arrivals.clear();
    }

    // ---- looks ---------------------------------------------------------------------------------------------------

    RaftStatus status() {
        return status;
    }

    RangeDescriptor descriptor() {
        return applier.descriptor();
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

    private int selfId(RangeDescriptor descriptor) {
        return descriptor
                .replicaOn(setting.node())
                .orElseThrow(() -> new IllegalArgumentException(setting.node() + " has no replica of " + descriptor))
                .replicaId();
    }
}
