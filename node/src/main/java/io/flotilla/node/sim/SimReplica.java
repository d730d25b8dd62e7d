package io.flotilla.node.sim;

import io.flotilla.config.time.Timestamp;
import io.flotilla.node.raft.Lease;
import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.Membership;
import io.flotilla.node.raft.ProposalRefusal;
import io.flotilla.node.raft.RaftConfig;
import io.flotilla.node.raft.RaftCore;
import io.flotilla.node.raft.RaftEvent;
import io.flotilla.node.raft.RaftMessage;
import io.flotilla.node.raft.RaftStatus;
import io.flotilla.node.raft.Ready;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The shell around one core: mailbox, disk, state machine. Does what {@link Ready} says, and dies and comes back as the nemesis wants. */
final class SimReplica {
    /** What waits in the mailbox, and what leaves once the core has taken it in. */
    private record Input(RaftEvent event, List<RaftMessage> release) {}

    private record Write(long number, Ready.Persist persist, Machine installed, List<RaftMessage> release) {}

    final int id;
    final boolean witness;
    final SimClock clock;
    private final World world;

    /** Durable. */
    SimLog disk;

    private Machine flushed;

    /** What the core believes: everything it has asked to persist. */
    SimLog handed;

    Machine machine;
    RaftCore core;
    RaftStatus status;

    /** In effect, after the last step. */
    Membership membership;

    Lease lease = Lease.NONE;
    int incarnation;

    /** Founded, or sent a first snapshot. */
    private boolean exists;

    /** Was told that it is removed. */
    private boolean destroyed;

    private boolean alive;
    private boolean paused;
    private List<Input> inbox = new ArrayList<>();
    private boolean drainScheduled;
    private List<Write> syncing = new ArrayList<>();
    private List<Write> waiting = new ArrayList<>();
    private long slowDiskUntilMicros;

    /** Index of an own proposal to its term. Looked up only. */
    private final HashMap<Long, Long> proposals = new HashMap<>();

    private Machine arrivedSnapshot;

    /** By index: what the log may be reset to. Looked up only. */
    private final HashMap<Long, Machine> installedSnapshots = new HashMap<>();

    private int snapshotFrom;

    SimReplica(World world, int id, boolean witness, SimClock clock) {
        this.world = world;
        this.id = id;
        this.witness = witness;
        this.clock = clock;
        this.machine = world.founded;
        this.flushed = machine;
        this.arrivedSnapshot = machine;
        this.disk = SimLog.startingAt(machine);
        this.handed = disk.copy();
        this.core = newCore();
        this.status = core.status();
        this.membership = core.membership();
    }

    private RaftCore newCore() {
        clock.advanceTo(world.queue.nowMicros());
        RaftConfig config = new RaftConfig(
                id,
                machine.membership(),
                Payloads::membershipOf,
                Payloads::withoutData,
                world.weather.settings(),
                world.random.nextLong(),
                world.weather.maxOffsetMicros());
        return new RaftCore(config, disk.hardState(), disk, machine.applied(), clock.now());
    }

    boolean isUp() {
        return alive && !paused;
    }

    /** Whether it is there, running or not. */
    boolean hasDisk() {
        return exists && !destroyed;
    }

    boolean isLeader() {
        return alive && status.role() == RaftStatus.Role.LEADER;
    }

    boolean holdsLease() {
        return alive && lease.isHeldAt(clock.monotonicAt(world.queue.nowMicros()));
    }

    // Mailbox

    void receive(RaftMessage message, Timestamp reading) {
        if (!exists && !destroyed && message instanceof RaftMessage.Append append) {
            // The store answers for a replica that it does not have: begin at the beginning, that is with a snapshot.
            world.network.send(
                    new RaftMessage.AppendReply(id, append.from(), append.term(), false, 1, 0, append.round()),
                    reading);
        }
        if (alive) {
            if (machine.hasRemoved(message.from())) {
                tellRemoved(message.from());
            }
            clock.advanceTo(world.queue.nowMicros());
            if (clock.receive(reading)) {
                enqueue(new RaftEvent.Received(message), List.of());
            }
        }
    }

    void enqueue(RaftEvent event) {
        enqueue(event, List.of());
    }

    private void enqueue(RaftEvent event, List<RaftMessage> release) {
        if (!alive) {
            return;
        }
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
        Ready ready = core.step(clock.now(), event);
        status = core.status();
        Membership acting = membership;
        membership = core.membership();
        Write write = submit(ready);
        world.promises.stepped(this, before, acting, handedBefore, ready);
        if (event instanceof RaftEvent.Tick) {
            world.promises.ticked(this);
        }
        noteProposals(ready, batch);
        apply(ready);
        lease = core.lease();
        world.leases.changed(this);
        send(ready.sendNow());
        for (Input input : batch) {
            send(input.release());
        }
        if (write != null) {
            write.release().addAll(ready.sendAfterPersist());
        } else if (!waiting.isEmpty()) {
            waiting.get(waiting.size() - 1).release().addAll(ready.sendAfterPersist());
        } else if (!syncing.isEmpty()) {
            syncing.get(syncing.size() - 1).release().addAll(ready.sendAfterPersist());
        } else {
            send(ready.sendAfterPersist());
        }
        for (Ready.ReadGrant read : ready.reads()) {
            world.clients.granted(read);
        }
        for (int peer : ready.snapshotsTo()) {
            sendSnapshot(peer);
        }
        if (ready.installSnapshot()) {
            install();
        }
        startSync();
        world.trace(this);
    }

    private void send(List<RaftMessage> messages) {
        for (RaftMessage message : messages) {
            world.promises.leaves(this, message);
            world.leases.leaves(message);
            world.network.send(message, clock.reading());
        }
    }

    // Disk

    private @Nullable Write submit(Ready ready) {
        Ready.Persist persist = ready.persist();
        if (persist == null) {
            return null;
        }
        Ready.LogReset reset = persist.reset();
        Machine installed = reset == null ? machine : installedSnapshots.getOrDefault(reset.index(), machine);
        handed.write(persist, installed);
        Write write = new Write(ready.persistNumber(), persist, installed, new ArrayList<>());
        waiting.add(write);
        return write;
    }

    /** One sync at a time; it takes all that waits. */
    private void startSync() {
        if (waiting.isEmpty() || !syncing.isEmpty()) {
            return;
        }
        syncing = waiting;
        waiting = new ArrayList<>();
        long delay = 50 + world.random.nextLong(world.weather.syncMicros());
        if (world.queue.nowMicros() < slowDiskUntilMicros) {
            delay += world.random.nextLong(700_000);
        }
        int life = incarnation;
        world.queue.after(delay, 3, () -> {
            if (life == incarnation) {
                synced();
            }
        });
    }

    private void synced() {
        List<RaftMessage> release = new ArrayList<>();
        long number = 0;
        for (Write write : syncing) {
            disk.write(write.persist(), write.installed());
            release.addAll(write.release());
            number = write.number();
        }
        syncing = new ArrayList<>();
        world.memberships.diskChanged();
        enqueue(new RaftEvent.Persisted(number), release);
        startSync();
    }

    void slowDisk(long untilMicros) {
        slowDiskUntilMicros = untilMicros;
    }

    // State machine

    private void noteProposals(Ready ready, List<Input> batch) {
        long index = ready.proposedFrom();
        if (ready.refusal() != null && !(ready.refusal() instanceof ProposalRefusal.NotLeader)) {
            world.count(Fault.CHANGE_REFUSED);
        }
        if (index == 0) {
            return;
        }
        for (Input input : batch) {
            if (input.event() instanceof RaftEvent.Propose propose) {
                if (propose.kinds().contains(LogEntry.Kind.CONFIG)) {
                    world.count(Fault.CHANGE);
                }
                for (int i = 0; i < propose.payloads().size(); i++) {
                    proposals.put(index++, handed.termAt(ready.proposedFrom()));
                }
            }
        }
    }

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
            Long term = proposals.remove(entry.index());
            if (term != null && term == entry.term()) {
                world.clients.acknowledged(entry.index());
            }
            for (int member : old.members()) {
                if (machine.hasRemoved(member) && member != id) {
                    tellRemoved(member);
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

    private void sendSnapshot(int peer) {
        Machine snapshot = world.replica(peer).witness ? machine.withoutData() : machine;
        long term = status.term();
        long delay = world.network.bulkDelay(id, peer);
        int life = incarnation;
        if (delay > 0) {
            world.queue.after(delay, 4, () -> world.replica(peer).receiveSnapshot(id, term, snapshot));
        } else {
            world.count(Fault.SNAPSHOT_LOST);
        }
        world.queue.after(Math.abs(delay), 4, () -> {
            if (life == incarnation) {
                enqueue(new RaftEvent.SnapshotSent(peer, delay > 0));
            }
        });
    }

    private void receiveSnapshot(int from, long term, Machine snapshot) {
        if (!exists) {
            if (snapshot.membership().isMember(id)) {
                comeToBe(snapshot);
            }
            return;
        }
        if (!alive) {
            return;
        }
        if (snapshot.applied() >= arrivedSnapshot.applied()) {
            arrivedSnapshot = snapshot;
            snapshotFrom = from;
        }
        enqueue(new RaftEvent.SnapshotArrived(from, term, snapshot.applied(), snapshot.term()));
    }

    private void install() {
        Machine snapshot = arrivedSnapshot;
        int from = snapshotFrom;
        int life = incarnation;
        world.queue.after(1_000 + world.random.nextLong(150_000), 5, () -> {
            if (life == incarnation && snapshot.applied() > machine.applied()) {
                machine = snapshot;
                flushed = snapshot;
                installedSnapshots.put(snapshot.applied(), snapshot);
                world.promises.applied(this, machine);
                enqueue(new RaftEvent.SnapshotInstalled(
                        from, snapshot.applied(), snapshot.term(), snapshot.membership()));
            }
        });
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

    private void tellRemoved(int other) {
        long delay = world.network.bulkDelay(id, other);
        if (delay < 0) {
            world.count(Fault.REMOVAL_UNHEARD);
        } else {
            world.queue.after(delay, 9, () -> world.replica(other).destroy());
        }
    }

    private void destroy() {
        if (!destroyed) {
            world.memberships.destroyed(this);
            crash();
            destroyed = true;
        }
    }

    void pause() {
        paused = true;
    }

    /** Goes on as if nothing had happened; a read may be answered before any timer fires. */
    void resume() {
        if (paused) {
            paused = false;
            clock.advanceTo(world.queue.nowMicros());
            if (alive) {
                world.clients.readUnderLease(this);
            }
            if (!drainScheduled) {
                drain();
            }
        }
    }

    void crash() {
        if (!alive) {
            return;
        }
        alive = false;
        paused = false;
        incarnation++;
        lease = Lease.NONE;
        List<Write> unconfirmed = new ArrayList<>(syncing);
        unconfirmed.addAll(waiting);
        int survive = unconfirmed.isEmpty() ? 0 : world.random.nextInt(unconfirmed.size() + 1);
        for (int i = 0; i < survive; i++) {
            disk.write(unconfirmed.get(i).persist(), unconfirmed.get(i).installed());
        }
        if (survive < unconfirmed.size()) {
            world.count(Fault.TORN_WRITE);
        }
        world.memberships.diskChanged();
        syncing = new ArrayList<>();
        waiting = new ArrayList<>();
        inbox = new ArrayList<>();
        drainScheduled = false;
        proposals.clear();
        arrivedSnapshot = world.founded;
    }

    void restart() {
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
        clock.restart();
        core = newCore();
        status = core.status();
        membership = core.membership();
        world.trace(this);
    }
}
