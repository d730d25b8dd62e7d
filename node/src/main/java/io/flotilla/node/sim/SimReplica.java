package io.flotilla.node.sim;

import io.flotilla.config.settings.LivenessSettings;
import io.flotilla.config.time.Timestamp;
import io.flotilla.node.liveness.LivenessFact;
import io.flotilla.node.raft.FrozenRaft;
import io.flotilla.node.raft.Lease;
import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.Membership;
import io.flotilla.node.raft.RaftConfig;
import io.flotilla.node.raft.RaftCore;
import io.flotilla.node.raft.RaftEvent;
import io.flotilla.node.raft.RaftMessage;
import io.flotilla.node.raft.RaftStatus;
import io.flotilla.node.raft.Now;
import io.flotilla.node.raft.Ready;
import io.flotilla.node.raft.Trust;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The shell around one core: mailbox, disk, state machine. Does what {@link Ready} says, and dies and comes back as the nemesis wants. */
final class SimReplica {
    private static final long STALL_MICROS = LivenessSettings.DEFAULT.diskStallMillis() * 1_000;
    private static final long DEFORTIFY_EVERY_MICROS = 1_000_000;

    /** What waits in the mailbox, and what leaves once the core has taken it in. */
    private record Input(RaftEvent event, List<RaftMessage> release) {}

    private record Write(long number, Ready.Persist persist, long resetChain, List<RaftMessage> release) {}

    final int id;
    final SimClock clock;
    final SimStore store;
    private final World world;

    /** Durable. */
    SimLog disk = new SimLog();

    private Machine flushed = Machine.EMPTY;

    /** What the core believes: everything it has asked to persist. */
    SimLog handed = new SimLog();

    Machine machine = Machine.EMPTY;

    /** Null while frozen. */
    private @Nullable RaftCore core;

    private @Nullable FrozenRaft frozen;

    /** The leader's peers that lacked something when it fell asleep. */
    private List<Integer> waitsFor = List.of();

    RaftStatus status;
    Now steppedAt;
    int incarnation;
    private boolean asleep;

    /** The core is gone until the node starts again; its store lives on. */
    private boolean broken;

    private boolean alive = true;
    private boolean paused;
    private List<Input> inbox = new ArrayList<>();
    private boolean drainScheduled;
    private List<Write> syncing = new ArrayList<>();
    private List<Write> waiting = new ArrayList<>();
    private long slowDiskUntilMicros;
    private boolean stalled;

    /** Index of an own proposal to its term. Looked up only. */
    private final HashMap<Long, Long> proposals = new HashMap<>();

    private Machine arrivedSnapshot = Machine.EMPTY;
    private Machine installedSnapshot = Machine.EMPTY;
    private int snapshotFrom;

    SimReplica(World world, int id, SimClock clock) {
        this.world = world;
        this.id = id;
        this.clock = clock;
        this.steppedAt = clock.now();
        this.store = new SimStore(world, id, clock, this::fact);
        RaftCore first = newCore(null);
        this.core = first;
        this.status = first.status();
    }

    private RaftCore newCore(@Nullable FrozenRaft from) {
        clock.advanceTo(world.queue.nowMicros());
        RaftConfig config = new RaftConfig(
                id,
                world.voters,
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

    boolean isAlive() {
        return alive;
    }

    boolean isLeader() {
        return alive && !broken && status.role() == RaftStatus.Role.LEADER;
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
        SimViolation.check(syncing.isEmpty() && waiting.isEmpty(), "nothing is under way to a quiet one's disk", id, 0);
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
        if (!alive) {
            return;
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
        Write write = submit(ready);
        world.promises.stepped(this, before, handedBefore, ready);
        if (event instanceof RaftEvent.Tick) {
            world.promises.ticked(this);
        }
        noteProposals(ready, batch);
        apply(ready);
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
        fallAsleep(current);
        world.trace(this);
    }

    private void send(List<RaftMessage> messages) {
        for (RaftMessage message : messages) {
            world.promises.leaves(this, message);
            world.leases.leaves(message);
            Timestamp reading = clock.reading();
            world.sent++;
            world.network.send(message.from(), message.to(), () -> world.replica(message.to())
                    .receive(message, reading));
        }
    }

    // Disk

    private @Nullable Write submit(Ready ready) {
        Ready.Persist persist = ready.persist();
        if (persist == null) {
            return null;
        }
        long chain = persist.reset() == null ? 0 : installedSnapshot.chain();
        handed.write(persist, chain);
        Write write = new Write(ready.persistNumber(), persist, chain, new ArrayList<>());
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
        int life = incarnation;
        List<Write> current = syncing;
        world.queue.after(world.drawSync(id), 3, () -> {
            if (life == incarnation) {
                synced();
            }
        });
        world.queue.after(STALL_MICROS, 3, () -> {
            if (life == incarnation && syncing == current) {
                stalled = true;
                store.diskStalled(true);
            }
        });
    }

    private void synced() {
        List<RaftMessage> release = new ArrayList<>();
        long number = 0;
        for (Write write : syncing) {
            disk.write(write.persist(), write.resetChain());
            release.addAll(write.release());
            number = write.number();
        }
        syncing = new ArrayList<>();
        if (stalled) {
            stalled = false;
            store.diskStalled(false);
        }
        enqueue(new RaftEvent.Persisted(number), release);
        startSync();
    }

    void slowDisk(long untilMicros) {
        slowDiskUntilMicros = untilMicros;
    }

    boolean hasSlowDisk() {
        return world.queue.nowMicros() < slowDiskUntilMicros;
    }

    // State machine

    private void noteProposals(Ready ready, List<Input> batch) {
        long index = ready.proposedFrom();
        if (index == 0) {
            return;
        }
        for (Input input : batch) {
            if (input.event() instanceof RaftEvent.Propose propose) {
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
            machine = new Machine(entry.index(), entry.term(), SimLog.chainOf(machine.chain(), entry));
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
        Machine snapshot = machine;
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
                installedSnapshot = snapshot;
                world.promises.applied(this, machine);
                enqueue(new RaftEvent.SnapshotInstalled(
                        from, snapshot.applied(), snapshot.term(), Membership.of(world.voters)));
            }
        });
    }

    // Life and death

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
        List<Write> unconfirmed = new ArrayList<>(syncing);
        unconfirmed.addAll(waiting);
        int survive = unconfirmed.isEmpty() ? 0 : world.random.nextInt(unconfirmed.size() + 1);
        for (int i = 0; i < survive; i++) {
            disk.write(unconfirmed.get(i).persist(), unconfirmed.get(i).resetChain());
        }
        if (survive < unconfirmed.size()) {
            world.count(Fault.TORN_WRITE);
        }
        syncing = new ArrayList<>();
        waiting = new ArrayList<>();
        inbox = new ArrayList<>();
        drainScheduled = false;
        proposals.clear();
        arrivedSnapshot = Machine.EMPTY;
    }

    /** It leads and serves no more. */
    private void gone() {
        clock.advanceTo(world.queue.nowMicros());
        world.leases.ended(this, clock.reading());
        core = null;
        frozen = null;
        asleep = false;
        stalled = false;
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
        for (int peer : world.voters) {
            if (peer != id && !paused) {
                defortify(peer);
            }
        }
        world.queue.after(DEFORTIFY_EVERY_MICROS, 11, () -> defortifyAll(life));
    }

    private void defortify(int peer) {
        clock.advanceTo(world.queue.nowMicros());
        send(List.of(new RaftMessage.Defortify(id, peer, disk.hardState().term(), clock.reading())));
    }

    void restart() {
        if (alive) {
            return;
        }
        alive = true;
        machine = flushed;
        if (!disk.covers(machine.applied()) || disk.termAt(machine.applied()) != machine.term()) {
            // The crash came between installing a snapshot and the reset of the log.
            disk.resetTo(machine.applied(), machine.term(), machine.chain());
        }
        handed = disk.copy();
        clock.advanceTo(world.queue.nowMicros());
        clock.restart();
        store.restart();
        RaftCore restarted = newCore(null);
        core = restarted;
        status = restarted.status();
        world.trace(this);
    }
}
