package io.flotilla.node.transport;

import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What waits to leave for one peer. A frame that finds no flush under way starts one: {@link Flush} is told to the peer, and only when the
 * transport encodes it are the frames that wait by then written, straight into the transport's buffer. So batches form by themselves, without a
 * hand-over to another thread, and what never left is known.
 *
 * <p>Threading: {@link #offer} from any thread; {@link #drain} from the encoding thread; {@link #tick} from the timer.
 */
final class Outbox {
    private static final Logger LOG = LoggerFactory.getLogger(Outbox.class);

    /** Urgent frames that wait; the oldest give way to newer ones, which say better what they say. */
    private static final int URGENT_MAX = 16;

    /** The message that stands for whatever waits when it is encoded. It has no content of its own and may be lost or doubled. */
    final class Flush implements WireMessage {
        void encode(ByteBuffer out) {
            drain(out);
        }
    }

    private final Supplier<Envelope.Header> header;
    private final TransportSettings settings;
    private final Runnable tellFlush;
    private final BooleanSupplier reachable;
    private final TransportStats stats;

    private final Queue<OutFrame> urgent = new ConcurrentLinkedQueue<>();
    private final Queue<OutFrame> queue = new ConcurrentLinkedQueue<>();
    private final AtomicLong waitingBytes = new AtomicLong();
    private final AtomicBoolean flushing = new AtomicBoolean();
    private volatile long flushNanos;
    private volatile long sentNanos;
    private long purgeNanos;

    /**
     * @param header makes the header of the next envelope
     * @param tellFlush sends a {@link Flush} of this outbox to the peer; any thread
     * @param reachable whether the peer was heard from lately
     */
    Outbox(
            TransportSettings settings,
            TransportStats stats,
            Supplier<Envelope.Header> header,
            Runnable tellFlush,
            BooleanSupplier reachable) {
        this.settings = settings;
        this.stats = stats;
        this.header = header;
        this.tellFlush = tellFlush;
        this.reachable = reachable;
    }

    /** Adds a frame; false if too much waits already, it is then dropped. */
    boolean offer(OutFrame frame) {
        if (waitingBytes.get() > settings.outboxBytesMax()) {
            return false;
        }
        waitingBytes.addAndGet(frame.weight());
        queue.add(frame);
        flush();
        return true;
    }

    /** Adds a small frame that leaves before all others, however many wait. While the peer is out of reach only the latest few are kept. */
    void offerFirst(OutFrame frame) {
        urgent.add(frame);
        while (urgent.size() > URGENT_MAX) {
            urgent.poll();
        }
        flush();
    }

    /** Makes sure that an envelope leaves, empty or not. */
    void flush() {
        if (flushing.compareAndSet(false, true)) {
            flushNanos = System.nanoTime();
            tellFlush.run();
        }
    }

    boolean isFlushing() {
        return flushing.get();
    }

    /**
     * Pings a peer to which nothing was sent lately, and repeats a flush that seems lost. While the peer is out of reach, Raft messages that
     * waited too long are dropped: newer ones will say better.
     */
    void tick(long nowNanos) {
        boolean reaches = reachable.getAsBoolean();
        long patienceMillis = reaches ? settings.resendMillis() : settings.silenceMillis() / 2;
        if (!flushing.get()) {
            if (nowNanos - sentNanos >= settings.pingMillis() * 1_000_000) {
                flush();
            }
        } else if (nowNanos - flushNanos >= patienceMillis * 1_000_000) {
            flushNanos = nowNanos;
            tellFlush.run();
        }
        if (reaches) {
            purgeNanos = nowNanos;
        } else if (nowNanos - purgeNanos >= settings.silenceMillis() * 1_000_000) {
            purgeNanos = nowNanos;
            purge();
        }
    }

    /** Drops everything that is perishable. */
    private synchronized void purge() {
        int count = queue.size();
        for (int i = 0; i < count; i++) {
            OutFrame frame = poll();
            if (frame == null) {
                return;
            }
            if (frame.isPerishable()) {
                frame.dropped(false);
            } else {
                waitingBytes.addAndGet(frame.weight());
                queue.add(frame);
            }
        }
    }

    /** Writes an envelope with what waits, as far as it fits. */
    private synchronized void drain(ByteBuffer out) {
        int begin = out.position();
        Envelope.Header first = header.get();
        EnvelopeCodec.putHeader(out, first);
        int start = out.position();
        int frames = 0;
        boolean more = false;
        while (!more) {
            Queue<OutFrame> source = urgent.isEmpty() ? queue : urgent;
            OutFrame frame = source.peek();
            if (frame == null) {
                flushing.set(false);
                // Whoever added a frame before the line above saw a flush under way and relies on this look.
                if (queue.isEmpty() && urgent.isEmpty() || !flushing.compareAndSet(false, true)) {
                    break;
                }
                continue;
            }
            int mark = out.position();
            Fit fit = write(out, frame);
            if (fit == Fit.NO_ROOM && mark > start) {
                more = true;
                continue;
            }
            take(source, frame);
            if (fit == Fit.NO_ROOM) {
                LOG.warn("a frame of kind {} exceeds what an envelope can hold; dropped", frame.kind());
                frame.dropped(true);
            } else if (fit == Fit.FITS && frame.leave()) {
                frames++;
            } else {
                out.position(mark);
            }
            more = out.position() - start >= settings.envelopeBytesSoft();
        }
        if (frames > 0) {
            // Some of them came only after the header was written, and may tell of what was read or written since.
            int end = out.position();
            out.position(begin);
            EnvelopeCodec.putHeader(out, first.at(header.get().clock()));
            out.position(end);
        }
        sentNanos = System.nanoTime();
        stats.sent(frames, out.position() - start);
        if (more) {
            flushNanos = sentNanos;
            tellFlush.run();
        }
    }

    private enum Fit {
        FITS,
        NO_ROOM,
        BROKEN
    }

    private static Fit write(ByteBuffer out, OutFrame frame) {
        int mark = out.position();
        try {
            EnvelopeCodec.putFrame(out, frame);
            return Fit.FITS;
        } catch (BufferOverflowException e) {
            out.position(mark);
            return Fit.NO_ROOM;
        } catch (RuntimeException e) {
            out.position(mark);
            LOG.error("a frame of kind {} cannot be encoded; dropped", frame.kind(), e);
            frame.dropped(false);
            return Fit.BROKEN;
        }
    }

    /** Takes out the first frame; of the urgent ones another thread may have thrown it away meanwhile. */
    private void take(Queue<OutFrame> source, OutFrame frame) {
        if (source == urgent) {
            urgent.remove(frame);
        } else {
            poll();
        }
    }

    private @Nullable OutFrame poll() {
        OutFrame frame = queue.poll();
        if (frame != null) {
            waitingBytes.addAndGet(-frame.weight());
        }
        return frame;
    }
}
