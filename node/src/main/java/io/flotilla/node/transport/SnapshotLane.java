package io.flotilla.node.transport;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The bulk lane to one peer: one chunk under way at a time, the next when the peer has taken it. A chunk that is not taken in time is given up;
 * the receiver notices the gap in the sequence.
 *
 * <p>Threading: any; callbacks run outside the lock.
 */
final class SnapshotLane {
    /** Chunks that wait behind the one under way; senders that obey {@code handedOver} never get near it. */
    private static final int WAITING_MAX = 1_024;

    private record Parcel(long number, SnapshotChunk chunk, Runnable handedOver) {}

    private final Consumer<SnapshotParcel> wire;
    private final Supplier<Envelope.Header> header;
    private final long ackNanosMax;

    private final ArrayDeque<Parcel> waiting = new ArrayDeque<>();
    private @Nullable Parcel underWay;
    private long sentNanos;
    private long lastNumber;

    /** @param firstNumber parcels are numbered from here on; differs from one process start to the next */
    SnapshotLane(long firstNumber, long ackNanosMax, Supplier<Envelope.Header> header, Consumer<SnapshotParcel> wire) {
        this.lastNumber = firstNumber;
        this.ackNanosMax = ackNanosMax;
        this.header = header;
        this.wire = wire;
    }

    void send(SnapshotChunk chunk, Runnable handedOver) {
        boolean refused;
        synchronized (this) {
            refused = waiting.size() >= WAITING_MAX;
            if (!refused) {
                waiting.add(new Parcel(++lastNumber, chunk, handedOver));
                sendNext();
            }
        }
        if (refused) {
            handedOver.run();
        }
    }

    void taken(long number) {
        Parcel done = null;
        synchronized (this) {
            if (underWay != null && underWay.number() == number) {
                done = underWay;
                underWay = null;
                sendNext();
            }
        }
        if (done != null) {
            done.handedOver().run();
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
            taken(overdue);
        }
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
            parcel.handedOver().run();
        }
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
