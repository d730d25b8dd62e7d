package io.flotilla.node.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Tells a torn end from damage. Each record is forced before the next is appended, so a crash tears one record at most: if behind the readable end lies a
 * whole record that is not the very next, then acknowledged ones before it are lost.
 *
 * <p>The last record itself may have been acknowledged and damaged since; taken for torn it would vanish, and a follower that forgot what it acknowledged
 * helps to lose what is committed (Protocol-Aware Recovery, FAST '18). What a crash has kept from being written is nothing but zeros, for the file was
 * allocated before: whole sectors, or the end of what was being copied. A last record in which every sector was written is damaged, not torn.
 *
 * <p>HAZARD: a record that holds a whole sector of zeros is taken for torn if it is the last one and a part of it is damaged: a crash can leave the same.
 * So can it a whole record behind a header of zero; damage makes that of a record only if its length is a power of two, and the one bit of it flips.
 */
final class TornEnd {
    private static final int WINDOW_BYTES = 1 << 20;

    private static final ByteBuffer ZEROS = ByteBuffer.allocate(WINDOW_BYTES).asReadOnlyBuffer();

    private static final int SECTOR_BYTES = 512;

    /** Each record ends in a word that is not zero. */
    private static final int END_BYTES = Integer.BYTES;

    private TornEnd() {}

    /** @param document what lies between position and limit; {@code at} is where that is in the file */
    static boolean couldBeTorn(ByteBuffer document, long at) {
        int from = document.position();
        int end = document.limit();
        if (isUnwritten(document, Math.max(from, end - END_BYTES), end)) {
            return true;
        }
        int sector = from;
        while (sector < end) {
            int next = (int) Math.min(end, sector + SECTOR_BYTES - (at + sector - from) % SECTOR_BYTES);
            if (isUnwritten(document, sector, next)) {
                return true;
            }
            sector = next;
        }
        return false;
    }

    private static boolean isUnwritten(ByteBuffer document, int from, int to) {
        for (int i = from; i < to; i++) {
            if (document.get(i) != 0) {
                return false;
            }
        }
        return true;
    }

    static void check(Path file, long end, long nextSequence, int recordBytesMax) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer window = ByteBuffer.allocate(WINDOW_BYTES).order(ByteOrder.LITTLE_ENDIAN);
            for (long at = end & -4L; at < channel.size(); at += WINDOW_BYTES) {
                window.clear();
                readFully(channel, window, at);
                for (int i = nextWritten(window, 0); i + 4 <= window.limit(); i = nextWritten(window, i + 4)) {
                    if (window.getInt(i) == GroupRecord.MAGIC) {
                        refuseLater(file, channel, at + i, nextSequence, recordBytesMax);
                    }
                }
            }
        }
    }

    /** The first multiple of four from {@code at} on that is not followed by zeros; nearly all that lies there is. */
    private static int nextWritten(ByteBuffer window, int at) {
        int length = window.limit() - at;
        int written = window.slice(at, length).mismatch(ZEROS.slice(0, length));
        return written < 0 ? window.limit() : at + (written & -Integer.BYTES);
    }

    private static void refuseLater(Path file, FileChannel channel, long at, long nextSequence, int recordBytesMax)
            throws IOException {
        ByteBuffer record = recordAt(channel, at, recordBytesMax);
        if (record != null && GroupRecord.sequence(record) > nextSequence) {
            throw new LogCorruptException(
                    "the log is damaged in " + file + " before position " + at + ": there is record "
                            + GroupRecord.sequence(record) + ", but " + nextSequence + " cannot be read");
        }
    }

    private static @Nullable ByteBuffer recordAt(FileChannel channel, long at, int recordBytesMax) throws IOException {
        ByteBuffer header = ByteBuffer.allocate(GroupRecord.HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        readFully(channel, header, at);
        if (header.limit() < GroupRecord.HEADER_BYTES) {
            return null;
        }
        int length = GroupRecord.bodyLength(header);
        if (length < 0 || length > recordBytesMax) {
            return null;
        }
        ByteBuffer whole = ByteBuffer.allocate(GroupRecord.HEADER_BYTES + length);
        readFully(channel, whole, at);
        return GroupRecord.verified(whole.array());
    }

    private static void readFully(FileChannel channel, ByteBuffer into, long at) throws IOException {
        while (into.hasRemaining()) {
            int count = channel.read(into, at + into.position());
            if (count < 0) {
                break;
            }
        }
        into.flip();
    }
}
