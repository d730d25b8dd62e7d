package io.flotilla.node.log;

import static java.util.Objects.requireNonNull;

import io.flotilla.node.raft.HardState;
import io.flotilla.node.raft.Ready.LogReset;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Reads one cycle file from its beginning, checks every record, and adds up what they say about each range. Payloads are passed over.
 *
 * <p>The queue's documents follow each other, each behind a header of four bytes: its length, and two bits for "not one of yours" and "not complete".
 * Threading: one thread, and any number of files side by side.
 */
final class CycleScan {
    private static final int QUEUE_HEADER_BYTES = 4;
    private static final int QUEUE_ALIGNMENT = 4;
    private static final int NOT_COMPLETE = 0x8000_0000;
    private static final int NOT_DATA = 0x4000_0000;
    private static final int LENGTH = 0x3FFF_FFFF;

    /** The queue's mark that a file has ended. */
    private static final int MARK_BYTES = 64;

    private static final int WINDOW_BYTES = 4 << 20;
    private static final int QUEUE_OVERHEAD_BYTES = 256 << 10;

    /**
     * @param ranges what the records say
     * @param firstSequence -1 if there is no whole record
     * @param lastAt where the queue's header of the last whole record lies; 0 if there is only one, or none
     * @param end where the last whole record ends in the file; 0 if there is none
     * @param begun whether the queue's own header is there; without it no record can be come to
     * @param used bytes in use: behind them nothing was written but perhaps a torn record
     * @param neededFrom the first record still needed, as the newest record says that says so; -1 if none does
     * @param broken where the first record lies that is not whole; -1 if there is none
     * @param recordBehindBroken where a whole one lies behind that; -1 if there is none
     */
    record Found(
            int cycle,
            Path file,
            Map<Long, RangeHistory> ranges,
            long records,
            long firstSequence,
            long lastSequence,
            long lastAt,
            long end,
            boolean begun,
            long used,
            long neededFrom,
            long broken,
            long recordBehindBroken) {}

    private final Path file;
    private final int cycle;
    private final int recordBytesMax;
    private final CRC32C crc = new CRC32C();
    private final Map<Long, RangeHistory> ranges = new HashMap<>();
    private ByteBuffer window = ByteBuffer.allocateDirect(WINDOW_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private long windowAt;
    private long records;
    private long firstSequence = -1;
    private long lastSequence = -1;
    private long lastAt;
    private long end;
    private boolean begun;
    private long used;
    private long neededFrom = -1;
    private long broken = -1;
    private long recordBehindBroken = -1;

    private CycleScan(Path file, int cycle, int recordBytesMax) {
        this.file = file;
        this.cycle = cycle;
        this.recordBytesMax = recordBytesMax;
        window.limit(0);
    }

    /**
     * @throws LogCorruptException if whole records do not follow each other, or one is not whole and no crash can have left it so
     * @throws IOException if the disk cannot be read
     */
    static Found scan(Path file, int cycle, int recordBytesMax) throws IOException {
        return new CycleScan(file, cycle, recordBytesMax).scan();
    }

    private Found scan() throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            walk(channel);
        }
        return new Found(
                cycle,
                file,
                ranges,
                records,
                firstSequence,
                lastSequence,
                lastAt,
                end,
                begun,
                used,
                neededFrom,
                broken,
                recordBehindBroken);
    }

    private void walk(FileChannel channel) throws IOException {
        long size = channel.size();
        long at = 0;
        while (at + QUEUE_HEADER_BYTES <= size) {
            int header = bring(channel, at, QUEUE_HEADER_BYTES).getInt(here(at));
            int length = header & LENGTH;
            used = at + MARK_BYTES;
            if (header == 0 || ((header & NOT_COMPLETE) != 0 && length == 0)) {
                return; // nothing more, the queue's mark that says so, or a document that was begun
            }
            long next = at + QUEUE_HEADER_BYTES + length;
            // Headers are four bytes at a multiple of four: a crash leaves all of one or nothing.
            if ((header & NOT_COMPLETE) != 0 || length > recordBytesMax + QUEUE_OVERHEAD_BYTES || next > size) {
                throw damaged(at, "a header that nobody wrote");
            }
            begun = true;
            if ((header & NOT_DATA) == 0) {
                document(channel, at + QUEUE_HEADER_BYTES, length);
            } else if (isRecord(channel, at + QUEUE_HEADER_BYTES, length)) {
                throw damaged(at, "a header that says that a record is none");
            }
            at = (next + QUEUE_ALIGNMENT - 1) & -QUEUE_ALIGNMENT;
        }
        // A file comes with all its blocks, and there is always some room behind its last record: a crash shortens
        // none.
        throw damaged(at, "the end of the file, which was longer");
    }

    private LogCorruptException damaged(long at, String what) {
        return new LogCorruptException("the log is damaged in " + file + " at position " + at + ": there is " + what);
    }

    private boolean isRecord(FileChannel channel, long at, int length) throws IOException {
        return length >= Integer.BYTES && bring(channel, at, Integer.BYTES).getInt(here(at)) == GroupRecord.MAGIC;
    }

    private int here(long at) {
        return (int) (at - windowAt);
    }

    /** The window with {@code bytes} at {@code at} in it. */
    private ByteBuffer bring(FileChannel channel, long at, int bytes) throws IOException {
        if (at < windowAt || at + bytes > windowAt + window.limit()) {
            if (bytes > window.capacity()) {
                window = ByteBuffer.allocateDirect(bytes + WINDOW_BYTES).order(ByteOrder.LITTLE_ENDIAN);
            }
            window.clear();
            windowAt = at;
            while (window.hasRemaining()) {
                if (channel.read(window, at + window.position()) < 0) {
                    break;
                }
            }
            window.flip();
        }
        return window;
    }

    private void document(FileChannel channel, long at, int length) throws IOException {
        ByteBuffer record = bring(channel, at, length).duplicate().order(ByteOrder.LITTLE_ENDIAN);
        record.limit(here(at) + length).position(here(at));
        if (record.remaining() >= Integer.BYTES && record.getInt(record.position()) == GroupRecord.MAGIC_OF_VERSION_1) {
            throw new LogCorruptException("the log file " + file
                    + " was written in format 1; this program reads format 2. Start it with the version that wrote it");
        }
        if (!GroupRecord.isWhole(record, crc)) {
            // The look beyond the document comes last: it may move the window.
            if (GroupRecord.wasWrittenToItsEnd(record, crc) || !TornEnd.couldBeTorn(record, at)) {
                throw damaged(at, "a record that was written to its end and is not what was written");
            }
            if (isWholeBeyond(channel, at, length)) {
                throw damaged(at, "a header that is shorter than its record");
            }
            broken(at);
            return;
        }
        if (length - GroupRecord.bytes(record) >= QUEUE_ALIGNMENT) {
            throw damaged(at, "a header that is longer than its record");
        }
        if (broken >= 0 && recordBehindBroken < 0) {
            recordBehindBroken = at;
        }
        long sequence = GroupRecord.sequence(record);
        if (lastSequence >= 0 && sequence != lastSequence + 1 && broken < 0) {
            throw new LogCorruptException("the log is damaged in " + file + " before position " + at
                    + ": it has number " + sequence + ", expected " + (lastSequence + 1));
        }
        if (firstSequence < 0) {
            firstSequence = sequence;
        }
        lastSequence = sequence;
        lastAt = records == 0 ? 0 : at - QUEUE_HEADER_BYTES;
        records++;
        end = at + length;
        parts(record, at);
    }

    /** Whether a record is whole if its own length counts, which is more than its header's. */
    private boolean isWholeBeyond(FileChannel channel, long at, int length) throws IOException {
        long rest = channel.size() - at;
        if (rest < GroupRecord.BODY_AT) {
            return false;
        }
        ByteBuffer header = bring(channel, at, GroupRecord.BODY_AT).duplicate().order(ByteOrder.LITTLE_ENDIAN);
        header.position(here(at));
        long bytes = GroupRecord.HEADER_BYTES + (long) GroupRecord.bodyLength(header);
        if (bytes <= length || bytes > rest || bytes > (long) recordBytesMax + QUEUE_OVERHEAD_BYTES) {
            return false;
        }
        ByteBuffer record = bring(channel, at, (int) bytes).duplicate().order(ByteOrder.LITTLE_ENDIAN);
        record.limit(here(at) + (int) bytes).position(here(at));
        return GroupRecord.isWhole(record, crc);
    }

    private void broken(long at) {
        if (broken < 0) {
            broken = at;
        }
    }

    private void parts(ByteBuffer record, long recordAt) {
        PartReader part = PartReader.ofRecord(record);
        while (part.next()) {
            if (part.kind() == GroupRecord.START) {
                neededFrom = part.number();
            } else {
                part(part, range(part.range()), Place.of(cycle, recordAt + part.offset()));
            }
        }
    }

    private long lastRange = -1;
    private @Nullable RangeHistory lastHistory;

    private RangeHistory range(long range) {
        if (lastHistory == null || range != lastRange) {
            lastHistory = ranges.computeIfAbsent(range, id -> new RangeHistory());
            lastRange = range;
        }
        return requireNonNull(lastHistory);
    }

    private static void part(PartReader part, RangeHistory history, long place) {
        switch (part.kind()) {
            case GroupRecord.COMPACT -> history.compact(part.number(), part.number(), place);
            case GroupRecord.REMOVE -> history.removed();
            case GroupRecord.MOVED -> {
                history.compact(part.number(), part.number(), place);
                persist(part, history, place, true);
            }
            default -> persist(part, history, place, false);
        }
    }

    private static void persist(PartReader part, RangeHistory history, long place, boolean moved) {
        HardState hardState = part.hardState();
        LogReset reset = part.reset();
        if (hardState != null && !hardState.isInitial()) {
            history.hardState(hardState, place);
        }
        if (reset != null) {
            history.reset(reset.index(), reset.term(), place);
        }
        int count = part.entryCount();
        for (int i = 0; i < count; i++) {
            part.nextEntry();
            int size = part.payloadLength() + RangeLog.ENTRY_OVERHEAD_BYTES;
            if (moved) {
                history.moved(part.index(), part.term(), place, size);
            } else {
                history.append(part.index(), part.term(), place, size);
            }
        }
    }
}
