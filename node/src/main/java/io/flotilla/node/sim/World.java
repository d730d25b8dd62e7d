package io.flotilla.node.sim;

import io.flotilla.config.lang.Invariant;
import io.flotilla.node.raft.Membership;
import io.flotilla.node.raft.RaftEvent;
import io.flotilla.node.raft.RaftStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/** One seed's world: builds it, runs it under the nemesis, then mends everything and waits for the group to agree. Single-threaded. */
final class World {
    private static final long SLOW_SYNC_MICROS = 1_000_000;
    private static final long AGREE_MICROS_MAX = 30_000_000;

    /** Two monotonic clocks that differ by less than {@code electionMillisMin / leaseMillis}. */
    private static final double DRIFT_MAX = 0.08;

    final Weather weather;
    final SplittableRandom random;
    final EventQueue queue = new EventQueue();
    final List<SimReplica> replicas = new ArrayList<>();
    final SimNetwork network;
    final Machine founded;
    final GroupPromises promises;
    final MembershipPromises memberships;
    final LeasePromises leases = new LeasePromises(this);
    final SupportPromises liveness = new SupportPromises(this);
    final Clients clients;
    final TrafficPromises traffic = new TrafficPromises(this);
    final Operators operators;
    long leaseReads;
    long failoverMicros;

    private final Nemesis nemesis;
    private final long seed;
    private final long[] faults = new long[Fault.values().length];
    private long events;
    private long trace;
    private long clocksBackMicros;

    World(long seed) {
        this.seed = seed;
        this.random = new SplittableRandom(seed);
        this.weather = Weather.drawnFrom(random);
        this.founded = found();
        this.promises = new GroupPromises(this, founded);
        this.memberships = new MembershipPromises(this, founded);
        this.network = new SimNetwork(this, random.split());
        this.clients = new Clients(this, random.split());
        this.operators = new Operators(this, random.split());
        for (int id = 1; id <= weather.replicas(); id++) {
            admit(founded.membership().isWitness(id)).comeToBe(founded);
        }
        this.nemesis = new Nemesis(this, random.split());
    }

    private Machine found() {
        List<Integer> voters = new ArrayList<>();
        for (int id = 1; id <= weather.replicas(); id++) {
            voters.add(id);
        }
        int witnesses = weather.witnesses() ? (voters.size() - 1) / 2 : 0;
        List<Integer> last = voters.subList(voters.size() - witnesses, voters.size());
        return Machine.founded(new Membership(voters, List.of(), List.of(), last), voters.size() + 1);
    }

    /** A place for one more replica, with an id that none had before. Nothing is there yet. */
    SimReplica admit(boolean witness) {
        double rate = 1 + DRIFT_MAX * (2 * random.nextDouble() - 1);
        SimClock clock = new SimClock(weather.maxOffsetMicros(), rate, random.nextLong(1_000_000_000), drawSkew());
        clock.setBack(clocksBackMicros);
        SimReplica replica = new SimReplica(this, replicas.size() + 1, witness, clock);
        replicas.add(replica);
        // The node is there before it has a replica.
        replica.store.restart();
        tickLater(replica, random.nextLong(tickMicros()));
        return replica;
    }

    /** A replica that has applied the other's removal tells it so. */
    void tellRemoved(int from, int removed) {
        long delay = network.bulkDelay(from, removed);
        if (delay < 0) {
            count(Fault.REMOVAL_UNHEARD);
        } else {
            queue.after(delay, 9, () -> replica(removed).destroy());
        }
    }

    SimResult run() {
        Optional<String> violation = Optional.empty();
        try {
            clients.start();
            operators.start();
            nemesis.start();
            while (queue.nowMicros() < weather.calmAfterMicros()) {
                runNext();
            }
            nemesis.retire();
            awaitAgreement();
            new Finale(this).play();
        } catch (SimViolation | Invariant.Violation broken) {
            violation = Optional.of(String.valueOf(broken.getMessage()));
        } catch (RuntimeException bug) {
            StackTraceElement[] stack = bug.getStackTrace();
            violation = Optional.of(bug + (stack.length == 0 ? "" : " at " + stack[0]));
        }
        return new SimResult(seed, queue.nowMicros(), events, faults, violation, trace);
    }

    void runNext() {
        queue.runNext();
        events++;
    }

    /** Once everything is mended, a new write must be acknowledged and reach every replica. */
    void awaitAgreement() {
        long deadline = queue.nowMicros() + AGREE_MICROS_MAX;
        long before = promises.committed();
        while (true) {
            runNext();
            if (clients.acknowledged() > before && haveAllApplied(clients.acknowledged())) {
                return;
            }
            if (queue.nowMicros() > deadline) {
                throw new SimViolation("the healed group does not agree: " + describe());
            }
        }
    }

    private boolean haveAllApplied(long index) {
        for (int member : memberships.current().members()) {
            if (replica(member).machine.applied() < index - 50
                    || !replica(member).isUp()) {
                return false;
            }
        }
        return !memberships.current().isJoint();
    }

    String describe() {
        StringBuilder text = new StringBuilder();
        for (SimReplica replica : replicas) {
            RaftStatus status = replica.status;
            text.append(replica.id)
                    .append('=')
                    .append(status)
                    .append(replica.membership)
                    .append(' ');
        }
        return text.toString();
    }

    private void tickLater(SimReplica replica, long delayMicros) {
        queue.after(delayMicros, 8, () -> {
            if (replica.isUp() && !replica.isAsleep()) {
                replica.enqueue(new RaftEvent.Tick());
            }
            tickLater(replica, tickMicros());
        });
    }

    private long tickMicros() {
        return weather.settings().tickMillis() * 1_000;
    }

    /** Ends all processes and sets their clocks back. */
    void setClocksBack(long micros, boolean powerCut) {
        clocksBackMicros += micros;
        for (SimReplica each : replicas) {
            each.crashWithStore();
            each.clock.setBack(micros);
            if (powerCut) {
                each.store.loseBoot();
            }
        }
    }

    long drawSkew() {
        long half = weather.maxOffsetMicros() / 2;
        return random.nextLong(-half, half);
    }

    /** The node that a replica is on. */
    int nodeOf(int replica) {
        return replica;
    }

    /** How long a write of that node takes to become durable. */
    long drawSync(int node) {
        long delay = 50 + random.nextLong(weather.syncMicros());
        return replica(node).hasSlowDisk() ? delay + random.nextLong(SLOW_SYNC_MICROS) : delay;
    }

    SimReplica replica(int id) {
        return replicas.get(id - 1);
    }

    SimReplica anyReplica(SplittableRandom chooser) {
        List<SimReplica> there = replicas.stream().filter(SimReplica::hasDisk).toList();
        return there.get(chooser.nextInt(there.size()));
    }

    void tookOver(long micros) {
        failoverMicros = micros;
    }

    void count(Fault fault) {
        faults[fault.ordinal()]++;
    }

    /** Takes what just happened into the hash. */
    void trace(SimReplica replica) {
        RaftStatus status = replica.status;
        long hash = Hash.mix(trace, queue.nowMicros());
        hash = Hash.mix(hash, (queue.kind() << 8) + replica.id);
        hash = Hash.mix(hash, (status.term() << 4) + status.role().ordinal());
        hash = Hash.mix(hash, (status.commit() << 32) + status.lastIndex());
        trace = Hash.mix(hash, replica.machine.chain());
    }
}
