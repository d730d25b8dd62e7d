package io.flotilla.node.log;

import io.flotilla.node.raft.HardState;
import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.Ready.LogReset;
import io.flotilla.node.raft.Ready.Persist;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of one group: what several ranges wanted written, forced together. Little-endian.
 *
 * <pre>
 * int  magic and version
 * int  CRC32C of all that follows
 * int  length of all that follows
 * long sequence: one more than the record before, over all cycle files
 * int  parts, each: int length of what follows the next field, int CRC32C of that, byte kind, long range, then
 *   PERSIST: byte flags, [term, vote, commit], [leader, leader's epoch], [index, term of the reset], int entries, [first index, each: term, kind, length, payload]
 *   COMPACT: index, term
 *   REMOVE: nothing
 *   START: long sequence of the first record that is still needed
 *   MOVED: index and term that the log begins after, then as PERSIST; what is written down once more so that an older file may go
 * int  END
 * </pre>
 *
 * <p>A part has a checksum of its own so that one range's entries can be read back without those of all others. Not thread-safe; the writer reuses
 * one instance.
 */
final class GroupRecord {
    static final int MAGIC = 0x464C_4702;
    static final int END = 0x464C_47FF;
    static final int MAGIC_OF_VERSION_1 = 0x464C_4701;
    static final int HEADER_BYTES = 12;
    static final int PART_HEADER_BYTES = 8;

    /** A part without its entries. */
    static final int PART_BYTES_MAX = 96;

    static final int BODY_AT = 24;
    private static final int CRC_AT = 4;
    private static final int LENGTH_AT = 8;
    private static final int SEQUENCE_AT = 12;
    private static final int PARTS_AT = 20;

    static final byte PERSIST = 1;
    static final byte COMPACT = 2;
    static final byte REMOVE = 3;
    static final byte START = 4;
    static final byte MOVED = 5;

    static final int HAS_HARD_STATE = 1;
    static final int HAS_RESET = 2;

    /** Beside a hard state: a leader's store is supported. */
    static final int HAS_LEADER = 4;

    static final int FLAGS_KNOWN = HAS_HARD_STATE | HAS_RESET | HAS_LEADER;
    private static final int ENTRY_HEADER_BYTES = 13;
    private static final int SHRINK_ABOVE_BYTES = 8 << 20;

    private final CRC32C crc = new CRC32C();
    private ByteBuffer out = ByteBuffer.allocate(64 << 10).order(ByteOrder.LITTLE_ENDIAN);
    private int parts;

    void begin() {
        if (out.capacity() > SHRINK_ABOVE_BYTES) {
            out = ByteBuffer.allocate(64 << 10).order(ByteOrder.LITTLE_ENDIAN);
        }
        out.clear().position(BODY_AT);
        parts = 0;
    }

    boolean isEmpty() {
        return parts == 0;
    }

    int length() {
        return out.position();
    }

    byte[] array() {
        return out.array();
    }

    /** Bytes of a part with these entries, at most. */
    static long sizeOf(List<LogEntry> entries) {
        long size = PART_BYTES_MAX;
        for (LogEntry entry : entries) {
            size += ENTRY_HEADER_BYTES + entry.payload().length;
        }
        return size;
    }

    /** Each part's method returns where in the record it begins. */
    int persist(long range, Persist persist) {
        int at = begin(PERSIST, range, sizeOf(persist.entries()));
        put(persist);
        return end(at);
    }

    int moved(long range, RangeLog.Tail tail) {
        int at = begin(MOVED, range, sizeOf(tail.entries()));
        out.putLong(tail.baseIndex()).putLong(tail.baseTerm());
        put(new Persist(tail.hardState(), tail.entries(), null));
        return end(at);
    }

    private void put(Persist persist) {
        HardState hardState = persist.hardState();
        LogReset reset = persist.reset();
        boolean hasLeader = hardState != null && hardState.leader() != 0;
        out.put((byte) ((hardState == null ? 0 : HAS_HARD_STATE)
                | (reset == null ? 0 : HAS_RESET)
                | (hasLeader ? HAS_LEADER : 0)));
        if (hardState != null) {
            out.putLong(hardState.term()).putInt(hardState.vote()).putLong(hardState.commit());
            if (hasLeader) {
                out.putInt(hardState.leader()).putLong(hardState.leaderEpoch());
            }
        }
        if (reset != null) {
            out.putLong(reset.index()).putLong(reset.term());
        }
        List<LogEntry> entries = persist.entries();
        out.putInt(entries.size());
        if (!entries.isEmpty()) {
            out.putLong(entries.get(0).index());
            for (LogEntry entry : entries) {
                byte[] payload = entry.payload();
                out.putLong(entry.term()).put((byte) entry.kind().ordinal()).putInt(payload.length);
                out.put(payload);
            }
        }
    }

    int compact(long range, long index, long term) {
        int at = begin(COMPACT, range, PART_BYTES_MAX);
        out.putLong(index).putLong(term);
        return end(at);
    }

    int remove(long range) {
        return end(begin(REMOVE, range, PART_BYTES_MAX));
    }

    /** The first part of each opening of the log, and written before files are deleted: those with only older records may be gone. */
    int start(long sequence) {
        int at = begin(START, 0, PART_BYTES_MAX);
        out.putLong(sequence);
        return end(at);
    }

    private int begin(byte kind, long range, long bytes) {
        int at = out.position();
        long needed = at + bytes + Integer.BYTES;
        if (needed > out.capacity()) {
            int capacity = (int) Math.min(Integer.MAX_VALUE - 8L, Math.max(needed, 2L * out.capacity()));
            ByteBuffer larger = ByteBuffer.allocate(capacity).order(ByteOrder.LITTLE_ENDIAN);
            larger.put(out.flip());
            out = larger;
        }
        out.position(at + PART_HEADER_BYTES);
        out.put(kind).putLong(range);
        parts++;
        return at;
    }

    private int end(int at) {
        int length = out.position() - at - PART_HEADER_BYTES;
        crc.reset();
        crc.update(out.array(), at + PART_HEADER_BYTES, length);
        out.putInt(at, length).putInt(at + Integer.BYTES, (int) crc.getValue());
        return at;
    }

    void seal(long sequence) {
        // Not zero, so that a record that was written to its end can be told from one that was not.
        out.putInt(END);
        out.putInt(0, MAGIC)
                .putInt(LENGTH_AT, out.position() - HEADER_BYTES)
                .putLong(SEQUENCE_AT, sequence)
                .putInt(PARTS_AT, parts);
        crc.reset();
        crc.update(out.array(), LENGTH_AT, out.position() - LENGTH_AT);
        out.putInt(CRC_AT, (int) crc.getValue());
    }

    // ---- reading -------------------------------------------------------------------------------------------------

    /** The record in {@code bytes}, ready for {@link #sequence} and {@link PartReader}; null if it is not whole. */
    static @Nullable ByteBuffer verified(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        return isWhole(in, new CRC32C()) ? in : null;
    }

    /** Whether a record begins at the buffer's position and is all there, within its limit. */
    static boolean isWhole(ByteBuffer in, CRC32C crc) {
        int at = in.position();
        if (in.remaining() < BODY_AT || in.getInt(at) != MAGIC) {
            return false;
        }
        int length = in.getInt(at + LENGTH_AT);
        if (length < BODY_AT - HEADER_BYTES || length > in.remaining() - HEADER_BYTES) {
            return false;
        }
        crc.reset();
        crc.update(in.duplicate().position(at + LENGTH_AT).limit(at + HEADER_BYTES + length));
        return (int) crc.getValue() == in.getInt(at + CRC_AT);
    }

    /**
     * Whether a record that is not whole is all there but for what stands outside of its parts: the magic, a checksum, a length, the sequence, the number
     * of parts, or the end. No crash leaves that: a sector that was not written takes the beginning of the first part along, or a byte of the end.
     */
    static boolean wasWrittenToItsEnd(ByteBuffer in, CRC32C crc) {
        if (in.remaining() < BODY_AT + Integer.BYTES) {
            return false;
        }
        int at = in.position();
        int body = in.remaining() - HEADER_BYTES;
        for (int padding = 0; padding < Integer.BYTES; padding++) {
            // The length as the queue has it: its documents end at a multiple of four.
            int length = body - padding;
            if (hasAllParts(in, HEADER_BYTES + length, crc)) {
                return true;
            }
        }
        int length = in.getInt(at + LENGTH_AT);
        return length >= BODY_AT - HEADER_BYTES && length <= body && hasAllParts(in, HEADER_BYTES + length, crc);
    }

    /** Whether whole parts and an end without a zero in it fill {@code bytes}. */
    private static boolean hasAllParts(ByteBuffer in, int bytes, CRC32C crc) {
        int at = in.position() + BODY_AT;
        int end = in.position() + bytes - Integer.BYTES;
        while (at + PART_HEADER_BYTES < end) {
            int length = in.getInt(at);
            if (length <= 0 || length > end - at - PART_HEADER_BYTES) {
                return false;
            }
            crc.reset();
            crc.update(in.duplicate().position(at + PART_HEADER_BYTES).limit(at + PART_HEADER_BYTES + length));
            if ((int) crc.getValue() != in.getInt(at + Integer.BYTES)) {
                return false;
            }
            at += PART_HEADER_BYTES + length;
        }
        return at == end && at > in.position() + BODY_AT && hasNoZero(in, end);
    }

    private static boolean hasNoZero(ByteBuffer in, int at) {
        for (int i = at; i < at + Integer.BYTES; i++) {
            if (in.get(i) == 0) {
                return false;
            }
        }
        return true;
    }

    /** What the header of {@link #HEADER_BYTES} at the buffer's position says; not verified. */
    static int bodyLength(ByteBuffer header) {
        return header.getInt(header.position() + LENGTH_AT);
    }

    /** The length of a whole record. */
    static int bytes(ByteBuffer whole) {
        return HEADER_BYTES + bodyLength(whole);
    }

    static long sequence(ByteBuffer whole) {
        return whole.getLong(whole.position() + SEQUENCE_AT);
    }

    static int parts(ByteBuffer whole) {
        return whole.getInt(whole.position() + PARTS_AT);
    }

    /** Whether {@code part}, which begins at position 0 with its header, is all there and unchanged. */
    static boolean isWholePart(ByteBuffer part) {
        if (part.limit() < PART_HEADER_BYTES || part.getInt(0) != part.limit() - PART_HEADER_BYTES) {
            return false;
        }
        CRC32C crc = new CRC32C();
        crc.update(part.duplicate().position(PART_HEADER_BYTES));
        return (int) crc.getValue() == part.getInt(Integer.BYTES);
    }
}
