package io.flotilla.node.log;

import static java.util.Objects.requireNonNull;

import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.Ready.Persist;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.core.time.TimeProvider;
import net.openhft.chronicle.queue.ExcerptAppender;
import net.openhft.chronicle.queue.ExcerptTailer;
import net.openhft.chronicle.queue.RollCycle;
import net.openhft.chronicle.queue.RollCycles;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueue;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;
import net.openhft.chronicle.wire.DocumentContext;
import org.jspecify.annotations.Nullable;

/**
 * The Chronicle Queue under a log: appends records, forces them, reads them back.
 *
 * <p>HAZARD: an append to the mapped file is volatile. Only our own force of the cycle file makes it durable, and only that reports what
 * the disk says; the queue's own sync hides errors. Each opening begins a new cycle file, so that the torn end of an older one is never
 * appended to.
 *
 * <p>Threading: append, force and roll by the writer; {@link #read} by any thread.
 */
final class QueueFile implements RangeLog.Archive, AutoCloseable {
    /** Told of every record found at the start. */
    interface Scanner {
        void record(long place, ByteBuffer verified);

        /** A record that is not whole; a torn end if nothing follows. */
        void broken(long place);

        /** The number that the next record should have. */
        long nextSequence();
    }

    /** Makes a file's content durable. */
    @FunctionalInterface
    interface Sync {
        Sync REAL = channel -> channel.force(false);

        void force(FileChannel channel) throws IOException;
    }

    static {
        System.setProperty("chronicle.announcer.disable", "true");
        System.setProperty("chronicle.analytics.disable", "true");
        System.setProperty("chronicle.disk.monitor.disable", "true");
    }

    private static final RollCycle ROLL = RollCycles.FAST_DAILY;
    private static final long RELEASE_ALIGN_BYTES = 64 << 10;
    private static final long HEADER_SLACK_BYTES = 256 << 10;

    /** Nobody else writes to our directory, so whatever we would wait for was left by a dead process. */
    private static final long LOCK_MILLIS_MAX = 50;

    /** The queue's day, which we count up; it has nothing to do with the time. */
    private static final class Cycles implements TimeProvider {
        private volatile int current;

        @Override
        public long currentTimeMillis() {
            return (long) current * ROLL.lengthInMillis();
        }
    }

    private final CycleFiles files;
    private final Sync sync;
    private final long cycleBytes;
    private final int recordBytesMax;
    private final Cycles cycles = new Cycles();
    private final SingleChronicleQueue queue;
    private @Nullable ExcerptAppender appender;
    private @Nullable ExcerptTailer tailer;
    private @Nullable FileChannel current;
    private @Nullable FileChannel left;

    /** Where the next record will begin in the current cycle file; beyond the end before the first. */
    private long position = Long.MAX_VALUE / 2;

    QueueFile(CycleFiles files, LogSettings settings, Sync sync) throws IOException {
        this.files = files;
        this.sync = sync;
        this.cycleBytes = settings.cycleBytes();
        this.recordBytesMax = settings.recordBytesMax();
        List<Integer> known = files.cycles();
        cycles.current = known.isEmpty() ? 0 : known.get(known.size() - 1);
        this.queue = SingleChronicleQueueBuilder.binary(files.directory())
                .rollCycle(ROLL)
                .timeProvider(cycles)
                .blockSize(cycleBytes / 2)
                .timeoutMS(LOCK_MILLIS_MAX)
                .checkInterrupts(false)
                .build();
        queue.singleThreadedCheckDisabled(true);
    }

    /** Bytes a cycle file needs so that every mapping of it is backed by blocks. */
    static long fileBytes(long cycleBytes) {
        return cycleBytes + cycleBytes / 8;
    }

    /** Reads everything, in the order of appending. */
    void scan(Scanner scanner) throws IOException {
        List<Integer> known = files.cycles();
        List<Long> ends = new ArrayList<>();
        for (int cycle : known) {
            try (ExcerptTailer reader = queue.createTailer()) {
                ends.add(scanCycle(reader, cycle, scanner));
            } catch (LogCorruptException e) {
                throw e;
            } catch (RuntimeException | InternalError e) {
                throw new LogCorruptException("the log file " + files.file(cycle) + " cannot be read", e);
            }
        }
        if (known.isEmpty()) {
            return;
        }
        int last = known.size() - 1;
        TornEnd.check(files.file(known.get(last)), ends.get(last), scanner.nextSequence(), recordBytesMax);
        for (int i = 0; i <= last; i++) {
            release(files.file(known.get(i)), ends.get(i));
        }
    }

    /** An older file only takes the queue's end mark any more, behind a torn record at the furthest. */
    private void release(Path file, long end) throws IOException {
        long from = (end + recordBytesMax + HEADER_SLACK_BYTES) & -RELEASE_ALIGN_BYTES;
        BlockAllocator.release(file, from, Files.size(file) - from);
    }

    /**
     * Makes durable what {@link #scan} found: a killed process leaves records that it never forced, and whoever reads them now will answer
     * for them.
     */
    void forceAll() throws IOException {
        for (int cycle : files.cycles()) {
            try (FileChannel channel = FileChannel.open(files.file(cycle), StandardOpenOption.WRITE)) {
                sync.force(channel);
            }
        }
    }

    /** Where the last whole record ends in the file. */
    private long scanCycle(ExcerptTailer reader, int cycle, Scanner scanner) {
        long end = 0;
        if (!reader.moveToIndex(ROLL.toIndex(cycle, 0))) {
            return end;
        }
        while (true) {
            try (DocumentContext document = reader.readingDocument()) {
                if (!document.isPresent() || ROLL.toCycle(document.index()) != cycle) {
                    return end;
                }
                Bytes<?> bytes = requireNonNull(document.wire()).bytes();
                if (bytes.readRemaining() > recordBytesMax + HEADER_SLACK_BYTES) {
                    scanner.broken(document.index());
                    return end; // a length nobody wrote leads nowhere
                }
                long limit = bytes.readLimit();
                ByteBuffer verified = GroupRecord.verified(copyOf(bytes));
                if (verified == null) {
                    scanner.broken(document.index());
                } else {
                    scanner.record(document.index(), verified);
                    end = limit;
                }
            }
        }
    }

    private static byte[] copyOf(Bytes<?> bytes) {
        byte[] copy = new byte[(int) bytes.readRemaining()];
        bytes.read(copy);
        return copy;
    }

    /** For messages: the file and the number of the record in it. */
    String describe(long place) {
        return files.file(ROLL.toCycle(place)) + ", record " + ROLL.toSequenceNumber(place);
    }

    /** Where it lies. Volatile until {@link #force}. */
    long append(byte[] bytes, int length) throws IOException {
        if (position + length + HEADER_SLACK_BYTES > cycleBytes) {
            roll();
        }
        ExcerptAppender to = appender();
        try (DocumentContext document = to.writingDocument()) {
            Bytes<?> out = requireNonNull(document.wire()).bytes();
            out.write(bytes, 0, length);
            position = out.writePosition();
        }
        return to.lastIndexAppended();
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
        List<Integer> known = files.cycles();
        int next = known.isEmpty() ? 0 : known.get(known.size() - 1) + 1;
        files.bring(next);
        cycles.current = next;
        left = current;
        current = FileChannel.open(files.file(next), StandardOpenOption.READ, StandardOpenOption.WRITE);
        position = 0;
        files.allocateAheadSoon();
    }

    /** On return everything appended is durable. */
    void force() throws IOException {
        FileChannel file = requireNonNull(current);
        FileChannel previous = left;
        if (previous != null) {
            sync.force(previous); // the queue wrote its end marker there
            previous.close();
            left = null;
        }
        sync.force(file);
    }

    @Override
    public List<LogEntry> read(long place, long range) {
        ByteBuffer record = GroupRecord.verified(readBytes(place));
        if (record == null) {
            throw new LogCorruptException("the log is damaged at " + describe(place));
        }
        List<LogEntry> entries = new ArrayList<>();
        GroupRecord.visit(record, new GroupRecord.Visitor() {
            @Override
            public void persist(long of, Persist persist) {
                if (of == range) {
                    entries.addAll(persist.entries());
                }
            }

            @Override
            public void compact(long of, long index, long term) {}

            @Override
            public void remove(long of) {}
        });
        return entries;
    }

    private synchronized byte[] readBytes(long place) {
        ExcerptTailer reader = tailer;
        if (reader == null) {
            reader = queue.createTailer();
            reader.singleThreadedCheckDisabled(true);
            tailer = reader;
        }
        if (!reader.moveToIndex(place)) {
            throw new LogCorruptException("the log has lost " + describe(place));
        }
        try (DocumentContext document = reader.readingDocument()) {
            if (!document.isPresent() || document.index() != place) {
                throw new LogCorruptException("the log has lost " + describe(place));
            }
            return copyOf(requireNonNull(document.wire()).bytes());
        }
    }

    Path directory() {
        return files.directory();
    }

    @Override
    public synchronized void close() throws IOException {
        queue.close();
        if (left != null) {
            left.close();
        }
        if (current != null) {
            current.close();
        }
    }
}
