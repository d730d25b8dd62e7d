package io.flotilla.node.replica;

import io.flotilla.client.load.check.Anomaly;
import io.flotilla.client.load.check.HistoryChecker;
import io.flotilla.client.load.check.Txn;
import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.key.Span;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.node.sim.EventQueue;
import io.flotilla.range.lifecycle.TransactionPort;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeDescriptorCodec;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.ReplicaInfo;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A whole cluster in one thread and in virtual time: nodes with real replicas of several ranges, each a gateway with a real router and a real transaction
 * coordinator; clients that append to lists and read them; and, under the seed, faults. What the clients saw is a history, and is checked.
 */
final class TxnWorld {
    private static final long EPOCH = Timestamp.EPOCH_MICROS + 1_000_000_000L;
    private static final long FOUNDING_MICROS_MAX = 30_000_000;
    private static final long RECOVERY_MICROS_MAX = 60_000_000;
    private static final long EVENTS_MAX = 50_000_000;
    private static final AtomicLong WORLDS = new AtomicLong();

    /** What one seed's world came to. */
    record Result(
            long seed,
            @Nullable String violation,
            long events,
            long traceHash,
            int committed,
            int aborted,
            int unknown,
            Map<TxnSight, Integer> sights) {
        /** One line that tells how to run it again. */
        String line() {
            return "seed " + seed + ": " + violation + "\n  replay: -Dtest=TransactionSimulatorTest -Dtxn.sim.seed="
                    + seed + " -Dtxn.sim.runs=1";
        }
    }

    final EventQueue time = new EventQueue();
    final TxnWeather weather;
    final RangeDescriptor meta;
    final TreeMap<Integer, TxnNode> nodes = new TreeMap<>();
    final List<Txn> history = new ArrayList<>();
    final TxnRegisters registers = new TxnRegisters();
    final TxnDisk disk;
    private final long seed;
    private final SplittableRandom random;
    private final TxnNemesis nemesis;
    private final TxnMover mover;
    private final TxnLosses losses;
    private final List<RangeDescriptor> first = new ArrayList<>();
    private final Map<Integer, Long> linkBusyUntil = new HashMap<>();
    private final List<TxnClient> clients = new ArrayList<>();
    private final EnumMap<TxnSight, Integer> sights = new EnumMap<>(TxnSight.class);
    private @Nullable String violation;
    private long events;
    private long traceHash;
    private long lastValue;
    private long lastId;

    /** Faults end, and everything gets well. */
    private boolean healed = true;

    TxnWorld(long seed, TxnWeather weather) {
        this.seed = seed;
        this.weather = weather;
        this.random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + 1);
        this.disk = new TxnDisk(Path.of(
                System.getProperty("java.io.tmpdir"),
                "txn-" + ProcessHandle.current().pid() + "-" + WORLDS.incrementAndGet()));
        this.meta = descriptor(1, KeySpace.SYSTEM);
        first.add(meta);
        Key from = KeySpace.USERS.start();
        for (int border : weather.borders()) {
            Key to = KeySpace.user(keyName(border).getBytes(StandardCharsets.UTF_8));
            first.add(descriptor(first.size() + 1, new Span(from, to)));
            from = to;
        }
        first.add(descriptor(first.size() + 1, new Span(from, KeySpace.USERS.end())));
        int all = weather.nodes() + (weather.upheaval().newcomer() ? 1 : 0);
        for (int number = 1; number <= all; number++) {
            TxnNode node = new TxnNode(this, number, first);
            node.skewMicros = skew();
            nodes.put(number, node);
        }
        this.nemesis = new TxnNemesis(this, random.split());
        this.mover = new TxnMover(this, random.split());
        this.losses = new TxnLosses(this, random.split());
    }

    static Result run(long seed) {
        return new TxnWorld(seed, TxnWeather.of(new SplittableRandom(seed))).run();
    }

    private RangeDescriptor descriptor(int id, Span span) {
        List<ReplicaInfo> replicas = new ArrayList<>();
        int start = random.nextInt(weather.nodes());
        for (int i = 0; i < 3; i++) {
            replicas.add(new ReplicaInfo(new NodeId((start + i) % weather.nodes() + 1), i + 1));
        }
        return new RangeDescriptor(new RangeId(id), 1, span, replicas, 4);
    }

    static String keyName(int key) {
        return String.format("k%02d", key);
    }

    // ---- a run ---------------------------------------------------------------------------------------------------

    Result run() {
        try {
            return runAll();
        } finally {
            nodes.values().forEach(TxnNode::end);
            disk.delete();
        }
    }

    private Result runAll() {
        nodes.headMap(weather.nodes(), true).values().forEach(TxnNode::start);
        boolean[] founded = {false};
        time.after(500_000, 0, () -> found(founded));
        runUntil(FOUNDING_MICROS_MAX, () -> founded[0]);
        if (!founded[0]) {
            violated("the cluster was not founded");
        }
        healed = false;
        long end = time.nowMicros() + weather.runMicros();
        for (int i = 0; i < weather.clients(); i++) {
            TxnClient client = new TxnClient(this, i + 1, random.split(), end);
            clients.add(client);
            client.begin();
        }
        nemesis.begin(end);
        mover.begin(end);
        losses.begin(end);
        if (weather.upheaval().newcomer()) {
            time.after(random.nextLong(weather.runMicros() / 2), 0, node(nodes.size())::startUnlessRunning);
        }
        runUntil(end, () -> false);
        healed = true;
        nemesis.heal();
        runUntil(end + RECOVERY_MICROS_MAX, () -> clients.stream().noneMatch(TxnClient::isBusy));
        TxnClient last = new TxnClient(this, 0, random.split(), Long.MAX_VALUE);
        last.readAll(time.nowMicros() + RECOVERY_MICROS_MAX);
        runUntil(time.nowMicros() + RECOVERY_MICROS_MAX + 10_000_000, () -> !last.isBusy());
        if (violation == null && !last.hasReadAll()) {
            violated("no reader came through after all had become well: " + last.failure());
        }
        runUntil(time.nowMicros() + RECOVERY_MICROS_MAX, losses::isAllWhole);
        if (violation == null && !losses.isAllWhole()) {
            violated("a store that lost all is not whole again");
        }
        if (violation == null) {
            registers.check().ifPresent(this::violated);
        }
        if (violation == null) {
            List<Anomaly> anomalies = HistoryChecker.check(history);
            if (!anomalies.isEmpty()) {
                violated(anomalies.size() + " anomalies; first: "
                        + anomalies.get(0).kind() + " " + anomalies.get(0).explanation());
            }
        }
        return new Result(
                seed,
                violation,
                events,
                traceHash,
                count(Txn.Outcome.COMMITTED),
                count(Txn.Outcome.ABORTED),
                count(Txn.Outcome.UNKNOWN),
                sights);
    }

    private int count(Txn.Outcome outcome) {
        return (int) history.stream().filter(txn -> txn.outcome() == outcome).count();
    }

    /** As whoever founds a cluster: the first descriptors stand in the meta range like all later ones. */
    private void found(boolean[] founded) {
        List<KvOp.DataWrite> writes = new ArrayList<>();
        for (RangeDescriptor each : first) {
            writes.add(new KvOp.Put(KeySpace.meta(each.span().end()), Value.wrap(RangeDescriptorCodec.encode(each))));
        }
        process(1).commit(writes.get(0).key(), writes, TransactionPort.Seen.NOTHING, Value.EMPTY, 2_000_000, error -> {
            if (error == null) {
                founded[0] = true;
            } else {
                time.after(200_000, 0, () -> found(founded));
            }
        });
    }

    TxnNode node(int number) {
        TxnNode node = nodes.get(number);
        if (node == null) {
            throw new IllegalArgumentException("no node " + number);
        }
        return node;
    }

    private TxnProcess process(int number) {
        TxnProcess process = node(number).process;
        if (process == null) {
            throw new IllegalStateException("node " + number + " is down");
        }
        return process;
    }

    private interface Condition {
        boolean holds();
    }

    private void runUntil(long micros, Condition done) {
        boolean[] over = {false};
        time.after(Math.max(0, micros - time.nowMicros()), 0, () -> over[0] = true);
        while (violation == null && !over[0] && !done.holds()) {
            try {
                time.runNext();
            } catch (RuntimeException | Error failure) {
                violated("an event at " + time.nowMicros(), failure);
            }
            events++;
            traceHash = traceHash * 31 + time.nowMicros();
            if (events > EVENTS_MAX) {
                violated("it never ends");
            }
        }
    }

    void saw(TxnSight what) {
        sights.merge(what, 1, Integer::sum);
    }

    void violated(String what) {
        if (violation == null) {
            violation = what;
        }
    }

    void violated(String where, Throwable failure) {
        StringWriter trace = new StringWriter();
        failure.printStackTrace(new PrintWriter(trace));
        violated(where + ": " + trace);
    }

    boolean isViolated() {
        return violation != null;
    }

    // ---- chance --------------------------------------------------------------------------------------------------

    long wallMicros() {
        return EPOCH + time.nowMicros();
    }

    /** Anywhere, so that no two clocks are further apart than they may be. */
    long skew() {
        long half = weather.maxOffsetMicros() / 2;
        return random.nextLong(-half, half + 1);
    }

    long syncMicros() {
        return 1 + (healed ? 200 : exponential(weather.syncMicros()));
    }

    /** For how long a process stands still just now. */
    long stall() {
        return healed || weather.stall() == 0 || random.nextDouble() >= weather.stall() ? 0 : exponential(400_000);
    }

    /** Never once all is to get well. */
    boolean happens(double chance) {
        return !healed && chance > 0 && random.nextDouble() < chance;
    }

    long exponential(long mean) {
        return (long) (-Math.log(1 - random.nextDouble()) * mean);
    }

    long nextValue() {
        return ++lastValue;
    }

    TxnId newId() {
        return new TxnId(seed, ++lastId);
    }

    // ---- messages ------------------------------------------------------------------------------------------------

    void send(TxnProcess from, NodeId to, boolean mayRepeat, Timestamp reading, Consumer<TxnProcess> receive) {
        if (nemesis.isCut(from.node.id, to) || (!healed && random.nextDouble() < weather.loss())) {
            return;
        }
        boolean repeated = mayRepeat && !healed && random.nextDouble() < weather.duplicate();
        for (int copy = repeated ? 2 : 1; copy > 0; copy--) {
            long delay = from.stallMicros() + delay(from.node.id.value() * 100 + to.value(), from.stallMicros());
            time.after(delay, 0, () -> arrive(to, reading, receive));
        }
    }

    private long delay(int link, long least) {
        long delay = healed ? weather.delayMicros() / 2 + 1 : 1 + exponential(weather.delayMicros());
        if (!healed && random.nextDouble() < weather.late()) {
            delay += exponential(700_000);
        }
        if (weather.ordered()) {
            long arrival = Math.max(time.nowMicros() + delay + least, linkBusyUntil.getOrDefault(link, 0L));
            linkBusyUntil.put(link, arrival);
            return arrival - time.nowMicros() - least;
        }
        return delay;
    }

    private void arrive(NodeId to, Timestamp reading, Consumer<TxnProcess> receive) {
        TxnProcess receiver = node(to.value()).process;
        if (receiver != null) {
            receiver.node.run(receiver, () -> {
                if (receiver.clock.update(reading)) {
                    receive.accept(receiver);
                }
            });
        }
    }

    /** How long it takes between a client and its gateway. */
    long clientDelayMicros() {
        return 1 + exponential(200);
    }
}
