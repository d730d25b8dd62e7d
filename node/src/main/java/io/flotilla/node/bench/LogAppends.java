package io.flotilla.node.bench;

import io.flotilla.node.log.ChronicleLog;
import io.flotilla.node.log.LogStats;
import io.flotilla.node.log.SharedLog;
import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.Ready.Persist;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Several ranges that each append an entry, wait until it is durable, and append the next. One thread submits for all of them, as a node's wire does; the
 * log's own thread tells it what is durable. An append's latency is from its submission until the log tells.
 */
final class LogAppends {
    private static final int COMPACT_EVERY = 1_000;
    private static final int KEPT = 100;

    private final ChronicleLog log;
    private final byte[] payload;
    private final Writer[] writers;
    private final Latencies latencies = new Latencies();
    private final ConcurrentLinkedQueue<Writer> durable = new ConcurrentLinkedQueue<>();
    private volatile Thread submitter = Thread.currentThread();
    private volatile boolean parked;
    private long elapsedNanos;
    private long syncs;
    private long bytes;

    LogAppends(ChronicleLog log, long firstRange, int ranges, int bytes) {
        this.log = log;
        this.payload = new byte[bytes];
        writers = new Writer[ranges];
        for (int i = 0; i < ranges; i++) {
            writers[i] = new Writer(firstRange + i);
        }
    }

    private final class Writer implements SharedLog.Listener {
        private final long range;
        private long index;
        private long sinceNanos;
        private long tookNanos;
        private @Nullable Exception failure;

        Writer(long range) {
            this.range = range;
        }

        void next() {
            index++;
            LogEntry entry = new LogEntry(index, 1, LogEntry.Kind.NORMAL, payload);
            sinceNanos = System.nanoTime();
            log.submit(range, new Persist(null, List.of(entry), null), this);
            if (index % COMPACT_EVERY == 0) {
                log.compact(range, index - KEPT, 1);
            }
        }

        @Override
        public void durable() {
            tookNanos = System.nanoTime() - sinceNanos;
            told();
        }

        @Override
        public void failed(Exception cause) {
            failure = cause;
            told();
        }

        private void told() {
            durable.add(this);
            if (parked) {
                LockSupport.unpark(submitter);
            }
        }
    }

    /** Appends so many more, and waits for them. */
    void run(int appends, boolean measured) throws IOException {
        submitter = Thread.currentThread();
        LogStats before = log.stats();
        long start = System.nanoTime();
        int submitted = Math.min(appends, writers.length);
        for (int i = 0; i < submitted; i++) {
            writers[i].next();
        }
        for (int done = 0; done < appends; done++) {
            Writer writer = take();
            Exception failure = writer.failure;
            if (failure != null) {
                throw new IOException("the log failed", failure);
            }
            if (measured) {
                latencies.add(writer.tookNanos);
            }
            if (submitted < appends) {
                submitted++;
                writer.next();
            }
        }
        if (measured) {
            LogStats after = log.stats();
            elapsedNanos += System.nanoTime() - start;
            syncs += after.syncs() - before.syncs();
            bytes += after.writtenBytes() - before.writtenBytes();
        }
    }

    private Writer take() {
        Writer next = durable.poll();
        while (next == null) {
            parked = true;
            if (durable.isEmpty()) {
                LockSupport.park(this);
            }
            parked = false;
            next = durable.poll();
        }
        return next;
    }

    int ranges() {
        return writers.length;
    }

    Latencies latencies() {
        return latencies;
    }

    double perSecond() {
        return latencies.count() * 1e9 / elapsedNanos;
    }

    double bytesPerSecond() {
        return bytes * 1e9 / elapsedNanos;
    }

    double syncsPerAppend() {
        return (double) syncs / latencies.count();
    }
}
