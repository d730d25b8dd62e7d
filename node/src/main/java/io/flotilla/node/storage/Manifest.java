package io.flotilla.node.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * The list of the state's files, read against its checksums before RocksDB reads it: there a damaged length or kind of a record can look like the list's
 * end, and the state would open as it was some flushes ago without a word.
 *
 * <p>The list is made of blocks of 32 KiB; each holds records of checksum (4, masked CRC32C of kind and data), length (2), kind (1: whole, first, middle,
 * last), data, lowest byte first; what is left of a block is zeros if no head fits there. Only its very end may be torn, by a crash while it was appended to.
 */
final class Manifest {
    private static final int BLOCK_BYTES = 32 << 10;
    private static final int HEAD_BYTES = 7;
    private static final int KIND_MAX = 4;
    private static final int MASK_DELTA = 0xA282EAD8;

    private Manifest() {}

    /** @throws StateCorruptException if what is there is not what was written; nothing is checked where no state is */
    static void check(Path directory) throws IOException {
        Path current = directory.resolve("CURRENT");
        if (!Files.exists(current)) {
            return;
        }
        Path list = directory.resolve(
                Files.readString(current, StandardCharsets.ISO_8859_1).strip());
        if (!Files.isRegularFile(list)) {
            throw damaged(current, "it names " + list.getFileName() + ", which is not there");
        }
        check(list, ByteBuffer.wrap(Files.readAllBytes(list)).order(ByteOrder.LITTLE_ENDIAN));
    }

    private static void check(Path file, ByteBuffer bytes) {
        int at = 0;
        while (at < bytes.limit()) {
            int blockEnd = Math.min(bytes.limit(), (at / BLOCK_BYTES + 1) * BLOCK_BYTES);
            if (blockEnd - at < HEAD_BYTES) {
                at = blockEnd;
                continue;
            }
            int length = Short.toUnsignedInt(bytes.getShort(at + 4));
            int kind = bytes.get(at + 6);
            int end = at + HEAD_BYTES + length;
            if (kind == 0 && length == 0 && isZero(bytes, at)) {
                return; // allocated ahead and not written
            }
            if (end > blockEnd && blockEnd == bytes.limit() && !isWholeIfShorter(bytes, at, blockEnd)) {
                return; // torn: what was appended last has not come to the disk
            }
            if (end > blockEnd || kind < 1 || kind > KIND_MAX || !isWhole(bytes, at, end)) {
                throw damaged(file, "its record at " + at + " is not what was written");
            }
            at = end;
        }
    }

    private static boolean isZero(ByteBuffer bytes, int from) {
        for (int i = from; i < bytes.limit(); i++) {
            if (bytes.get(i) != 0) {
                return false;
            }
        }
        return true;
    }

    private static boolean isWhole(ByteBuffer bytes, int at, int end) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.array(), at + 6, end - at - 6);
        return bytes.getInt(at) == masked(crc);
    }

    /** Whether a record of some lesser length begins there: then its length is what is damaged. */
    private static boolean isWholeIfShorter(ByteBuffer bytes, int at, int end) {
        CRC32C crc = new CRC32C();
        for (int i = at + 6; i < end; i++) {
            crc.update(bytes.get(i));
            if (bytes.getInt(at) == masked(crc)) {
                return true;
            }
        }
        return false;
    }

    private static int masked(CRC32C crc) {
        return Integer.rotateRight((int) crc.getValue(), 15) + MASK_DELTA;
    }

    private static StateCorruptException damaged(Path file, String how) {
        return new StateCorruptException(
                "the state is damaged in " + file + ": " + how, new IllegalStateException("a checksum does not fit"));
    }
}
