package io.flotilla.node.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Tells a torn end from a hole in the log. Each record is forced before the next is appended, so a crash tears one record at most: if
 * behind the readable end lies a whole record that is not the very next, then acknowledged ones before it are lost.
 */
final class TornEnd {
    private static final int WINDOW_BYTES = 1 << 20;

    private TornEnd() {}

    static void check(Path file, long end, long nextSequence, int recordBytesMax) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer window = ByteBuffer.allocate(WINDOW_BYTES).order(ByteOrder.LITTLE_ENDIAN);
            for (long at = end & -4L; at < channel.size(); at += WINDOW_BYTES) {
                window.clear();
                readFully(channel, window, at);
                for (int i = 0; i + 4 <= window.limit(); i += 4) {
                    if (window.getInt(i) == GroupRecord.MAGIC) {
                        refuseLater(file, channel, at + i, nextSequence, recordBytesMax);
                    }
                }
            }
        }
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
