package io.flotilla.node.log;

import io.flotilla.node.raft.LogEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Reads parts of records back, each against its own checksum. Thread-safe. */
final class CycleReaders implements RangeLog.Archive, AutoCloseable {
    /** Most parts are smaller, so that one read does. */
    private static final int GUESS_BYTES = 2 << 10;

    private final CycleFiles files;
    private final int partBytesMax;
    private final Map<Integer, FileChannel> channels = new ConcurrentHashMap<>();

    CycleReaders(CycleFiles files, int partBytesMax) {
        this.files = files;
        this.partBytesMax = partBytesMax;
    }

    @Override
    public List<LogEntry> read(long place, long range) {
        try {
            FileChannel channel = channel(Place.cycle(place));
            if (channel == null) {
                return List.of();
            }
            return entries(readPart(channel, place), place, range);
        } catch (ClosedChannelException collected) {
            return List.of();
        } catch (IOException e) {
            throw new LogCorruptException("the log cannot be read at " + describe(place), e);
        }
    }

    private List<LogEntry> entries(ByteBuffer part, long place, long range) {
        if (!GroupRecord.isWholePart(part)) {
            throw new LogCorruptException(
                    "the log is damaged at " + describe(place) + ", in entries of range " + range);
        }
        PartReader reader = PartReader.ofPart(part);
        reader.next();
        if (reader.range() != range) {
            throw new LogCorruptException("the log has entries of range " + reader.range() + " at " + describe(place)
                    + ", where those of range " + range + " should be");
        }
        if (reader.kind() == GroupRecord.MOVED) {
            reader.number();
            reader.number();
        }
        return reader.persist().entries();
    }

    private ByteBuffer readPart(FileChannel channel, long place) throws IOException {
        ByteBuffer part = ByteBuffer.allocate(GUESS_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        fill(channel, part, place);
        int length = part.getInt(0);
        if (length < 0 || length > partBytesMax) {
            return part.limit(0); // not a length that anybody wrote
        }
        int whole = GroupRecord.PART_HEADER_BYTES + length;
        if (whole > part.capacity()) {
            ByteBuffer larger = ByteBuffer.allocate(whole).order(ByteOrder.LITTLE_ENDIAN);
            larger.put(part.position(0).limit(GUESS_BYTES));
            part = larger;
            fill(channel, part, place);
        }
        return part.position(0).limit(whole);
    }

    /** From the buffer's position on; what is behind the end of the file is zeros. */
    private static void fill(FileChannel channel, ByteBuffer into, long place) throws IOException {
        while (into.hasRemaining()) {
            if (channel.read(into, Place.position(place) + (long) into.position()) < 0) {
                break;
            }
        }
    }

    private @Nullable FileChannel channel(int cycle) throws IOException {
        FileChannel known = channels.get(cycle);
        if (known != null) {
            return known;
        }
        synchronized (this) {
            try {
                FileChannel opened = channels.get(cycle);
                if (opened == null) {
                    opened = FileChannel.open(files.file(cycle), StandardOpenOption.READ);
                    channels.put(cycle, opened);
                }
                return opened;
            } catch (NoSuchFileException collected) {
                return null;
            }
        }
    }

    String describe(long place) {
        return files.file(Place.cycle(place)) + ":" + Place.position(place);
    }

    /**
     * Nothing in that file is needed any more: it goes. First its name, so that nobody who is late with an old place opens it once more and keeps its blocks.
     */
    void delete(int cycle) throws IOException {
        files.delete(cycle);
        forget(cycle);
    }

    private synchronized void forget(int cycle) throws IOException {
        FileChannel channel = channels.remove(cycle);
        if (channel != null) {
            channel.close();
        }
    }

    @Override
    public synchronized void close() throws IOException {
        for (FileChannel channel : channels.values()) {
            channel.close();
        }
        channels.clear();
    }
}
