package io.flotilla.node.transport;

import java.util.concurrent.atomic.LongAdder;

/** Counters of the data path since start. Thread-safe. */
public final class TransportStats {
    private final LongAdder envelopesSent = new LongAdder();
    private final LongAdder framesSent = new LongAdder();
    private final LongAdder bytesSent = new LongAdder();
    private final LongAdder envelopesReceived = new LongAdder();
    private final LongAdder framesReceived = new LongAdder();
    private final LongAdder framesDropped = new LongAdder();
    private final LongAdder envelopesRefused = new LongAdder();
    private final LongAdder framesUnreadable = new LongAdder();

    TransportStats() {}

    void sent(int frames, int bytes) {
        envelopesSent.increment();
        framesSent.add(frames);
        bytesSent.add(bytes);
    }

    void received(int frames) {
        envelopesReceived.increment();
        framesReceived.add(frames);
    }

    void dropped() {
        framesDropped.increment();
    }

    void refused() {
        envelopesRefused.increment();
    }

    void unreadable(int frames) {
        framesUnreadable.add(frames);
    }

    public long envelopesSent() {
        return envelopesSent.sum();
    }

    public long framesSent() {
        return framesSent.sum();
    }

    public long bytesSent() {
        return bytesSent.sum();
    }

    public long envelopesReceived() {
        return envelopesReceived.sum();
    }

    public long framesReceived() {
        return framesReceived.sum();
    }

    /** Frames that were thrown away because too much waited for a peer. */
    public long framesDropped() {
        return framesDropped.sum();
    }

    /** Envelopes whose clock was out of bounds, or that were meant for somebody else. */
    public long envelopesRefused() {
        return envelopesRefused.sum();
    }

    /** Frames that came and could not be read: each was lost, and what came beside it was not. */
    public long framesUnreadable() {
        return framesUnreadable.sum();
    }
}
