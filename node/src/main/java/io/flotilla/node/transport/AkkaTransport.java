package io.flotilla.node.transport;

import akka.actor.Cancellable;
import io.flotilla.config.id.NodeId;
import io.flotilla.config.time.HybridClock;
import io.flotilla.node.liveness.LivenessMessage;
import io.flotilla.node.raft.RaftMessage;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.RangeReply;
import io.flotilla.range.routing.RangeRequest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The data path over Akka's remote layer, by address: it needs no cluster membership, so a restarted node serves before it is a member again.
 *
 * <p>A call is answered exactly once: by the peer, or with {@link RangeReply.Lost} when its time is up, the peer falls silent or restarts. {@code
 * maybeExecuted} is false when the call provably never left.
 *
 * <p>Threading: as {@link Transport} says. Callbacks of calls run on the thread that received the reply, or on the timer's.
 */
public final class AkkaTransport implements Transport, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AkkaTransport.class);
    private static final String STOPPING = "this node is stopping";
    private static final long COMPLAINT_NANOS = 10_000_000_000L;

    private final NodeSystem system;
    private final NodeId self;
    private final HybridClock clock;
    private final TransportSettings settings;
    private final long incarnation = newIncarnation();
    private final TransportStats stats = new TransportStats();
    private final ConcurrentHashMap<NodeId, Peer> peers = new ConcurrentHashMap<>();

    private volatile Predicate<NodeId> trusted = any -> true;
    private volatile Predicate<NodeId> gone = none -> false;
    private volatile @Nullable Inbound inbound;
    private @Nullable Cancellable timer;
    private long tickNanos;
    private long sleptMillis;
    private volatile long complaintNanos = System.nanoTime() - COMPLAINT_NANOS;

    public AkkaTransport(NodeSystem system, HybridClock clock, TransportSettings settings) {
        this.system = system;
        this.self = system.nodeId();
        this.clock = clock;
        this.settings = settings;
    }

    /** Begins to listen. Before, nothing is received and calls are refused. */
    public synchronized void start(Inbound handler) {
        inbound = handler;
        system.spawnReceiver(NodeSystem.MAIN_LANE, Envelope.class, this::receive, NodeSystem.TRANSPORT_DISPATCHER);
        system.spawnReceiver(
                NodeSystem.BULK_LANE, SnapshotParcel.class, this::receiveSnapshot, NodeSystem.BULK_DISPATCHER);
        tickNanos = System.nanoTime();
        tickAfter(settings.tickMillis());
    }

    private synchronized void tickAfter(long millis) {
        if (inbound != null) {
            sleptMillis = millis;
            // On the timers' own thread: a tick is short, and wakes no second one.
            timer = system.classic().scheduler().scheduleOnce(Duration.ofMillis(millis), this::tick, system.group());
        }
    }

    /** Stops timers and fails what is pending. The actor system goes its own way. */
    @Override
    public synchronized void close() {
        inbound = null;
        if (timer != null) {
            timer.cancel();
        }
        for (Peer peer : peers.values()) {
            peer.close(STOPPING);
        }
    }

    /**
     * Calls to other nodes are refused at once while this says no: a node whose store has no support leads nothing, and one that hears nobody looks
     * alive to those who hear it.
     */
    public void trustOnly(Predicate<NodeId> supported) {
        trusted = supported;
    }

    /** Nodes of which this says so have left the cluster: they are known and spoken to only as long as they speak. */
    public void dropOnceSilent(Predicate<NodeId> hasLeft) {
        gone = hasLeft;
    }

    /** That node is trusted no more; what was asked of it has to be asked elsewhere. Returns before that is done. */
    public void distrusted(NodeId node) {
        Peer peer = peers.get(node);
        if (peer != null) {
            // Those who asked go on asking on the thread that tells them, and it must not be one that others wait for.
            system.classic().dispatcher().execute(() -> peer.failAll(node + " has lost its support"));
        }
    }

    public TransportStats stats() {
        return stats;
    }

    /** Random, one per process start. */
    public long incarnation() {
        return incarnation;
    }

    // ---- sending -----------------------------------------------------------------------------------------------

    @Override
    public void send(NodeId node, RangeRequest request, Consumer<RangeReply> callback) {
        Inbound handler = inbound;
        if (handler == null) {
            callback.accept(new RangeReply.Lost(false, self + " is not serving"));
            return;
        }
        if (node.equals(self)) {
            handler.serve(request, callback);
            return;
        }
        Peer peer = peers.get(node);
        if (peer == null) {
            callback.accept(new RangeReply.Lost(false, "the address of " + node + " is not known"));
            return;
        }
        peer.call(request, callback, System.nanoTime());
        if (inbound == null) {
            peer.failAll(STOPPING);
        }
    }

    @Override
    public void sendRaft(NodeId to, RangeId range, RaftMessage message) {
        if (to.equals(self)) {
            Inbound handler = inbound;
            if (handler != null) {
                handler.raft(self, range, message);
            }
            return;
        }
        Peer peer = peers.get(to);
        if (peer == null || !peer.outbox().offer(new OutFrame.Raft(range, message))) {
            stats.dropped();
        }
    }

    @Override
    public void sendLiveness(NodeId to, LivenessMessage message) {
        Peer peer = peers.get(to);
        if (peer == null) {
            stats.dropped();
        } else {
            peer.outbox().offerFirst(new OutFrame.Liveness(message));
        }
    }

    @Override
    public void sendNotice(NodeId to, ReplicaNotice notice) {
        if (to.equals(self)) {
            Inbound handler = inbound;
            if (handler != null) {
                handler.notice(self, notice);
            }
            return;
        }
        Peer peer = peers.get(to);
        if (peer == null || !peer.outbox().offer(new OutFrame.Notice(notice))) {
            stats.dropped();
        }
    }

    @Override
    public void sendChecksum(NodeId to, ChecksumNote note) {
        Peer peer = peers.get(to);
        if (peer == null || !peer.outbox().offer(new OutFrame.Checksum(note))) {
            stats.dropped();
        }
    }

    @Override
    public void sendSnapshot(NodeId to, SnapshotChunk chunk, Consumer<SnapshotVerdict> answered) {
        Peer peer = peers.get(to);
        if (peer == null) {
            answered.accept(SnapshotVerdict.UNANSWERED);
        } else {
            peer.snapshots().send(chunk, answered);
        }
    }

    @Override
    public void addNode(NodeId node, String akkaAddress) {
        if (node.equals(self)) {
            return;
        }
        Peer known = peers.get(node);
        if (known != null && known.address().equals(akkaAddress)) {
            return;
        }
        Peer.Refs refs = new Peer.Refs(
                akkaAddress,
                system.resolve(akkaAddress, NodeSystem.MAIN_LANE),
                system.resolve(akkaAddress, NodeSystem.BULK_LANE));
        Peer peer = peers.computeIfAbsent(
                node, id -> new Peer(id, refs, settings, stats, incarnation, this::headerFor, () -> trusted.test(id)));
        if (!peer.address().equals(akkaAddress)) {
            LOG.info("{} moved from {} to {}", node, peer.address(), akkaAddress);
            peer.moveTo(refs);
        }
        peer.outbox().flush();
    }

    /** All nodes whose address is known, this one not among them. */
    public Collection<NodeId> nodes() {
        return Collections.unmodifiableCollection(peers.keySet());
    }

    @Override
    public boolean isReachable(NodeId node) {
        if (node.equals(self)) {
            return true;
        }
        Peer peer = peers.get(node);
        return peer != null && peer.isReachable();
    }

    private Envelope.Header headerFor(Peer peer) {
        String address = peer.isReachable() ? "" : system.address();
        return new Envelope.Header(self, peer.id(), incarnation, clock.now(), address);
    }

    // ---- receiving ---------------------------------------------------------------------------------------------

    private void receive(Envelope envelope) {
        Inbound handler = inbound;
        Peer peer = handler == null ? null : admit(envelope.header(), handler);
        if (handler == null || peer == null) {
            return;
        }
        stats.received(envelope.frames().size());
        if (envelope.unreadable() > 0) {
            stats.unreadable(envelope.unreadable());
            complain(
                    "{} of the messages that came together from {} could not be read and are lost: {}",
                    envelope.unreadable(),
                    peer.id(),
                    envelope.fault());
        }
        Delivery delivery = new Delivery(peer, handler, stats);
        for (Frame frame : envelope.frames()) {
            try {
                frame.deliver(delivery);
            } catch (RuntimeException e) {
                LOG.error("a message from {} was not taken", peer.id(), e);
            }
        }
    }

    private void receiveSnapshot(SnapshotParcel parcel) {
        Inbound handler = inbound;
        Peer peer = handler == null ? null : admit(parcel.header(), handler);
        if (handler == null || peer == null) {
            return;
        }
        handler.snapshot(
                peer.id(),
                parcel.chunk(),
                verdict -> peer.outbox().offer(new OutFrame.SnapshotTaken(parcel.parcel(), verdict)));
    }

    /** @return who sent it; null if it must be refused */
    private @Nullable Peer admit(Envelope.Header header, Inbound handler) {
        if (!header.to().equals(self) || header.from().equals(self)) {
            refuse("{} sent a message for {} here, which is {}; refused", header.from(), header.to(), self);
            return null;
        }
        if (!clock.update(header.clock())) {
            refuse(
                    "the clock of {} is too far ahead ({}); what it says is refused",
                    header.from(),
                    header.clock(),
                    self);
            return null;
        }
        Peer peer = peers.get(header.from());
        if (peer == null) {
            if (header.address().isEmpty()) {
                return null;
            }
            addNode(header.from(), header.address());
            peer = peers.get(header.from());
            if (peer == null) {
                return null;
            }
        }
        Peer.Heard heard = peer.heard(header.incarnation(), System.nanoTime());
        if (heard == Peer.Heard.STALE) {
            return null;
        }
        if (heard != Peer.Heard.SAME) {
            LOG.info("{} is {}", peer.id(), heard == Peer.Heard.RESTARTED ? "back, restarted" : "in reach");
            if (!header.address().isEmpty()) {
                addNode(peer.id(), header.address());
            }
            if (heard == Peer.Heard.RESTARTED) {
                peer.failSent(peer.id() + " restarted");
                handler.lost(peer.id());
            }
        }
        return peer;
    }

    private void refuse(String message, Object first, Object second, Object third) {
        stats.refused();
        complain(message, first, second, third);
    }

    private void complain(String message, Object first, Object second, Object third) {
        long now = System.nanoTime();
        if (now - complaintNanos >= COMPLAINT_NANOS) {
            complaintNanos = now;
            LOG.warn(message, first, second, third);
        }
    }

    private record Delivery(Peer peer, Inbound handler, TransportStats stats) implements Frame.Handler {
        @Override
        public void raft(RangeId range, RaftMessage message) {
            handler.raft(peer.id(), range, message);
        }

        @Override
        public void call(long callId, RangeRequest request) {
            Outbox outbox = peer.outbox();
            handler.serve(request, reply -> {
                // For who asked it is an answer that was lost on its way.
                if (!outbox.offer(new OutFrame.Reply(outbox, callId, reply))) {
                    stats.dropped();
                }
            });
        }

        @Override
        public void reply(long callId, RangeReply reply) {
            peer.reply(callId, reply);
        }

        @Override
        public void snapshotTaken(long parcel, SnapshotVerdict verdict) {
            peer.snapshots().taken(parcel, verdict);
        }

        @Override
        public void notice(ReplicaNotice notice) {
            handler.notice(peer.id(), notice);
        }

        @Override
        public void checksum(ChecksumNote note) {
            handler.checksum(peer.id(), note);
        }

        @Override
        public void liveness(LivenessMessage message) {
            handler.liveness(peer.id(), message);
        }
    }

    // ---- time --------------------------------------------------------------------------------------------------

    private void tick() {
        long now = System.nanoTime();
        // What was not heard while this very process stood still is no sign of a peer's death.
        long late = now - tickNanos - sleptMillis * 1_000_000;
        long paused = late > settings.silenceMillis() * 1_000_000 / 4 ? late : 0;
        tickNanos = now;
        boolean busy = false;
        try {
            for (Peer peer : peers.values()) {
                try {
                    tick(peer, now, paused);
                } catch (RuntimeException e) {
                    LOG.error("the timer of {} failed", peer.id(), e);
                }
                busy |= peer.isAwaited();
            }
        } finally {
            // Whatever happened: without ticks nobody would notice what got lost. With nothing under way there are only
            // silences, and stores, which speak more often than pings are due.
            tickAfter(busy ? settings.tickMillis() : settings.pingMillis());
        }
    }

    private void tick(Peer peer, long nowNanos, long pausedNanos) {
        Inbound handler = inbound;
        if (peer.tick(nowNanos, pausedNanos) && handler != null) {
            LOG.warn("{} is out of reach: silent for {} ms", peer.id(), settings.silenceMillis());
            peer.failAll(peer.id() + " fell silent");
            handler.lost(peer.id());
        }
        if (!peer.isReachable() && gone.test(peer.id())) {
            peers.remove(peer.id(), peer);
            peer.close(peer.id() + " has left the cluster");
        }
    }

    private static long newIncarnation() {
        long random = new SecureRandom().nextLong();
        return random == 0 ? 1 : random;
    }
}
