package io.flotilla.node.log;

import static java.util.Objects.requireNonNull;

import io.flotilla.node.disk.DiskFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.core.time.TimeProvider;
import net.openhft.chronicle.queue.ExcerptAppender;
import net.openhft.chronicle.queue.RollCycle;
import net.openhft.chronicle.queue.RollCycles;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueue;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;
import net.openhft.chronicle.wire.DocumentContext;
import org.jspecify.annotations.Nullable;

/**
 * The Chronicle Queue under a log: appends records and forces them.
 *
 * <p>HAZARD: an append to the mapped file is volatile. Only our own force of where it lies makes it durable, and only that reports what
 * the disk says; the queue's own sync hides errors, and does nothing at all without the library that we leave out (pom.xml). Each opening begins a new cycle file, so that the torn end of an older one is never
 * appended to.
 *
 * <p>Threading: the writer's.
 */
final class QueueFile implements AutoCloseable {
    static {
        System.setProperty("chronicle.announcer.disable", "true");
        System.setProperty("chronicle.analytics.disable", "true");
        System.setProperty("chronicle.disk.monitor.disable", "true");
    }

    private static final RollCycle ROLL = RollCycles.FAST_DAILY;
    private static final long HEADER_SLACK_BYTES = 256 << 10;

    /** What the queue itself may have written behind the last record: its index, and its mark that the file has ended. */
    static final long BEHIND_RECORDS_BYTES = HEADER_SLACK_BYTES;

    /** Nobody else writes to our directory, so whatever we would wait for was left by a dead process. */
    private static final long LOCK_MILLIS_MAX = 50;

    /** Opening a log leaves the allocation of its second file for later: the first is not full for a while. */
    private static final long FIRST_AHEAD_NANOS = TimeUnit.SECONDS.toNanos(3);

    /** The queue's day, which we count up; it has nothing to do with the time. */
    private static final class Cycles implements TimeProvider {
        private volatile int current;

        @Override
        public long currentTimeMillis() {
            return (long) current * ROLL.lengthInMillis();
        }
    }

    private final CycleFiles files;
    private final long cycleBytes;
    private final Cycles cycles = new Cycles();
    private final SingleChronicleQueue queue;
    private @Nullable ExcerptAppender appender;
    private @Nullable DiskFile current;
    private @Nullable DiskFile left;
    private int cycle;

    /** Up to where the current cycle file is durable; 0 before the first force. */
    private long forcedTo;

    /** Where the next record will begin in the current cycle file; beyond the end before the first. */
    private long position = Long.MAX_VALUE / 2;

    /** @param newestCycle that is there; -1 if none is */
    QueueFile(CycleFiles files, LogSettings settings, int newestCycle) {
        this.files = files;
        this.cycleBytes = settings.cycleBytes();
        cycle = newestCycle;
        cycles.current = Math.max(0, newestCycle);
        this.queue = SingleChronicleQueueBuilder.binary(files.directory())
                .rollCycle(ROLL)
                .timeProvider(cycles)
                .blockSize(cycleBytes / 2)
                .timeoutMS(LOCK_MILLIS_MAX)
                .checkInterrupts(false)
                .build();
        queue.singleThreadedCheckDisabled(true);
    }

    /** Makes opening a log quicker if done before; whether it is or not makes no other difference. */
    static void preload() {
        // The library looks for what the machine can do as its first class is used, and asks other programs for that.
        SingleChronicleQueueBuilder.binary(Path.of("."));
    }

    /** Bytes a cycle file needs so that every mapping of it is backed by blocks. */
    static long fileBytes(long cycleBytes) {
        return cycleBytes + cycleBytes / 8;
    }

    /** The file that records go to; -1 or that of an earlier opening before the first record. */
    int cycle() {
        return cycle;
    }

    /** Bytes in use in that file; 0 before the first record. */
    long position() {
        return current == null ? 0 : position;
    }

    /** Whether a record of that length begins a new file. */
    boolean rollsFor(int length) {
        return position + length + HEADER_SLACK_BYTES > cycleBytes;
    }

    /** Its {@link Place}. Volatile until {@link #force}. */
    long append(byte[] bytes, int length) throws IOException {
        if (rollsFor(length)) {
            roll();
        }
        requireNonNull(current).beforeStore();
        try (DocumentContext document = appender().writingDocument()) {
            Bytes<?> out = requireNonNull(document.wire()).bytes();
            long at = out.writePosition();
            out.write(bytes, 0, length);
            position = out.writePosition();
            return Place.of(cycle, at);
        }
    }

    private ExcerptAppender appender() {
        ExcerptAppender known = appender;
        if (known == null) {
            known = queue.createAppender();
            known.singleThreadedCheckDisabled(true);
            appender = known;
        }
        return known;
    }

    private void roll() throws IOException {
        boolean first = current == null;
        int next = cycle + 1;
        files.bring(next);
        cycle = next;
        cycles.current = next;
        left = current;
        current = files.open(next);
        position = 0;
        forcedTo = 0;
        files.allocateAheadSoon(first ? FIRST_AHEAD_NANOS : 0);
    }

    /** On return everything appended is durable. */
    void force() throws IOException {
        DiskFile file = requireNonNull(current);
        DiskFile previous = left;
        if (previous != null) {
            previous.force(); // the queue wrote its end marker there
            previous.close();
            left = null;
        }
        if (forcedTo == 0) {
            file.force(); // the queue's header too
        } else {
            // Behind it the queue has written nothing but documents, one after the other. What it notes elsewhere, in
            // its header at the beginning and in its index, only saves its readers time; a second page to write for
            // each record would cost a tenth of a sync.
            file.force(forcedTo, position);
        }
        forcedTo = position;
    }

    @Override
    public void close() throws IOException {
        queue.close();
        if (left != null) {
            left.close();
        }
        if (current != null) {
            current.close();
        }
    }
}
