package io.flotilla.node.log;

import io.flotilla.node.raft.HardState;
import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.Ready.LogReset;
import io.flotilla.node.raft.Ready.Persist;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Walks the parts of a verified record; payloads are passed over unless somebody wants them. Not thread-safe. */
final class PartReader {
    private static final LogEntry.Kind[] KINDS = LogEntry.Kind.values();

    private final ByteBuffer in;
    private final int recordAt;
    private int partsLeft;
    private int nextAt;

    private int at;
    private byte kind;
    private long range;

    /** A verified record at the buffer's position. */
    static PartReader ofRecord(ByteBuffer record) {
        int at = record.position();
        return new PartReader(record, at, GroupRecord.parts(record), at + GroupRecord.BODY_AT);
    }

    /** One verified part that begins at position 0. */
    static PartReader ofPart(ByteBuffer part) {
        return new PartReader(part, 0, 1, 0);
    }

    private PartReader(ByteBuffer in, int recordAt, int parts, int firstAt) {
        this.in = in.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        this.recordAt = recordAt;
        this.partsLeft = parts;
        this.nextAt = firstAt;
    }

    /** Goes to the next part; false behind the last. */
    boolean next() {
        if (partsLeft == 0) {
            return false;
        }
        partsLeft--;
        at = nextAt;
        nextAt = at + GroupRecord.PART_HEADER_BYTES + in.getInt(at);
        in.position(at + GroupRecord.PART_HEADER_BYTES);
        kind = in.get();
        range = in.getLong();
        if (kind < GroupRecord.PERSIST || kind > GroupRecord.MOVED) {
            throw new LogCorruptException("a part of kind " + kind + " was written by a newer version");
        }
        return true;
    }

    byte kind() {
        return kind;
    }

    long range() {
        return range;
    }

    /** Where the part begins, counted from the record's beginning. */
    int offset() {
        return at - recordAt;
    }

    /** COMPACT, START and MOVED begin with numbers. */
    long number() {
        return in.getLong();
    }

    private int flags;

    /** PERSIST, or MOVED after its two numbers: the hard state, if there is one. To be followed by {@link #reset}. */
    @Nullable
    HardState hardState() {
        flags = in.get();
        if ((flags & ~GroupRecord.FLAGS_KNOWN) != 0) {
            throw new LogCorruptException("a part with flags " + flags + " was written by a newer version");
        }
        if ((flags & GroupRecord.HAS_HARD_STATE) == 0) {
            return null;
        }
        long term = in.getLong();
        int vote = in.getInt();
        long commit = in.getLong();
        return (flags & GroupRecord.HAS_LEADER) == 0
                ? new HardState(term, vote, commit)
                : new HardState(term, vote, commit, in.getInt(), in.getLong());
    }

    /** To be followed by {@link #entryCount}. */
    @Nullable
    LogReset reset() {
        return (flags & GroupRecord.HAS_RESET) == 0 ? null : new LogReset(in.getLong(), in.getLong());
    }

    private long index;
    private long term;
    private LogEntry.Kind entryKind = LogEntry.Kind.EMPTY;
    private int payloadLength;

    int entryCount() {
        int count = in.getInt();
        if (count > 0) {
            index = in.getLong() - 1;
        }
        return count;
    }

    /** Goes to the next of {@link #entryCount} entries. */
    void nextEntry() {
        readEntryHeader();
        in.position(in.position() + payloadLength);
    }

    private void readEntryHeader() {
        index++;
        term = in.getLong();
        entryKind = KINDS[in.get()];
        payloadLength = in.getInt();
    }

    long index() {
        return index;
    }

    long term() {
        return term;
    }

    int payloadLength() {
        return payloadLength;
    }

    /** All of a PERSIST, or of a MOVED after its two numbers. */
    Persist persist() {
        HardState hardState = hardState();
        LogReset reset = reset();
        int count = entryCount();
        List<LogEntry> entries = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            readEntryHeader();
            byte[] payload = new byte[payloadLength];
            in.get(payload);
            entries.add(new LogEntry(index, term, entryKind, payload));
        }
        return new Persist(hardState, entries, reset);
    }
}
