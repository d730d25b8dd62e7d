package io.flotilla.node.log;

import io.flotilla.node.raft.HardState;
import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.Ready.LogReset;
import io.flotilla.node.raft.Ready.Persist;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
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
 * int  parts, each: byte kind, long range, then
 *   PERSIST: byte flags, [term, vote, commit], [leader, leader's epoch], [index, term of the reset], int entries, [first index, each: term, kind, length, payload]
 *   COMPACT: index, term
 *   REMOVE, OPEN: nothing
 * </pre>
 *
 * <p>Not thread-safe; the writer reuses one instance.
 */
final class GroupRecord {
    /** Told about the parts of a record in their order. */
    interface Visitor {
        void persist(long range, Persist persist);

        void compact(long range, long index, long term);

        void remove(long range);
    }

    static final int MAGIC = 0x464C_4701;
    static final int HEADER_BYTES = 12;
    private static final int CRC_AT = 4;
    private static final int LENGTH_AT = 8;
    private static final int SEQUENCE_AT = 12;
    private static final int PARTS_AT = 20;
    private static final int BODY_AT = 24;

    private static final byte PERSIST = 1;
    private static final byte COMPACT = 2;
    private static final byte REMOVE = 3;
    private static final byte OPEN = 4;

    private static final int HAS_HARD_STATE = 1;
    private static final int HAS_RESET = 2;

    /** Beside a hard state. Records of version 1.0 never have it. */
    private static final int HAS_LEADER = 4;

    private static final int FLAGS_KNOWN = HAS_HARD_STATE | HAS_RESET | HAS_LEADER;
    private static final int ENTRY_HEADER_BYTES = 13;
    private static final LogEntry.Kind[] KINDS = LogEntry.Kind.values();
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

    /** Bytes that {@link #persist} will add at most. */
    static long sizeOf(Persist persist) {
        long size = 64;
        for (LogEntry entry : persist.entries()) {
            size += ENTRY_HEADER_BYTES + entry.payload().length;
        }
        return size;
    }

    void persist(long range, Persist persist) {
        part(PERSIST, range, (int) sizeOf(persist));
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

    void compact(long range, long index, long term) {
        part(COMPACT, range, 16);
        out.putLong(index).putLong(term);
    }

    void remove(long range) {
        part(REMOVE, range, 0);
    }

    /** The first part of each opening of the log, so that no cycle file is ever without a record. */
    void open() {
        part(OPEN, 0, 0);
    }

    private void part(byte kind, long range, int bytes) {
        int needed = out.position() + 9 + bytes;
        if (needed > out.capacity()) {
            ByteBuffer larger =
                    ByteBuffer.allocate(Math.max(needed, 2 * out.capacity())).order(ByteOrder.LITTLE_ENDIAN);
            larger.put(out.flip());
            out = larger;
        }
        out.put(kind).putLong(range);
        parts++;
    }

    void seal(long sequence) {
        out.putInt(0, MAGIC)
                .putInt(LENGTH_AT, out.position() - HEADER_BYTES)
                .putLong(SEQUENCE_AT, sequence)
                .putInt(PARTS_AT, parts);
        crc.reset();
        crc.update(out.array(), LENGTH_AT, out.position() - LENGTH_AT);
        out.putInt(CRC_AT, (int) crc.getValue());
    }

    /** The record in {@code bytes}, ready for {@link #sequence} and {@link #visit}; null if it is not whole. */
    static @Nullable ByteBuffer verified(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (bytes.length < BODY_AT || in.getInt(0) != MAGIC) {
            return null;
        }
        int length = in.getInt(LENGTH_AT);
        if (length < BODY_AT - HEADER_BYTES || length > bytes.length - HEADER_BYTES) {
            return null;
        }
        CRC32C crc = new CRC32C();
        crc.update(bytes, LENGTH_AT, length + HEADER_BYTES - LENGTH_AT);
        return (int) crc.getValue() == in.getInt(CRC_AT) ? in : null;
    }

    /** What the first {@link #HEADER_BYTES} say; not verified. */
    static int bodyLength(ByteBuffer header) {
        return header.getInt(LENGTH_AT);
    }

    static long sequence(ByteBuffer verified) {
        return verified.getLong(SEQUENCE_AT);
    }

    static void visit(ByteBuffer verified, Visitor visitor) {
        ByteBuffer in = verified.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        int count = in.getInt(PARTS_AT);
        in.position(BODY_AT);
        for (int i = 0; i < count; i++) {
            byte kind = in.get();
            long range = in.getLong();
            switch (kind) {
                case PERSIST -> visitor.persist(range, readPersist(in));
                case COMPACT -> visitor.compact(range, in.getLong(), in.getLong());
                case REMOVE -> visitor.remove(range);
                case OPEN -> {}
                default ->
                    throw new LogCorruptException("a record of kind " + kind + " was written by a newer version");
            }
        }
    }

    private static Persist readPersist(ByteBuffer in) {
        int flags = in.get();
        if ((flags & ~FLAGS_KNOWN) != 0) {
            throw new LogCorruptException("a record with flags " + flags + " was written by a newer version");
        }
        HardState hardState = (flags & HAS_HARD_STATE) == 0 ? null : readHardState(in, flags);
        LogReset reset = (flags & HAS_RESET) == 0 ? null : new LogReset(in.getLong(), in.getLong());
        int count = in.getInt();
        List<LogEntry> entries = new ArrayList<>(count);
        long index = count == 0 ? 0 : in.getLong();
        for (int i = 0; i < count; i++) {
            long term = in.getLong();
            LogEntry.Kind kind = KINDS[in.get()];
            byte[] payload = new byte[in.getInt()];
            in.get(payload);
            entries.add(new LogEntry(index + i, term, kind, payload));
        }
        return new Persist(hardState, entries, reset);
    }

    private static HardState readHardState(ByteBuffer in, int flags) {
        long term = in.getLong();
        int vote = in.getInt();
        long commit = in.getLong();
        return (flags & HAS_LEADER) == 0
                ? new HardState(term, vote, commit)
                : new HardState(term, vote, commit, in.getInt(), in.getLong());
    }
}
