package io.flotilla.node.liveness.service;

import io.flotilla.config.time.Timestamp;
import io.flotilla.node.disk.Disk;
import io.flotilla.node.disk.DiskFile;
import io.flotilla.node.liveness.ClockMark;
import io.flotilla.node.liveness.LivenessState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The file {@code liveness} in a store's directory: the state twice, in two slots of one preallocated file. Each change is written to the first slot
 * and forced, then to the second and forced. So a crash at any moment leaves one good slot with the last state that was confirmed or a newer one, and
 * a slot that decays later is mended from the other. If both are bad, the store must not start.
 *
 * <p>A slot is: magic and version (4 bytes), length (4), checksum of all the rest (4), running number (8), highest epoch used (8), the clock's mark (8, 8, 8),
 * then per record node (4), epoch (8), supported (1). All numbers with the lowest byte first. Version 1 had no mark of the clock.
 *
 * <p>HAZARD: after a failed force nobody knows what is on the disk; the first failure is final and {@link #save} must not be called again.
 *
 * <p>Threading: one thread at a time.
 */
public final class LivenessFile implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LivenessFile.class);

    private static final String NAME = "liveness";
    private static final int MAGIC_V1 = 0x01564C46; // "FLV", version 1
    private static final int MAGIC_V2 = 0x02564C46;
    static final int SLOT_BYTES = 64 * 1024;
    private static final int CHECKSUM_AT = 8;
    private static final int CHECKED_AT = 12;
    private static final int NUMBERS_BYTES_V1 = 16;
    private static final int NUMBERS_BYTES = NUMBERS_BYTES_V1 + 24;
    private static final int RECORD_BYTES = 13;

    /** What one slot can hold. */
    static final int RECORDS_MAX = (SLOT_BYTES - CHECKED_AT - NUMBERS_BYTES) / RECORD_BYTES;

    /** A good slot's content. */
    record Slot(long number, LivenessState state) {}

    private final DiskFile file;
    private final LivenessState found;
    private long number;

    private LivenessFile(DiskFile file, Slot found) {
        this.file = file;
        this.found = found.state();
        this.number = found.number();
    }

    /**
     * Opens the file, or makes it if the store is new, and keeps other processes out.
     *
     * @param storeIsNew this directory has never held a store; only then may there be no file
     * @throws LivenessCorruptException if the file is missing or damaged
     */
    public static LivenessFile open(Disk disk, Path directory, boolean storeIsNew) throws IOException {
        Path file = directory.resolve(NAME);
        if (!storeIsNew && !Files.exists(file)) {
            throw new LivenessCorruptException(
                    file + " is missing: what this store promised to other nodes is not known");
        }
        DiskFile open = disk.open(file);
        try {
            FileChannel channel = open.channel();
            lock(channel, file);
            Slot first = read(channel, 0);
            Slot second = read(channel, 1);
            boolean firstIsBest = first != null && (second == null || first.number() >= second.number());
            Slot best = firstIsBest ? first : second;
            if (best == null && storeIsNew) {
                return fresh(disk, directory, open);
            }
            if (best == null) {
                throw new LivenessCorruptException(
                        file + " is damaged: what this store promised to other nodes cannot be read");
            }
            LivenessFile opened = new LivenessFile(open, best);
            if (first == null || second == null || first.number() != second.number()) {
                LOG.info("one half of {} was behind or damaged and is mended from the other", file);
                opened.mend(firstIsBest ? 1 : 0);
            }
            return opened;
        } catch (IOException | RuntimeException refused) {
            open.close();
            throw refused;
        }
    }

    /** Held until the channel is closed: mending a file that is being written would undo a promise. */
    private static void lock(FileChannel channel, Path file) throws IOException {
        try {
            if (channel.tryLock() != null) {
                return;
            }
        } catch (OverlappingFileLockException ours) {
            LOG.debug("this very process has {} open", file, ours);
        }
        throw new IOException(file + " is in use by another process");
    }

    private static LivenessFile fresh(Disk disk, Path directory, DiskFile file) throws IOException {
        Slot nothing = new Slot(0, LivenessState.INITIAL);
        LivenessFile made = new LivenessFile(file, nothing);
        file.write(ByteBuffer.allocate(2 * SLOT_BYTES), 0);
        made.mend(0);
        made.mend(1);
        disk.forceDirectory(directory);
        return made;
    }

    /** What was durable when the file was opened. */
    public LivenessState found() {
        return found;
    }

    /** Makes the state durable, then calls {@code durable}, then makes the second copy. */
    void save(LivenessState state, Runnable durable) throws IOException {
        if (state.records().size() > RECORDS_MAX) {
            throw new IOException(
                    "promises to " + state.records().size() + " nodes do not fit, " + RECORDS_MAX + " do");
        }
        number++;
        ByteBuffer slot = encode(number, state);
        file.write(slot.duplicate(), 0);
        file.force();
        durable.run();
        file.write(slot.duplicate(), SLOT_BYTES);
        file.force();
    }

    private void mend(int slot) throws IOException {
        file.write(encode(number, found), slot * (long) SLOT_BYTES);
        file.force();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }

    static ByteBuffer encode(long number, LivenessState state) {
        return encode(MAGIC_V2, number, state);
    }

    static ByteBuffer encode(int magic, long number, LivenessState state) {
        List<LivenessState.Record> records = state.records();
        int length = NUMBERS_BYTES + records.size() * RECORD_BYTES;
        ByteBuffer out = ByteBuffer.allocate(CHECKED_AT + length).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(magic).putInt(length).putInt(0);
        out.putLong(number).putLong(state.epochMax());
        ClockMark clock = state.clock();
        out.putLong(clock.upTo().packed()).putLong(clock.boot()).putLong(clock.shiftMicros());
        for (LivenessState.Record record : records) {
            out.putInt(record.node()).putLong(record.epoch()).put((byte) (record.supported() ? 1 : 0));
        }
        out.putInt(CHECKSUM_AT, checksum(out.array(), length));
        return out.flip();
    }

    private static @Nullable Slot read(FileChannel channel, int slot) throws IOException {
        ByteBuffer in = ByteBuffer.allocate(SLOT_BYTES);
        long start = slot * (long) SLOT_BYTES;
        while (in.hasRemaining()) {
            if (channel.read(in, start + in.position()) < 0) {
                break;
            }
        }
        return decode(in.flip());
    }

    /** Null if these are not the bytes of a good slot. */
    static @Nullable Slot decode(ByteBuffer bytes) throws LivenessCorruptException {
        ByteBuffer in = bytes.order(ByteOrder.LITTLE_ENDIAN);
        if (in.remaining() < CHECKED_AT + NUMBERS_BYTES_V1) {
            return null;
        }
        int magic = in.getInt();
        int length = in.getInt();
        int checksum = in.getInt();
        boolean sound =
                length >= NUMBERS_BYTES_V1 && length <= in.remaining() && checksum == checksum(in.array(), length);
        if (!sound) {
            return null;
        }
        int numbers = magic == MAGIC_V1 ? NUMBERS_BYTES_V1 : NUMBERS_BYTES;
        if (magic != MAGIC_V1 && magic != MAGIC_V2) {
            throw new LivenessCorruptException(
                    "the promises of this store were written by a version that is not known here");
        }
        long number = in.getLong();
        long epochMax = in.getLong();
        ClockMark clock = magic == MAGIC_V1
                ? ClockMark.NONE
                : new ClockMark(new Timestamp(in.getLong()), in.getLong(), in.getLong());
        List<LivenessState.Record> records = new ArrayList<>();
        for (int left = (length - numbers) / RECORD_BYTES; left > 0; left--) {
            records.add(new LivenessState.Record(in.getInt(), in.getLong(), in.get() != 0));
        }
        return new Slot(number, new LivenessState(epochMax, clock, records));
    }

    private static int checksum(byte[] bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, CHECKSUM_AT);
        crc.update(bytes, CHECKED_AT, length);
        return (int) crc.getValue();
    }
}
