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
import io.flotilla.node.liveness.LivenessMessage;
import io.flotilla.node.log.MemoryLog;
import io.flotilla.node.log.SharedLog;
import io.flotilla.node.mvcc.BatchEvaluator;
import io.flotilla.node.raft.Now;
import io.flotilla.node.raft.RaftEvent;
import io.flotilla.node.raft.RaftMessage;
import io.flotilla.node.raft.Ready;
import io.flotilla.node.snapshot.StagedSnapshot;
import io.flotilla.node.storage.MemoryEngine;
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

/** The replicas of one range on nodes of their own, without actors or disks: a network in a list, one clock, and the test decides what moves. */
final class ReplicaLab {
    static final RangeId RANGE = new RangeId(7);
    private static final long EPOCH = Timestamp.EPOCH_MICROS + 1_000_000_000L;
    private static final long OFFSET_MICROS = 100_000;
    private static final long TIMEOUT_MICROS = 5_000_000;

    /** One node: its disk, its clock, its replica. */
    final class Node {
        final NodeId id;
        final MemoryEngine engine = new MemoryEngine();
        final MemoryLog log = MemoryLog.held();
        final HybridClock clock = new HybridClock(() -> EPOCH + micros, OFFSET_MICROS);
        final Serving serving;
        final LabLiveness liveness;
        final Replica replica;

        /** Takes no turns; what arrives waits. */
        boolean paused;

        boolean due;
        private final ArrayDeque<Runnable> mailbox = new ArrayDeque<>();

        Node(int number, FlowSettings flow, ReadMode readMode, RangeDescriptor descriptor) {
            id = new NodeId(number);
            serving = Serving.of(flow, readMode);
            liveness = new LabLiveness(id, clock, () -> micros, ReplicaLab.this::sendLiveness);
            LogOpening opening = LogOpening.of(log, engine, descriptor);
            replica = new Replica(
                    new Replica.Setting(
                            id,
                            engine,
                            new BatchEvaluator(TxnSettings.DEFAULT),
                            clock,
                            RaftSettings.DEFAULT,
                            TxnSettings.DEFAULT,
                            serving,
                            liveness,
                            number),
                    new Ports(this),
                    descriptor,
                    opening.hardState(),
                    opening.view());
        }

        void tell(Runnable message) {
            mailbox.add(message);
        }

        private boolean turn() {
            if (paused || (mailbox.isEmpty() && !due)) {
                return false;
            }
            due = false;
            while (!mailbox.isEmpty()) {
                mailbox.poll().run();
            }
            replica.run();
            return true;
        }
    }

    private record Sent(NodeId to, RaftMessage message) {}

    private record Word(NodeId from, NodeId to, LivenessMessage message) {}

    private final TreeMap<Integer, Node> nodes = new TreeMap<>();
    private final ArrayDeque<Sent> network = new ArrayDeque<>();
    private final ArrayDeque<Word> words = new ArrayDeque<>();
    private long micros = 1_000_000;
    private long transactions;

    /** (from, to): messages that do not pass. */
    BiPredicate<NodeId, NodeId> cut = (from, to) -> false;

    /** Whether writes to the logs become durable by themselves. */
    boolean autoSync = true;

    ReplicaLab(int size, FlowSettings flow, ReadMode readMode) {
        List<ReplicaInfo> replicas = new ArrayList<>();
        for (int number = 1; number <= size; number++) {
            replicas.add(new ReplicaInfo(new NodeId(number), number));
        }
        RangeDescriptor descriptor = new RangeDescriptor(RANGE, 1, KeySpace.USERS, replicas, size + 1);
        for (int number = 1; number <= size; number++) {
            nodes.put(number, new Node(number, flow, readMode, descriptor));
        }
        for (Node one : nodes.values()) {
            for (Node other : nodes.values()) {
                if (one != other) {
                    one.liveness.know(other.id);
                }
            }
        }
        advance(2 * RaftSettings.DEFAULT.tickMillis());
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
                node.tell(node.replica::tick);
            }
            deliverWords();
            settle();
        }
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
                to.tell(() -> to.replica.receive(sent.message()));
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

    /** As a coordinator commits a transaction that reads nothing and writes here only. */
    private KvBatch onePhase(Key anchor, KvOp... writes) {
        List<KvOp> ops = new ArrayList<>(List.of(writes));
        List<Key> keys = ops.stream().map(KvOp::key).toList();
        ops.add(new KvOp.EndTxn(anchor, TxnStatus.STAGING, keys, Value.EMPTY));
        Timestamp started = Timestamp.ofMicros(EPOCH + micros);
        TxnMeta txn = new TxnMeta(new TxnId(7, ++transactions), anchor, started, started.packed());
        KvHeader header = new KvHeader(Timestamp.ZERO, Timestamp.ZERO, List.of(), txn, true, TIMEOUT_MICROS);
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
            return new Now(micros, node.clock.now());
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
            if (!cut.test(node.id, to)) {
                network.add(new Sent(to, message));
            }
        }

        @Override
        public void push(TxnMeta pusher, TxnMeta holder) {
            // Nobody answers.
        }

        @Override
        public boolean streamSnapshot(
                RangeDescriptor descriptor, int toReplica, long term, long index, long indexTerm) {
            throw new AssertionError("no snapshot is needed here");
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
        public void applied() {
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
