package io.flotilla.node.liveness;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.settings.LivenessSettings;
import io.flotilla.config.time.HybridClock;
import io.flotilla.config.time.Timestamp;
import io.flotilla.node.raft.Now;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Some stores, their clocks and disks, and the links between them, in virtual time. After each event it is checked that nobody believes what is not
 * so.
 */
final class LivenessLab {
    static final LivenessSettings SETTINGS = LivenessSettings.DEFAULT;
    static final long LEASE_MILLIS = 800;
    static final long OFFSET_MICROS = 250_000;
    private static final long EPOCH = Timestamp.EPOCH_MICROS + 3_600_000_000L;

    private record Event(long at, long order, Runnable what) {}

    final SplittableRandom random;
    final List<Node> nodes = new ArrayList<>();
    final List<LivenessFact> facts = new ArrayList<>();
    private final PriorityQueue<Event> queue =
            new PriorityQueue<>(java.util.Comparator.comparingLong(Event::at).thenComparingLong(Event::order));
    private final boolean[][] cut;
    private final long stepMicros;
    private long order;
    long micros;
    long sent;

    double loss;
    double repeat;
    long delayMicros = 300;
    long lateMicros;
    long diskMicros = 2_000;
    long tickLateMicros;

    LivenessLab(int size, long seed, double drift) {
        this(size, seed, drift, ClockMark.STEP_MICROS);
    }

    LivenessLab(int size, long seed, double drift, long stepMicros) {
        this.stepMicros = stepMicros;
        random = new SplittableRandom(seed);
        cut = new boolean[size + 1][size + 1];
        for (int id = 1; id <= size; id++) {
            nodes.add(new Node(id, 1 + drift * (2 * random.nextDouble() - 1)));
        }
        nodes.forEach(Node::start);
    }

    final class Node {
        final int id;
        private final double rate;
        private final long originMicros = random.nextLong(1_000_000_000_000L);
        private final long skewMicros = random.nextLong(-OFFSET_MICROS / 2, OFFSET_MICROS / 2);

        /** By how much its wall clock was set back, for good. */
        long backMicros;

        /** Names the run of its machine. */
        long boot = 1;

        /** Where this life begins; it would not have begun before. */
        private Timestamp notBefore = Timestamp.ZERO;

        private HybridClock hybrid = newHybrid();
        LivenessState disk = LivenessState.INITIAL;

        @Nullable
        StoreLiveness core;

        boolean paused;
        private int life;
        private final List<Runnable> missed = new ArrayList<>();

        private LivenessReady.@Nullable Persist writing;

        private LivenessReady.@Nullable Persist waiting;

        long diskFreeMicros;

        /** How many of its writes have become durable. */
        long written;

        /** Of this life and of all before it, towards each other node. */
        private final long[] epochUsed = new long[cut.length];

        private final long[] epochUsedBefore = new long[cut.length];

        /** Epochs of others that this store has withdrawn, and the highest bound that the others have had acknowledged. */
        private final List<Set<Long>> withdrawn = new ArrayList<>();

        private final List<Map<Long, Timestamp>> acknowledged = new ArrayList<>();

        Node(int id, double rate) {
            this.id = id;
            this.rate = rate;
            for (int i = 0; i < cut.length; i++) {
                withdrawn.add(new HashSet<>());
                acknowledged.add(new HashMap<>());
            }
        }

        private HybridClock newHybrid() {
            return new HybridClock(
                    () -> Math.max(notBefore.unixMicros() + 1, EPOCH + micros + skewMicros - backMicros),
                    OFFSET_MICROS);
        }

        long monotonic() {
            return originMicros + (long) (micros * rate);
        }

        /** What this node's clock will show, in true time. */
        double trueTimeOf(long monotonicMicros) {
            return (monotonicMicros - originMicros) / rate;
        }

        Now now() {
            return new Now(monotonic(), hybrid.now());
        }

        LivenessView view() {
            return core().view();
        }

        StoreLiveness core() {
            assertThat(core).isNotNull();
            return java.util.Objects.requireNonNull(core);
        }

        boolean isUp() {
            return core != null && !paused;
        }

        void start() {
            life++;
            notBefore = disk.clock().at(boot, monotonic());
            hybrid = newHybrid();
            System.arraycopy(epochUsed, 0, epochUsedBefore, 0, epochUsed.length);
            core = new StoreLiveness(
                    new LivenessConfig(id, SETTINGS, LEASE_MILLIS, OFFSET_MICROS, boot, stepMicros), disk, now());
            for (int other = 1; other < cut.length; other++) {
                int peer = other;
                if (peer != id) {
                    act(() -> core().know(now(), peer));
                }
            }
            tickLater();
        }

        void crash() {
            core = null;
            paused = false;
            missed.clear();
            writing = null;
            waiting = null;
            life++;
        }

        void pause() {
            paused = core != null;
        }

        void resume() {
            paused = false;
            List<Runnable> all = new ArrayList<>(missed);
            missed.clear();
            all.forEach(this::run);
        }

        /** Runs now, or when this node goes on. */
        private void run(Runnable what) {
            if (core == null) {
                return;
            }
            if (paused) {
                missed.add(what);
            } else {
                what.run();
            }
        }

        void act(java.util.function.Supplier<LivenessReady> event) {
            if (core == null) {
                return;
            }
            LivenessReady ready = event.get();
            checkAll();
            for (LivenessReady.Outgoing outgoing : ready.send()) {
                transmit(this, outgoing);
            }
            for (LivenessFact fact : ready.facts()) {
                facts.add(fact);
                if (fact instanceof LivenessFact.Withdrawn gone) {
                    withdrawn.get(gone.node()).add(gone.epoch());
                }
            }
            if (ready.persist() != null) {
                waiting = ready.persist();
                write();
            }
        }

        private void write() {
            LivenessReady.Persist next = waiting;
            if (writing != null || next == null) {
                return;
            }
            writing = next;
            waiting = null;
            int now = life;
            long delay = 1 + random.nextLong(diskMicros) + Math.max(0, diskFreeMicros - micros);
            after(delay, () -> {
                if (life == now) {
                    disk = next.state();
                    written++;
                    run(() -> {
                        writing = null;
                        act(() -> core().persisted(now(), next.number()));
                        write();
                    });
                }
            });
        }

        private void tickLater() {
            int now = life;
            double due = trueTimeOf(core().nextTickMicros()) - micros;
            long delay = Math.max(1, (long) due + 1) + (tickLateMicros == 0 ? 0 : random.nextLong(tickLateMicros));
            after(delay, () -> {
                if (life == now) {
                    run(() -> {
                        act(() -> core().tick(now()));
                        tickLater();
                    });
                }
            });
        }
    }

    Node node(int id) {
        return nodes.get(id - 1);
    }

    void after(long delayMicros, Runnable what) {
        queue.add(new Event(micros + delayMicros, order++, what));
    }

    void run(long millis) {
        long until = micros + millis * 1_000;
        while (true) {
            Event next = queue.peek();
            if (next == null || next.at() > until) {
                micros = until;
                checkAll();
                return;
            }
            queue.remove();
            micros = next.at();
            checkAll();
            next.what().run();
            checkAll();
        }
    }

    void cutOneWay(int from, int to) {
        cut[from][to] = true;
    }

    void cutBoth(int one, int other) {
        cutOneWay(one, other);
        cutOneWay(other, one);
    }

    void mend() {
        for (boolean[] row : cut) {
            java.util.Arrays.fill(row, false);
        }
    }

    private void transmit(Node from, LivenessReady.Outgoing outgoing) {
        sent++;
        if (outgoing.message() instanceof LivenessMessage.Heartbeat heartbeat) {
            int to = outgoing.to();
            assertThat(from.disk.epochMax())
                    .as("an epoch is durable before its use")
                    .isGreaterThanOrEqualTo(heartbeat.epoch());
            assertThat(heartbeat.epoch()).as("an epoch is of one life").isGreaterThan(from.epochUsedBefore[to]);
            assertThat(heartbeat.epoch()).as("epochs only grow").isGreaterThanOrEqualTo(from.epochUsed[to]);
            from.epochUsed[to] = heartbeat.epoch();
        }
        if (outgoing.message() instanceof LivenessMessage.Resign resign) {
            // It serves nothing under them any more, and says how far it went.
            node(outgoing.to())
                    .acknowledged
                    .get(from.id)
                    .replaceAll((epoch, bound) -> epoch <= resign.epoch() ? bound.min(resign.servedUpTo()) : bound);
        }
        if (random.nextDouble() >= loss) {
            deliver(from, outgoing);
        }
        if (random.nextDouble() < repeat) {
            deliver(from, outgoing);
        }
    }

    private void deliver(Node from, LivenessReady.Outgoing outgoing) {
        Node to = node(outgoing.to());
        Timestamp clock = from.hybrid.now();
        long delay = 50 + random.nextLong(delayMicros) + (lateMicros == 0 ? 0 : random.nextLong(lateMicros));
        if (cut[from.id][to.id]) {
            return;
        }
        after(delay, () -> {
            if (!cut[from.id][to.id]) {
                to.run(() -> {
                    if (to.hybrid.update(clock)) {
                        to.act(() -> to.core().received(to.now(), from.id, outgoing.message()));
                    }
                });
            }
        });
    }

    // What must always be so

    private void checkAll() {
        for (Node a : nodes) {
            for (Node b : nodes) {
                if (a != b && a.core != null) {
                    checkBelief(a, b);
                    checkGiven(a, b);
                }
            }
        }
    }

    /** What {@code a} believes of the support that {@code b} gives it. */
    private void checkBelief(Node a, Node b) {
        long epoch = a.view().receivedEpoch(b.id, a.monotonic());
        if (epoch == 0) {
            return;
        }
        assertThat(b.disk.records())
                .as("n%s relies on n%s at %s", a.id, b.id, epoch)
                .contains(new LivenessState.Record(a.id, epoch, true));
        Timestamp bound = a.view().boundAcknowledged(b.id, epoch);
        b.acknowledged.get(a.id).merge(epoch, bound, Timestamp::max);
        if (b.core != null) {
            assertThat(b.view().givenTo(a.id))
                    .as("n%s relies on n%s", a.id, b.id)
                    .isEqualTo(epoch);
            assertThat(b.trueTimeOf(b.view().givenUntilMicros(a.id)))
                    .as("n%s relies on n%s no longer than it may", a.id, b.id)
                    .isGreaterThanOrEqualTo(a.trueTimeOf(a.view().receivedUntilMicros(b.id, epoch)));
        }
    }

    /** What {@code b} has published about its support of {@code a}, seen from {@code b}. */
    private void checkGiven(Node b, Node a) {
        long epoch = b.view().givenTo(a.id);
        assertThat(b.withdrawn.get(a.id))
                .as("what was withdrawn does not come back")
                .doesNotContain(epoch);
        for (LivenessState.Record record : b.disk.records()) {
            if (record.node() == a.id && epoch != 0) {
                assertThat(record.epoch()).isGreaterThanOrEqualTo(epoch);
            }
        }
        b.acknowledged
                .get(a.id)
                .forEach((of, bound) -> assertThat(b.view().boundOf(a.id, of))
                        .as("n%s knows up to where n%s may have served at epoch %s", b.id, a.id, of)
                        .isGreaterThanOrEqualTo(bound));
    }

    boolean isLive(int supporter, int requester) {
        Node a = node(requester);
        Node b = node(supporter);
        return a.core != null
                && b.core != null
                && a.view().receivedEpoch(supporter, a.monotonic()) != 0
                && b.view().givenTo(requester) != 0;
    }
}
