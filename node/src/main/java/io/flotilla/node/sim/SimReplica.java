package io.flotilla.node.sim;

import io.flotilla.config.time.Timestamp;
import io.flotilla.node.liveness.LivenessFact;
import io.flotilla.node.raft.FrozenRaft;
import io.flotilla.node.raft.Lease;
import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.Membership;
import io.flotilla.node.raft.Now;
import io.flotilla.node.raft.RaftConfig;
import io.flotilla.node.raft.RaftCore;
import io.flotilla.node.raft.RaftEvent;
import io.flotilla.node.raft.RaftMessage;
import io.flotilla.node.raft.RaftStatus;
import io.flotilla.node.raft.Ready;
import io.flotilla.node.raft.Support;
import io.flotilla.node.raft.Trust;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The shell around one core: mailbox, disk, state machine. Does what {@link Ready} says, and dies and comes back as the nemesis wants. */
final class SimReplica {
    private static final long DEFORTIFY_EVERY_MICROS = 1_000_000;

    /** What waits in the mailbox, and what leaves once the core has taken it in. */
    private record Input(RaftEvent event, List<RaftMessage> release) {}

    final int id;
    final boolean witness;
    final SimClock clock;
    final SimStore store;
    private final World world;

    /** Durable. */
    SimLog disk;

    private Machine flushed;

    /** What the core believes: everything it has asked to persist. */
    SimLog handed;

    Machine machine;

    /** Null while frozen. */
    private @Nullable RaftCore core;

    private @Nullable FrozenRaft frozen;

    /** The leader's peers that lacked something when it fell asleep. */
    private List<Integer> waitsFor = List.of();

    RaftStatus status;
    Now steppedAt;

    /** In effect, after the last step. */
    Membership membership;

    int incarnation;
    private boolean asleep;

    /** Where its clock must have come before it begins anew. */
    private @Nullable Timestamp notBefore;

    /** The core is gone until the node starts again; its store lives on. */
    private boolean broken;

    /** Founded, or sent a first snapshot. */
    private boolean exists;

    /** Was told that it is removed. */
    private boolean destroyed;

    private boolean alive;
    private boolean paused;
    private List<Input> inbox = new ArrayList<>();
    private boolean drainScheduled;
    private final SimSyncs syncs;

    private final OwnProposals proposals;

    private final SimSnapshots snapshots;

    SimReplica(World world, int id, boolean witness, SimClock clock) {
        this.world = world;
        this.id = id;
        this.witness = witness;
        this.clock = clock;
        this.machine = world.founded;
        this.flushed = machine;
        this.snapshots = new SimSnapshots(world, this);
        this.syncs = new SimSyncs(world, this);
        this.proposals = new OwnProposals(world);
        this.disk = SimLog.startingAt(machine);
        this.handed = disk.copy();
        this.steppedAt = clock.now();
        this.store = new SimStore(world, id, clock, this::fact);
        RaftCore first = newCore(null);
        this.core = first;
        this.status = first.status();
        this.membership = first.membership();
    }

    private RaftCore newCore(@Nullable FrozenRaft from) {
        clock.advanceTo(world.queue.nowMicros());
        RaftConfig config = new RaftConfig(
                id,
                machine.membership(),
                Payloads::membershipOf,
                Payloads::withoutData,
                world.weather.settings(),
                world.random.nextLong(),
                new Trust(store, store.since(), world.weather.maxOffsetMicros()));
        return from == null
                ? new RaftCore(config, disk.hardState(), disk, machine.applied(), clock.now())
                : new RaftCore(config, disk.hardState(), disk, machine.applied(), from, clock.now());
    }

    boolean isUp() {
        return alive && !paused;
    }

    /** Whether it is there, running or not. */
    boolean hasDisk() {
        return exists && !destroyed;
    }

    boolean isLeader() {
        return alive && !broken && status.role() == RaftStatus.Role.LEADER;
    }

    /** As the shell sees it: so much is in the log and not applied that more would only wait. */
    boolean isOverloaded() {
        return isLeader() && status.lastIndex() - status.applied() >= world.weather.inLogMax();
    }

    boolean isBroken() {
        return broken;
    }

    /** The lease as it is at this moment, were this replica to ask. */
    Lease lease() {
        if (!alive || core == null) {
            return Lease.NONE;
        }
        clock.advanceTo(world.queue.nowMicros());
        return core.lease(clock.now());
    }

    boolean holdsLease() {
        return lease().isHeldAt(clock.monotonicAt(world.queue.nowMicros()));
    }

    // Sleep

    boolean isAsleep() {
        return asleep;
    }

    List<Integer> waitsFor() {
        return waitsFor;
    }

    boolean isFrozen() {
        return frozen != null;
    }

    private void fallAsleep(RaftCore current) {
        asleep = inbox.isEmpty() && current.isQuiet(clock.now());
        waitsFor = asleep ? current.waitsFor() : List.of();
    }

    /** True if it was quiet, and is frozen now. */
    boolean freeze() {
        RaftCore current = core;
        if (!isUp() || !asleep || current == null || !current.isQuiet(clock.now())) {
            return false;
        }
        SimViolation.check(syncs.isIdle(), "nothing is under way to a quiet one's disk", id, 0);
        frozen = current.freeze();
        core = null;
        return true;
    }

    void thaw() {
        FrozenRaft from = frozen;
        if (from != null) {
            RaftCore thawed = newCore(from);
            SimViolation.check(
                    thawed.status().role() == status.role() && thawed.status().term() == status.term(),
                    "a replica is thawed as what it was frozen",
                    thawed.status().term(),
                    status.term());
            core = thawed;
            frozen = null;
            status = thawed.status();
        }
    }

    /** As a store does: wakes whoever waits for nothing else. */
    private void fact(LivenessFact fact) {
        boolean concerns = fact instanceof LivenessFact.Withdrawn
                ? world.nodeOf(status.leader()) == fact.node()
                : waitsFor.stream().anyMatch(peer -> world.nodeOf(peer) == fact.node());
        if (asleep && concerns) {
            enqueue(new RaftEvent.Tick());
        }
        world.leases.changed(this);
    }

    // Mailbox

    void receive(RaftMessage message, Timestamp reading) {
        if (!exists && !destroyed && store.isAlive() && message instanceof RaftMessage.Append append) {
            // The store answers for a replica that it does not have: begin at the beginning, that is with a snapshot.
            RaftMessage reply = new RaftMessage.AppendReply(
                    id, append.from(), append.term(), false, 1, 0, append.round(), Support.NO_EPOCH);
            world.network.send(
                    id, append.from(), () -> world.replica(append.from()).receive(reply, reading));
        }
        if (!alive) {
            return;
        }
        if (machine.hasRemoved(message.from())) {
            world.tellRemoved(id, message.from());
        }
        clock.advanceTo(world.queue.nowMicros());
        if (!clock.receive(reading)) {
            return;
        }
        if (broken && !paused && message instanceof RaftMessage.AskDefortify) {
            defortify(message.from());
        }
        enqueue(new RaftEvent.Received(message), List.of());
    }

    void enqueue(RaftEvent event) {
        enqueue(event, List.of());
    }

    private void enqueue(RaftEvent event, List<RaftMessage> release) {
        if (!alive || broken) {
            return;
        }
        asleep = false;
        inbox.add(new Input(event, release));
        if (paused || drainScheduled) {
            return;
        }
        if (world.weather.groupMicros() == 0) {
            drain();
        } else {
            drainScheduled = true;
            int life = incarnation;
            world.queue.after(world.random.nextLong(world.weather.groupMicros()), 2, () -> {
                if (life == incarnation) {
                    drainScheduled = false;
                    drain();
                }
            });
        }
    }

    private void drain() {
        if (!isUp() || inbox.isEmpty()) {
            return;
        }
        List<Input> batch = inbox;
        inbox = new ArrayList<>();
        RaftEvent event = batch.get(0).event();
        if (batch.size() > 1) {
            List<RaftEvent> events = new ArrayList<>(batch.size());
            for (Input input : batch) {
                events.add(input.event());
            }
            event = new RaftEvent.Group(events);
        }
        step(event, batch);
    }

    private void step(RaftEvent event, List<Input> batch) {
        clock.advanceTo(world.queue.nowMicros());
        RaftStatus before = status;
        long handedBefore = handed.lastIndex();
        thaw();
        RaftCore current = Objects.requireNonNull(core);
        steppedAt = clock.now();
        Ready ready = current.step(steppedAt, event);
        status = current.status();
        Membership acting = membership;
        membership = current.membership();
        submit(ready);
        world.promises.stepped(this, before, acting, handedBefore, ready);
        if (event instanceof RaftEvent.Tick) {
            world.promises.ticked(this);
        }
        proposals.note(ready, batch.stream().map(Input::event).toList(), handed);
        apply(ready);
        world.leases.changed(this);
        send(ready.sendNow());
        for (Input input : batch) {
            send(input.release());
        }
        if (!syncs.hold(ready.sendAfterPersist())) {
            send(ready.sendAfterPersist());
        }
        for (Ready.ReadGrant read : ready.reads()) {
            world.clients.granted(read);
        }
        for (int peer : ready.snapshotsTo()) {
            snapshots.send(peer);
        }
        if (ready.installSnapshot()) {
            snapshots.install();
        }
        syncs.start();
        fallAsleep(current);
        world.trace(this);
    }

    private void send(List<RaftMessage> messages) {
        for (RaftMessage message : messages) {
            world.promises.leaves(this, message);
            world.leases.leaves(message);
            Timestamp reading = clock.reading();
            world.traffic.leaves(message);
            world.network.send(
                    message.from(),
                    message.to(),
                    () -> world.replica(message.to()).receive(message, reading));
        }
    }

    // Disk

    private void submit(Ready ready) {
        Ready.Persist persist = ready.persist();
        if (persist == null) {
            return;
        }
        Ready.LogReset reset = persist.reset();
        Machine installed = reset == null ? machine : snapshots.installedAt(reset.index(), machine);
        handed.write(persist, installed);
        syncs.submit(ready.persistNumber(), persist, installed);
    }

    void persisted(long number, List<RaftMessage> release) {
        enqueue(new RaftEvent.Persisted(number), release);
    }

    void slowDisk(long untilMicros) {
        syncs.beSlow(untilMicros);
    }

    boolean hasSlowDisk() {
        return syncs.areSlow();
    }

    // State machine

    private void apply(Ready ready) {
        for (LogEntry entry : ready.apply()) {
            SimViolation.check(
                    entry.index() == machine.applied() + 1,
                    "entries are applied in order",
                    entry.index(),
                    machine.applied());
            Membership old = machine.membership();
            machine = machine.after(entry);
            SimViolation.check(
                    disk.lastIndex() >= machine.applied(),
                    "a state machine is never ahead of its log",
                    machine.applied(),
                    disk.lastIndex());
            world.promises.applied(this, machine);
            proposals.applied(entry);
            for (int member : old.members()) {
                if (machine.hasRemoved(member) && member != id) {
                    world.tellRemoved(id, member);
                }
            }
        }
    }

    void flush() {
        if (alive) {
            flushed = machine;
        }
    }

    /** Drops the log up to {@code keep} entries before what is flushed. */
    void compact(long keep) {
        long index = flushed.applied() - keep;
        if (alive && index > 0 && disk.covers(index) && handed.covers(index) && status.applied() >= index) {
            disk.compactTo(index);
            handed.compactTo(index);
        }
    }

    // Snapshots

    /** The state of a snapshot, durably. */
    void become(Machine snapshot) {
        machine = snapshot;
        flushed = snapshot;
        world.promises.applied(this, machine);
    }

    void receiveSnapshot(int from, long term, Machine snapshot) {
        if (!exists) {
            if (snapshot.membership().isMember(id) && store.isAlive()) {
                comeToBe(snapshot);
            }
            return;
        }
        if (!alive) {
            return;
        }
        snapshots.arrived(from, snapshot);
        enqueue(new RaftEvent.SnapshotArrived(from, term, snapshot.applied(), snapshot.term()));
    }

    // Life and death

    /** With a first state, unless it is known already that it is no longer wanted. */
    void comeToBe(Machine first) {
        if (!exists && !destroyed) {
            exists = true;
            flushed = first;
            disk = SimLog.startingAt(first);
            restart();
        }
    }

    /** Not of the group any more, or not yet: it hears of that for sure, or is switched off. */
    void hearOfRemoval() {
        if (world.memberships.isRemoved(id)) {
            destroy();
        } else {
            crash();
        }
    }

    void destroy() {
        if (!destroyed) {
            world.memberships.destroyed(this);
            crash();
            destroyed = true;
        }
    }

    void pause() {
        if (alive && !paused) {
            paused = true;
            store.pause();
        }
    }

    /** Goes on as if nothing had happened; a read may be answered before any timer fires. */
    void resume() {
        if (paused) {
            paused = false;
            boolean storeFirst = world.random.nextBoolean();
            if (storeFirst) {
                store.resume();
            }
            clock.advanceTo(world.queue.nowMicros());
            if (alive) {
                world.clients.readUnderLease(this);
            }
            if (!drainScheduled) {
                drain();
            }
            if (!storeFirst) {
                store.resume();
            }
        }
    }

    void crash() {
        if (!alive) {
            return;
        }
        store.crash();
        gone();
        alive = false;
        paused = false;
        incarnation++;
        loseUnconfirmed();
    }

    private void loseUnconfirmed() {
        syncs.crash();
        inbox = new ArrayList<>();
        drainScheduled = false;
        proposals.forget();
        snapshots.forget();
    }

    /** It leads and serves no more. */
    private void gone() {
        clock.advanceTo(world.queue.nowMicros());
        world.leases.ended(this, clock.reading());
        core = null;
        frozen = null;
        asleep = false;
        broken = false;
    }

    /** An invariant breaks: this replica stops, and its store says so to the others, who may wait for it, again and again. */
    void fail() {
        if (!isUp() || broken) {
            return;
        }
        gone();
        broken = true;
        incarnation++;
        loseUnconfirmed();
        defortifyAll(incarnation);
    }

    private void defortifyAll(int life) {
        if (life != incarnation || !broken) {
            return;
        }
        for (int peer : membership.members()) {
            if (peer != id && !paused) {
                defortify(peer);
            }
        }
        world.queue.after(DEFORTIFY_EVERY_MICROS, 11, () -> defortifyAll(life));
    }

    private void defortify(int peer) {
        clock.advanceTo(world.queue.nowMicros());
        Timestamp servedUpTo = store.since()
                .hybrid()
                .plusMicros(world.weather.maxOffsetMicros())
                .max(clock.reading());
        send(List.of(new RaftMessage.Defortify(id, peer, disk.hardState().term(), servedUpTo)));
    }

    /** The process ends, whether it has a replica or not. */
    void crashWithStore() {
        crash();
        if (store.isAlive()) {
            store.crash();
        }
    }

    /** Begins anew, but not before the clock is where earlier lives have served. */
    void restart() {
        if (!store.isAlive()) {
            Timestamp servedUpTo = notBefore == null ? store.servedUpTo() : notBefore;
            clock.advanceTo(world.queue.nowMicros());
            long below = clock.microsBelow(servedUpTo);
            if (below > 0) {
                notBefore = servedUpTo;
                world.queue.after(below + 1, 7, this::restart);
                return;
            }
            notBefore = null;
            clock.restart();
            store.restart();
        }
        open();
    }

    private void open() {
        if (alive || !hasDisk()) {
            return;
        }
        alive = true;
        machine = flushed;
        if (!disk.covers(machine.applied()) || disk.termAt(machine.applied()) != machine.term()) {
            // The crash came between installing a snapshot and the reset of the log.
            disk.resetTo(machine);
        }
        handed = disk.copy();
        clock.advanceTo(world.queue.nowMicros());
        RaftCore restarted = newCore(null);
        core = restarted;
        status = restarted.status();
        membership = restarted.membership();
        world.trace(this);
    }
}
