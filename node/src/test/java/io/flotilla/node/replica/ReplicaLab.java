package io.flotilla.node.replica;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvHeader;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.settings.FlowSettings;
import io.flotilla.config.settings.RaftSettings;
import io.flotilla.config.settings.ReadMode;
import io.flotilla.config.settings.TxnSettings;
import io.flotilla.config.time.HybridClock;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnStatus;
import io.flotilla.node.disk.SpaceWatch;
import io.flotilla.node.liveness.LivenessFact;
import io.flotilla.node.liveness.LivenessMessage;
import io.flotilla.node.liveness.LivenessState;
import io.flotilla.node.log.MemoryLog;
import io.flotilla.node.log.SharedLog;
import io.flotilla.node.mvcc.BatchEvaluator;
import io.flotilla.node.mvcc.Mutation;
import io.flotilla.node.mvcc.StateChecksum;
import io.flotilla.node.raft.Now;
import io.flotilla.node.raft.RaftEvent;
import io.flotilla.node.raft.RaftMessage;
import io.flotilla.node.raft.Ready;
import io.flotilla.node.snapshot.StagedSnapshot;
import io.flotilla.node.storage.MemoryEngine;
import io.flotilla.node.transport.ChecksumNote;
import io.flotilla.range.lifecycle.ReplicaChangeTrigger;
import io.flotilla.range.lifecycle.SplitTrigger;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.RangeReply;
import io.flotilla.range.routing.RangeRequest;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The replicas of one range on nodes of their own, without actors or disks: a network in a list, one clock, and the test decides what moves. */
final class ReplicaLab {
    static final RangeId RANGE = new RangeId(7);
    private static final long EPOCH = Timestamp.EPOCH_MICROS + 1_000_000_000L;
    private static final long OFFSET_MICROS = 100_000;
    private static final long TIMEOUT_MICROS = 5_000_000;
    private static final long STANDSTILL_MILLIS = 3_000;

    /** Who was found to be wrong, as "node@index", again and again. */
    final List<String> verdicts = new ArrayList<>();

    final List<ConsistencyCheck.Verdict> alarms = new ArrayList<>();

    /** One node: its disk, its clock, its replica. */
    final class Node {
        final NodeId id;
        MemoryEngine engine = new MemoryEngine();
        MemoryLog log = MemoryLog.held();

        /** How far its wall clock is ahead of the others'. */
        long skewMicros;

        private int looksUntilItStops;
        private boolean stoodStill;

        HybridClock clock = new HybridClock(this::wallMicros, OFFSET_MICROS);
        final Serving serving;
        LabLiveness liveness;
        Replica replica;

        /** As its store knows it: asleep or not. */
        private final Slot slot;

        private Replica.Setting setting;
        private RangeDescriptor descriptor;
        private @Nullable Dormant dormant;

        /** Takes no turns; what arrives waits. */
        boolean paused;

        boolean due;
        private final ArrayDeque<Runnable> mailbox = new ArrayDeque<>();

        Node(int number, FlowSettings flow, ReadMode readMode, SpaceWatch space, RangeDescriptor descriptor) {
            id = new NodeId(number);
            serving = Serving.of(flow, space, readMode);
            liveness = liveness(LivenessState.INITIAL);
            this.descriptor = descriptor;
            setting = setting();
            replica = opened();
            slot = new Slot((self, from) -> command -> {}, descriptor, number, replica.freeze());
        }

        private long wallMicros() {
            if (looksUntilItStops > 0 && --looksUntilItStops == 0) {
                stoodStill = true;
                skip(STANDSTILL_MILLIS);
            }
            return EPOCH + micros + skewMicros;
        }

        /** At so many looks at its clock from now on, also in the middle of a turn, the process stands still for longer than any lease. */
        void standsStillAtLook(int number) {
            looksUntilItStops = number;
            stoodStill = false;
        }

        boolean hasStoodStill() {
            return stoodStill;
        }

        private LabLiveness liveness(LivenessState disk) {
            LabLiveness made = new LabLiveness(id, clock, () -> micros, ReplicaLab.this::sendLiveness, disk, boot);
            made.facts = this::fact;
            return made;
        }

        private Replica.Setting setting() {
            return new Replica.Setting(
                    id,
                    engine,
                    new BatchEvaluator(TxnSettings.DEFAULT),
                    clock,
                    RaftSettings.DEFAULT,
                    TxnSettings.DEFAULT,
                    serving,
                    liveness,
                    id.value());
        }

        private Replica opened() {
            LogOpening opening = LogOpening.of(log, engine, descriptor);
            return new Replica(setting, new Ports(this), descriptor, opening.hardState(), opening.view());
        }

        /** Its replica has applied nothing since the range was like that. */
        void remembers(RangeDescriptor older) {
            descriptor = older;
            replica = opened();
        }

        /** The process ends and another one begins: the state is as it was last flushed, the log as it was last synced. */
        void restart() {
            mailbox.clear();
            engine = engine.crash();
            log = log.crash();
            setting = setting();
            replica = opened();
        }

        void tell(Runnable message) {
            mailbox.add(message);
        }

        /** Puts the replica to sleep as a store does; false if it is not quiet. */
        boolean fallAsleep() {
            if (isAsleep() || !mailbox.isEmpty() || !replica.isQuiet()) {
                return false;
            }
            slot.rests(replica.rest());
            dormant = replica.freeze();
            return true;
        }

        boolean isAsleep() {
            return dormant != null;
        }

        private void fact(LivenessFact fact) {
            boolean concerned = fact instanceof LivenessFact.Withdrawn
                    ? slot.isLedFrom(new NodeId(fact.node()))
                    : slot.misses(new NodeId(fact.node()));
            if (concerned) {
                tell(() -> replica.tick());
            }
        }

        private void wake() {
            Dormant from = dormant;
            if (from != null) {
                dormant = null;
                slot.rests(null);
                LogOpening opening = LogOpening.of(log, engine, descriptor);
                replica = new Replica(setting, new Ports(this), descriptor, opening, from.raft(), from.servedUpTo());
            }
        }

        private boolean turn() {
            if (paused || (mailbox.isEmpty() && !due)) {
                return false;
            }
            due = false;
            wake();
            while (!mailbox.isEmpty()) {
                mailbox.poll().run();
            }
            replica.run();
            return true;
        }
    }

    private record Sent(NodeId from, NodeId to, RaftMessage message) {}

    private record Word(NodeId from, NodeId to, LivenessMessage message) {}

    private final TreeMap<Integer, Node> nodes = new TreeMap<>();
    private final ArrayDeque<Sent> network = new ArrayDeque<>();
    private final ArrayDeque<Word> words = new ArrayDeque<>();
    private long micros = 1_000_000;
    private long transactions;
    private long boot = 1;

    /** (from, to): messages that do not pass. */
    BiPredicate<NodeId, NodeId> cut = (from, to) -> false;

    /** A snapshot that a leader would send. */
    record SnapshotBegun(RangeDescriptor descriptor, int toReplica, long index) {}

    final List<SnapshotBegun> snapshots = new ArrayList<>();

    /** Whether any may be needed; none arrives. */
    boolean snapshotsAllowed;

    /** Whether one may be sent now; else its turn comes later. */
    boolean roomForSnapshots = true;

    /** How many messages the replicas have sent each other. */
    long messages;

    /** Whether writes to the logs become durable by themselves. */
    boolean autoSync = true;

    ReplicaLab(int size, FlowSettings flow, ReadMode readMode) {
        this(size, flow, readMode, SpaceWatch.none());
    }

    ReplicaLab(int size, FlowSettings flow, ReadMode readMode, SpaceWatch space) {
        List<ReplicaInfo> replicas = new ArrayList<>();
        for (int number = 1; number <= size; number++) {
            replicas.add(new ReplicaInfo(new NodeId(number), number));
        }
        RangeDescriptor descriptor = new RangeDescriptor(RANGE, 1, KeySpace.USERS, replicas, size + 1);
        for (int number = 1; number <= size; number++) {
            nodes.put(number, new Node(number, flow, readMode, space, descriptor));
        }
        introduce();
        advance(2 * RaftSettings.DEFAULT.tickMillis());
    }

    private void introduce() {
        for (Node one : nodes.values()) {
            for (Node other : nodes.values()) {
                if (one != other) {
                    one.liveness.know(other.id);
                }
            }
        }
    }

    /** A store's word is there at once, unless its receiver stands still. */
    private void sendLiveness(NodeId from, NodeId to, LivenessMessage message) {
        if (!cut.test(from, to)) {
            words.add(new Word(from, to, message));
        }
    }

    private void deliverWords() {
        while (!words.isEmpty()) {
            Word word = words.poll();
            Node to = node(word.to().value());
            if (!to.paused) {
                to.liveness.received(word.from(), word.message());
            }
        }
    }

    Node node(int number) {
        Node node = nodes.get(number);
        if (node == null) {
            throw new IllegalArgumentException("no node " + number);
        }
        return node;
    }

    /** Makes node {@code number} the leaseholder. */
    void lead(int number) {
        Node node = node(number);
        node.tell(() -> node.replica.event(new RaftEvent.Campaign()));
        settle();
        advance(100);
        if (!node.replica.isLeaseholder()) {
            throw new IllegalStateException("not the leaseholder: " + node.replica.status());
        }
    }

    /** Lets time pass, tick by tick. */
    void advance(long millis) {
        long tick = RaftSettings.DEFAULT.tickMillis();
        for (long at = 0; at < millis; at += tick) {
            micros += tick * 1_000;
            for (Node node : nodes.values()) {
                if (!node.paused) {
                    node.liveness.tick();
                }
                if (!node.isAsleep()) {
                    node.tell(() -> node.replica.tick());
                }
            }
            deliverWords();
            settle();
        }
    }

    /**
     * All machines lose their power, and when it is back their clocks show so much less than they ought to. No store begins before its clock is where it has
     * served.
     *
     * @return for how long they had to wait for that, in microseconds
     */
    long powerCut(long setBackMicros) {
        boot++;
        words.clear();
        network.clear();
        long waited = 0;
        for (Node node : nodes.values()) {
            node.skewMicros -= setBackMicros;
            Timestamp served = node.liveness.disk().clock().at(boot, micros);
            long below = served.microsSince(Timestamp.ofMicros(node.wallMicros())) + 1;
            waited = Math.max(waited, below);
        }
        micros += waited;
        for (Node node : nodes.values()) {
            node.clock = new HybridClock(node::wallMicros, OFFSET_MICROS);
            node.liveness = node.liveness(node.liveness.disk());
            node.restart();
        }
        introduce();
        return waited;
    }

    /** Time passes and nobody notices. */
    void skip(long millis) {
        micros += millis * 1_000;
    }

    /** Until nothing moves any more. */
    void settle() {
        boolean moved = true;
        while (moved) {
            moved = false;
            for (Node node : nodes.values()) {
                moved |= autoSync && !node.paused && node.log.sync() > 0;
                moved |= node.turn();
            }
            while (!network.isEmpty()) {
                Sent sent = network.poll();
                Node to = node(sent.to().value());
                to.tell(() -> to.replica.receive(sent.from(), sent.message()));
                moved = true;
            }
        }
    }

    /** Gives the request to the node and settles; the answer is added when there is one. */
    List<RangeReply> ask(int number, KvOp... ops) {
        List<RangeReply> replies = new ArrayList<>();
        send(number, replies::add, ops);
        settle();
        return replies;
    }

    void send(int number, Consumer<RangeReply> reply, KvOp... ops) {
        Node node = node(number);
        KvBatch batch = new KvBatch(KvHeader.standalone(TIMEOUT_MICROS), List.of(ops));
        if (ops[0] instanceof KvOp.DataWrite) {
            batch = onePhase(ops[0].key(), ops);
        }
        KvBatch sent = batch;
        node.tell(() -> node.replica.serve(new RangeRequest(RANGE, 1, sent), reply));
    }

    /** A transaction that would like to write at that timestamp. */
    RangeReply writeAt(int number, Timestamp timestamp, String key, String value) {
        List<RangeReply> replies = new ArrayList<>();
        KvBatch batch = onePhase(timestamp, key(key), put(key, value));
        Node node = node(number);
        node.tell(() -> node.replica.serve(new RangeRequest(RANGE, 1, batch), replies::add));
        settle();
        advance(100);
        return replies.get(0);
    }

    /** A transaction's share here, whose record is elsewhere. */
    RangeReply lay(int number, Key anchor, List<KvOp> writes) {
        List<RangeReply> replies = new ArrayList<>();
        Timestamp started = Timestamp.ofMicros(EPOCH + micros);
        TxnMeta txn = new TxnMeta(new TxnId(7, ++transactions), anchor, started, started.packed());
        KvBatch batch = new KvBatch(new KvHeader(started, started, List.of(), txn, true, TIMEOUT_MICROS), writes);
        Node node = node(number);
        node.tell(() -> node.replica.serve(new RangeRequest(RANGE, 1, batch), replies::add));
        settle();
        return replies.get(0);
    }

    /** A transaction that gives the range other replicas. */
    void change(int number, RangeDescriptor next, Consumer<RangeReply> reply) {
        KvOp write = put("descriptor", "changed");
        KvBatch commit =
                onePhase(Timestamp.ZERO, write.key(), Value.wrap(new ReplicaChangeTrigger(next).encode()), write);
        Node node = node(number);
        node.tell(() -> node.replica.serve(new RangeRequest(RANGE, 1, commit), reply));
    }

    /** As a coordinator commits a transaction that reads nothing and writes here only. */
    KvBatch onePhase(Key anchor, KvOp... writes) {
        return onePhase(Timestamp.ZERO, anchor, writes);
    }

    private KvBatch onePhase(Timestamp timestamp, Key anchor, KvOp... writes) {
        return onePhase(timestamp, anchor, Value.EMPTY, writes);
    }

    private KvBatch onePhase(Timestamp timestamp, Key anchor, Value trigger, KvOp... writes) {
        List<KvOp> ops = new ArrayList<>(List.of(writes));
        List<Key> keys = ops.stream().map(KvOp::key).toList();
        ops.add(new KvOp.EndTxn(anchor, TxnStatus.STAGING, keys, trigger));
        Timestamp started = Timestamp.ofMicros(EPOCH + micros);
        TxnMeta txn = new TxnMeta(new TxnId(7, ++transactions), anchor, started, started.packed());
        KvHeader header = new KvHeader(timestamp, timestamp, List.of(), txn, true, TIMEOUT_MICROS);
        return new KvBatch(header, ops);
    }

    static KvOp put(String key, String value) {
        return new KvOp.Put(key(key), Value.wrap(value.getBytes(java.nio.charset.StandardCharsets.UTF_8)));
    }

    static KvOp get(String key) {
        return new KvOp.Get(key(key));
    }

    /** What a get answered; "" for nothing found. */
    static String read(RangeReply reply) {
        KvReply.Done done = (KvReply.Done) ((RangeReply.Served) reply).reply();
        Value value = ((KvResult.Got) done.results().get(0)).value();
        return value == null ? "" : new String(value.bytes(), java.nio.charset.StandardCharsets.UTF_8);
    }

    static Key key(String text) {
        return KeySpace.user(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    private final class Ports implements ReplicaPorts {
        private final Node node;
        private final Now started;

        Ports(Node node) {
            this.node = node;
            this.started = new Now(micros, node.clock.now());
        }

        @Override
        public Now now() {
            Timestamp hybrid = node.clock.now(); // where it may stand still
            return new Now(micros, hybrid);
        }

        @Override
        public long micros() {
            return micros;
        }

        @Override
        public Now since() {
            return started;
        }

        @Override
        public void persist(long number, Ready.Persist persist) {
            node.log.submit(RANGE.value(), persist, new SharedLog.Listener() {
                @Override
                public void durable() {
                    node.tell(() -> node.replica.persisted(number));
                }

                @Override
                public void failed(Exception cause) {
                    throw new AssertionError(cause);
                }
            });
        }

        @Override
        public void send(NodeId to, RaftMessage message) {
            messages++;
            if (!cut.test(node.id, to)) {
                network.add(new Sent(node.id, to, message));
            }
        }

        @Override
        public void push(TxnMeta pusher, TxnMeta holder) {
            // Nobody answers.
        }

        @Override
        public boolean streamSnapshot(
                RangeDescriptor descriptor, int toReplica, long term, LocalState.Applied applied) {
            if (!snapshotsAllowed) {
                throw new AssertionError("no snapshot is needed here");
            }
            if (roomForSnapshots) {
                snapshots.add(new SnapshotBegun(descriptor, toReplica, applied.index()));
            }
            return roomForSnapshots;
        }

        @Override
        public void cancelSnapshot(int toReplica) {
            // None is under way.
        }

        @Override
        public void installSnapshot(StagedSnapshot snapshot) {
            throw new AssertionError("no snapshot is sent here");
        }

        @Override
        public void snapshotSettled(StagedSnapshot snapshot) {
            throw new AssertionError("no snapshot is sent here");
        }

        @Override
        public void splitOff(SplitTrigger split, boolean leaseholder) {
            throw new AssertionError("no split here");
        }

        @Override
        public boolean overlapsOther(RangeDescriptor descriptor) {
            return false;
        }

        @Override
        public List<RangeDescriptor> othersHolding(KvBatch batch) {
            return List.of();
        }

        @Override
        public void sendChecksum(NodeId to, ChecksumNote note) {
            if (!cut.test(node.id, to)) {
                Node at = node(to.value());
                if (note.diverged()) {
                    verdicts.add(to.value() + "@" + note.index());
                } else {
                    at.tell(() -> at.replica.checkup().heard(note));
                }
            }
        }

        @Override
        public void diverged(long index) {
            verdicts.add(node.id.value() + "@" + index);
        }

        @Override
        public void alarm(ConsistencyCheck.Verdict verdict) {
            alarms.add(verdict);
        }

        @Override
        public boolean countState(RangeDescriptor descriptor, StateChecksum checksum) {
            long sum = StateCounter.sumOf(node.engine, descriptor.span());
            node.tell(() -> node.replica.checkup().counted(new Mutation.Check(checksum.since(), checksum.sum() - sum)));
            return true;
        }

        @Override
        public void applied(long bytes) {
            // Nothing is flushed here.
        }

        @Override
        public void replicasChanged(RangeDescriptor before, RangeDescriptor after, boolean leaseholder) {
            // Nobody comes or goes here.
        }

        @Override
        public void descriptorChanged(RangeDescriptor descriptor) {
            // Nobody else looks.
        }
    }
}
