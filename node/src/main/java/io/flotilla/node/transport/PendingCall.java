package io.flotilla.node.transport;

import io.flotilla.node.transport.wire.RangeCodec;
import io.flotilla.node.transport.wire.Wire;
import io.flotilla.range.routing.RangeReply;
import io.flotilla.range.routing.RangeRequest;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A call to a peer that has not been answered. It knows whether it ever left the outbox, so a call that fails before it did is proven not to
 * have been executed.
 */
final class PendingCall extends OutFrame {
    private static final Logger LOG = LoggerFactory.getLogger(PendingCall.class);

    private static final int QUEUED = 0;
    private static final int SENT = 1;
    private static final int DONE = 2;

    private final long id;
    private final RangeRequest request;
    private final Consumer<RangeReply> callback;
    private final long deadlineNanos;
    private final long probeDeadlineNanos;
    private final AtomicInteger state = new AtomicInteger(QUEUED);

    /**
     * @param deadlineNanos when it is given up
     * @param probeDeadlineNanos when it is given up if the peer is out of reach by then
     */
    PendingCall(
            long id, RangeRequest request, Consumer<RangeReply> callback, long deadlineNanos, long probeDeadlineNanos) {
        super(Payload.bytesOf(request));
        this.id = id;
        this.request = request;
        this.callback = callback;
        this.deadlineNanos = deadlineNanos;
        this.probeDeadlineNanos = probeDeadlineNanos;
    }

    long id() {
        return id;
    }

    boolean isOverdue(long nowNanos, boolean reachable) {
        return nowNanos - deadlineNanos >= 0 || (!reachable && nowNanos - probeDeadlineNanos >= 0);
    }

    boolean wasSent() {
        return state.get() != QUEUED;
    }

    void complete(RangeReply reply) {
        if (state.getAndSet(DONE) != DONE) {
            call(reply);
        }
    }

    void fail(String detail) {
        int was = state.getAndSet(DONE);
        if (was != DONE) {
            call(new RangeReply.Lost(was == SENT, detail));
        }
    }

    private void call(RangeReply reply) {
        try {
            callback.accept(reply);
        } catch (RuntimeException e) {
            LOG.error("a callback of {} threw", request.range(), e);
        }
    }

    @Override
    byte kind() {
        return Frame.CALL;
    }

    @Override
    void encode(ByteBuffer out) {
        Wire.putVarint(out, id);
        RangeCodec.encodeRequest(request, out);
    }

    @Override
    boolean leave() {
        return state.compareAndSet(QUEUED, SENT);
    }

    @Override
    void dropped(boolean tooLarge) {
        if (tooLarge) {
            complete(new RangeReply.Served(tooLarge("request")));
        } else {
            fail("not sent");
        }
    }

    @Override
    boolean isPerishable() {
        return state.get() == DONE;
    }
}
