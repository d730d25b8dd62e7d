package io.flotilla.node.transport;

import akka.actor.ActorRef;
import io.flotilla.config.id.NodeId;
import io.flotilla.range.routing.RangeReply;
import io.flotilla.range.routing.RangeRequest;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Another node, as seen from here: where it is, what waits for it, what was asked of it, and when it was last heard.
 *
 * <p>Threading: any, except {@link #tick} (the timer alone).
 */
final class Peer {
    /** Where the two lanes of a node end. */
    record Refs(String address, ActorRef main, ActorRef bulk) {}

    private final NodeId id;
    private final TransportSettings settings;
    private final Outbox outbox;
    private final Outbox.Flush flush;
    private final SnapshotLane snapshots;
    private final ConcurrentHashMap<Long, PendingCall> calls = new ConcurrentHashMap<>();
    private final AtomicLong callIds;
    private final BooleanSupplier trusted;

    private volatile Refs refs;
    private volatile boolean reachable;
    private volatile boolean closed;
    private volatile long heardNanos;
    private volatile long incarnation;
    private long replacedIncarnation;

    /**
     * @param ownIncarnation random; numbers of calls start there, so that a late reply to an earlier process is not taken for ours
     * @param header makes the header of the next envelope to that peer
     * @param trusted whether that node may lead anything, as far as this one knows
     */
    Peer(
            NodeId id,
            Refs refs,
            TransportSettings settings,
            TransportStats stats,
            long ownIncarnation,
            Function<Peer, Envelope.Header> header,
            BooleanSupplier trusted) {
        this.trusted = trusted;
        this.id = id;
        this.refs = refs;
        this.settings = settings;
        this.callIds = new AtomicLong(ownIncarnation >>> 1);
        this.outbox = new Outbox(settings, stats, () -> header.apply(this), this::tellFlush, () -> reachable);
        this.flush = outbox.new Flush();
        this.snapshots = new SnapshotLane(
                ownIncarnation >>> 1,
                settings.snapshotAckMillis() * 1_000_000,
                () -> header.apply(this),
                parcel -> this.refs.bulk().tell(parcel, ActorRef.noSender()));
    }

    private void tellFlush() {
        refs.main().tell(flush, ActorRef.noSender());
    }

    NodeId id() {
        return id;
    }

    Outbox outbox() {
        return outbox;
    }

    SnapshotLane snapshots() {
        return snapshots;
    }

    boolean isReachable() {
        return reachable;
    }

    /** Whether anything was ever heard from it. */
    private boolean isKnown() {
        return incarnation != 0;
    }

    String address() {
        return refs.address();
    }

    void moveTo(Refs newRefs) {
        refs = newRefs;
    }

    /** Whether a call may be answered: who was heard and fell silent, or whose store is not supported, would only be waited for in vain. */
    private boolean isUsable() {
        return !closed && (!isKnown() || reachable && trusted.getAsBoolean());
    }

    void call(RangeRequest request, Consumer<RangeReply> callback, long nowNanos) {
        if (!isUsable()) {
            callback.accept(new RangeReply.Lost(false, id + " is out of reach"));
            return;
        }
        long timeoutNanos = request.batch().header().timeoutMicros() * 1_000;
        PendingCall call = new PendingCall(
                callIds.incrementAndGet(),
                request,
                callback,
                nowNanos + timeoutNanos + settings.callGraceMillis() * 1_000_000,
                nowNanos + settings.silenceMillis() * 1_000_000);
        calls.put(call.id(), call);
        if (!outbox.offer(call)) {
            calls.remove(call.id());
            call.fail("too much waits for " + id);
        } else if (!isUsable()) {
            // Whoever failed all calls meanwhile may have missed this one.
            calls.remove(call.id());
            call.fail(id + " is out of reach");
        }
    }

    void reply(long callId, RangeReply reply) {
        PendingCall call = calls.remove(callId);
        if (call != null) {
            call.complete(reply);
        }
    }

    enum Heard {
        SAME,
        /** First sign of life, or back after a silence. */
        BACK,
        /** Another process than before; what was asked of the old one is lost. */
        RESTARTED,
        /** A late message of a process that has been replaced; to be ignored. */
        STALE
    }

    Heard heard(long fromIncarnation, long nowNanos) {
        if (reachable && incarnation == fromIncarnation) {
            heardNanos = nowNanos;
            return Heard.SAME;
        }
        return heardAnew(fromIncarnation, nowNanos);
    }

    private synchronized Heard heardAnew(long fromIncarnation, long nowNanos) {
        // Of two that were read in the wrong order the dead one falls silent, and the other must not be ignored for
        // ever.
        if (fromIncarnation == replacedIncarnation && reachable) {
            return Heard.STALE;
        }
        boolean restarted = incarnation != 0 && incarnation != fromIncarnation;
        if (restarted) {
            replacedIncarnation = incarnation;
        }
        incarnation = fromIncarnation;
        heardNanos = nowNanos;
        reachable = true;
        return restarted ? Heard.RESTARTED : Heard.BACK;
    }

    /** @return whether the peer has just fallen silent for too long */
    boolean tick(long nowNanos, long pausedNanos) {
        boolean lost = fellSilent(nowNanos, pausedNanos);
        outbox.tick(nowNanos);
        snapshots.tick(nowNanos);
        boolean reaches = reachable;
        for (PendingCall call : calls.values()) {
            if (call.isOverdue(nowNanos, reaches)) {
                calls.remove(call.id());
                call.fail(reaches ? "timeout" : id + " is out of reach");
            }
        }
        return lost;
    }

    /** Whether something is under way to it that it has to answer, or could take. */
    boolean isAwaited() {
        return !calls.isEmpty() || !snapshots.isIdle() || (reachable && outbox.isFlushing());
    }

    private synchronized boolean fellSilent(long nowNanos, long pausedNanos) {
        if (!reachable) {
            return false;
        }
        // It may have been heard since this process goes on.
        heardNanos = Math.min(heardNanos + pausedNanos, nowNanos);
        if (nowNanos - heardNanos < settings.silenceMillis() * 1_000_000) {
            return false;
        }
        reachable = false;
        return true;
    }

    /** Fails what was asked of it and may be under way there. What never left waits for the process that took its place. */
    void failSent(String detail) {
        for (PendingCall call : calls.values()) {
            if (call.wasSent()) {
                calls.remove(call.id());
                call.fail(detail);
            }
        }
        snapshots.lost();
    }

    /** It is not looked after any more: what is asked of it from now on, by whoever had found it before, fails at once. */
    void close(String detail) {
        closed = true;
        snapshots.close();
        failAll(detail);
    }

    void failAll(String detail) {
        for (PendingCall call : calls.values()) {
            calls.remove(call.id());
            call.fail(detail);
        }
        snapshots.lost();
    }
}
