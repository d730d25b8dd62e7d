package io.flotilla.node.transport;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvHeader;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.time.HybridClock;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.time.WallClock;
import io.flotilla.node.liveness.LivenessMessage;
import io.flotilla.node.raft.RaftMessage;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.RangeReply;
import io.flotilla.range.routing.RangeRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** Nodes in one process, each with its own actor system on a free loopback port, that only have a transport. */
final class Cluster implements AutoCloseable {
    static final int OFFSET_MICROS_MAX = 250_000;

    private final Map<Integer, NodeAddress> addresses = new TreeMap<>();
    private final Map<Integer, Node> nodes = new TreeMap<>();

    Cluster(int size) {
        for (int id = 1; id <= size; id++) {
            addresses.put(id, new NodeAddress("127.0.0.1", freePort()));
        }
        for (int id = 1; id <= size; id++) {
            start(id, WallClock.system());
        }
    }

    Node node(int id) {
        Node node = nodes.get(id);
        if (node == null) {
            throw new IllegalStateException("n" + id + " is down");
        }
        return node;
    }

    Node start(int id, WallClock wall) {
        NodeId nodeId = new NodeId(id);
        NodeAddress address = addresses.get(id);
        if (address == null) {
            throw new IllegalArgumentException("no node " + id);
        }
        NodeSystem system = NodeSystem.start(nodeId, address, address, List.of());
        Node node = new Node(system, new HybridClock(wall, OFFSET_MICROS_MAX));
        addresses.forEach((other, where) -> node.transport.addNode(new NodeId(other), where.akka()));
        node.transport.start(node);
        nodes.put(id, node);
        return node;
    }

    void stop(int id) {
        Node node = node(id);
        nodes.remove(id);
        node.close();
    }

    @Override
    public void close() {
        nodes.values().forEach(Node::close);
    }

    static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("in vain awaited: " + what);
            }
            try {
                TimeUnit.MILLISECONDS.sleep(5);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    static RangeRequest put(String key, byte[] value, long timeoutMillis) {
        KvOp op = new KvOp.Put(KeySpace.user(Key.of(key)), Value.wrap(value));
        return new RangeRequest(
                new RangeId(7), 3, new KvBatch(KvHeader.standalone(timeoutMillis * 1_000), List.of(op)));
    }

    record RaftArrival(NodeId from, RangeId range, RaftMessage message) {}

    /** One node and what it received. Serves every batch with an acknowledgement unless told otherwise. */
    static final class Node implements Transport.Inbound {
        final NodeSystem system;
        final AkkaTransport transport;
        final Queue<RaftArrival> raft = new ConcurrentLinkedQueue<>();
        final Queue<NodeId> lost = new ConcurrentLinkedQueue<>();
        final Queue<ReplicaNotice> notices = new ConcurrentLinkedQueue<>();
        final Queue<SnapshotChunk> chunks = new ConcurrentLinkedQueue<>();
        volatile BiConsumer<NodeId, LivenessMessage> liveness = (from, message) -> {};
        volatile Consumer<Consumer<RangeReply>> server = reply -> reply.accept(served());

        Node(NodeSystem system, HybridClock clock) {
            this.system = system;
            this.transport = new AkkaTransport(system, clock, TransportSettings.DEFAULT);
        }

        static RangeReply served() {
            return new RangeReply.Served(
                    new KvReply.Done(List.of(KvResult.Acknowledged.INSTANCE), new Timestamp(1 << 20), List.of()));
        }

        RangeReply call(int to, RangeRequest request) {
            BlockingQueue<RangeReply> replies = new LinkedBlockingQueue<>();
            transport.send(new NodeId(to), request, replies::add);
            try {
                RangeReply reply = replies.poll(60, TimeUnit.SECONDS);
                if (reply == null) {
                    throw new AssertionError("no reply from n" + to);
                }
                return reply;
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        void awaitReachable(int other) {
            await("n" + other + " in reach of " + system.nodeId(), () -> transport.isReachable(new NodeId(other)));
        }

        List<RaftArrival> raftArrivals() {
            return new ArrayList<>(raft);
        }

        @Override
        public void raft(NodeId from, RangeId range, RaftMessage message) {
            raft.add(new RaftArrival(from, range, message));
        }

        @Override
        public void serve(RangeRequest request, Consumer<RangeReply> reply) {
            server.accept(reply);
        }

        @Override
        public void checksum(NodeId from, ChecksumNote note) {
            // Nobody asks here.
        }

        @Override
        public void notice(NodeId from, ReplicaNotice notice) {
            notices.add(notice);
        }

        @Override
        public void snapshot(NodeId from, SnapshotChunk chunk, Consumer<SnapshotVerdict> answer) {
            answer.accept(SnapshotVerdict.TAKEN);
            chunks.add(chunk);
        }

        @Override
        public void liveness(NodeId from, LivenessMessage message) {
            liveness.accept(from, message);
        }

        @Override
        public void lost(NodeId node) {
            lost.add(node);
        }

        void close() {
            transport.close();
            system.close();
            try {
                system.whenTerminated().toCompletableFuture().get(60, TimeUnit.SECONDS);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
