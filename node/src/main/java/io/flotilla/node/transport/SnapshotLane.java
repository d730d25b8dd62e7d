package io.flotilla.node.transport;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The bulk lane to one peer: one chunk under way at a time, the next when the peer has answered. Of a chunk that is not answered in time its sender
 * is told so.
 *
 * <p>Threading: any; callbacks run outside the lock.
 */
final class SnapshotLane {
    /** Chunks that wait behind the one under way; senders that obey {@code answered} never get near it. */
    private static final int WAITING_MAX = 1_024;

    private record Parcel(long number, SnapshotChunk chunk, Consumer<SnapshotVerdict> answered) {}

    private final Consumer<SnapshotParcel> wire;
    private final Supplier<Envelope.Header> header;
    private final long ackNanosMax;

    private final ArrayDeque<Parcel> waiting = new ArrayDeque<>();
    private @Nullable Parcel underWay;
    private boolean closed;
    private long sentNanos;
    private long lastNumber;

    /** @param firstNumber parcels are numbered from here on; differs from one process start to the next */
    SnapshotLane(long firstNumber, long ackNanosMax, Supplier<Envelope.Header> header, Consumer<SnapshotParcel> wire) {
        this.lastNumber = firstNumber;
        this.ackNanosMax = ackNanosMax;
        this.header = header;
        this.wire = wire;
    }

    void send(SnapshotChunk chunk, Consumer<SnapshotVerdict> answered) {
        boolean refused;
        synchronized (this) {
            refused = closed || waiting.size() >= WAITING_MAX;
            if (!refused) {
                waiting.add(new Parcel(++lastNumber, chunk, answered));
                sendNext();
            }
        }
        if (refused) {
            answered.accept(SnapshotVerdict.UNANSWERED);
        }
    }

    void taken(long number, SnapshotVerdict verdict) {
        Parcel done = null;
        synchronized (this) {
            if (underWay != null && underWay.number() == number) {
                done = underWay;
                underWay = null;
                sendNext();
            }
        }
        if (done != null) {
            done.answered().accept(verdict);
        }
    }

    void tick(long nowNanos) {
        long overdue = -1;
        synchronized (this) {
            if (underWay != null && nowNanos - sentNanos >= ackNanosMax) {
                overdue = underWay.number();
            }
        }
        if (overdue >= 0) {
            taken(overdue, SnapshotVerdict.UNANSWERED);
        }
    }

    synchronized boolean isIdle() {
        return underWay == null && waiting.isEmpty();
    }

    /** The peer is gone: whatever waits is dropped. */
    void lost() {
        List<Parcel> dropped;
        synchronized (this) {
            dropped = new ArrayList<>(waiting);
            waiting.clear();
            if (underWay != null) {
                dropped.add(0, underWay);
                underWay = null;
            }
        }
        for (Parcel parcel : dropped) {
            parcel.answered().accept(SnapshotVerdict.UNANSWERED);
        }
    }

    /** Nothing is sent any more. What was is as {@link #lost}. */
    void close() {
        synchronized (this) {
            closed = true;
        }
        lost();
    }

    private void sendNext() {
        if (underWay != null) {
            return;
        }
        Parcel next = waiting.poll();
        if (next != null) {
            underWay = next;
            sentNanos = System.nanoTime();
            wire.accept(new SnapshotParcel(header.get(), next.number(), next.chunk()));
        }
    }
}
