package io.flotilla.node.snapshot;

import io.flotilla.config.time.Timestamp;
import io.flotilla.node.mvcc.StateChecksum;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.StorageException;
import io.flotilla.range.routing.RangeDescriptorCodec;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.zip.CRC32C;

/**
 * A complete snapshot in a file of this store.
 *
 * <pre>
 *   "FLSN" (4), version 3 (1), length (4) and bytes of:
 *     from replica (4), to replica (4), term (8), index (8), term of the index (8), sum and since (8, 8) of the state's checksum, swept up to (8),
 *     descriptor
 *   CRC32C of those bytes (4)
 *   for each chunk: length (4), data (see {@link ChunkData})
 *   -1 (4), number of chunks (4), chain after the last (8)
 * </pre>
 */
public record StagedSnapshot(SnapshotHeader header, Path file) {
    static final int MAGIC = 0x464C534E;
    static final byte VERSION = 3;
    static final int END = -1;
    private static final int HEADER_BYTES_MAX = 1 << 20;
    private static final int CHUNK_BYTES_MAX = 64 << 20;
    private static final int FIXED_BYTES = 4 + 4 + 8 + 8 + 8 + 8 + 8 + 8;

    static ByteBuffer encodeHead(SnapshotHeader header) {
        byte[] descriptor = RangeDescriptorCodec.encode(header.descriptor());
        byte[] fields = ByteBuffer.allocate(FIXED_BYTES + descriptor.length)
                .putInt(header.fromReplica())
                .putInt(header.toReplica())
                .putLong(header.term())
                .putLong(header.index())
                .putLong(header.indexTerm())
                .putLong(header.checksum().sum())
                .putLong(header.checksum().since())
                .putLong(header.swept().packed())
                .put(descriptor)
                .array();
        return ByteBuffer.allocate(13 + fields.length)
                .putInt(MAGIC)
                .put(VERSION)
                .putInt(fields.length)
                .put(fields)
                .putInt(checksum(fields))
                .flip();
    }

    static ByteBuffer encodeEnd(int chunks, long chain) {
        return ByteBuffer.allocate(16).putInt(END).putInt(chunks).putLong(chain).flip();
    }

    /** The snapshot in that file, if its head can be read; whether the rest is right, {@link #verify} finds out. */
    public static Optional<StagedSnapshot> open(Path file) {
        try (DataInputStream in = in(file)) {
            return Optional.of(new StagedSnapshot(readHead(in), file));
        } catch (IOException | IllegalArgumentException unreadable) {
            return Optional.empty();
        }
    }

    private static DataInputStream in(Path file) throws IOException {
        return new DataInputStream(new BufferedInputStream(Files.newInputStream(file), ChunkData.TARGET_BYTES));
    }

    private static SnapshotHeader readHead(DataInputStream in) throws IOException {
        if (in.readInt() != MAGIC || in.readByte() != VERSION) {
            throw new IOException("not a snapshot of a known version");
        }
        int length = in.readInt();
        if (length < FIXED_BYTES || length > HEADER_BYTES_MAX) {
            throw new IOException("a head of " + length + " bytes");
        }
        byte[] fields = in.readNBytes(length);
        if (fields.length != length || in.readInt() != checksum(fields)) {
            throw new IOException("the head is damaged");
        }
        ByteBuffer buffer = ByteBuffer.wrap(fields);
        int from = buffer.getInt();
        int to = buffer.getInt();
        long term = buffer.getLong();
        long index = buffer.getLong();
        long indexTerm = buffer.getLong();
        StateChecksum checksum = new StateChecksum(buffer.getLong(), buffer.getLong());
        Timestamp swept = new Timestamp(buffer.getLong());
        byte[] descriptor = new byte[buffer.remaining()];
        buffer.get(descriptor);
        return new SnapshotHeader(
                RangeDescriptorCodec.decode(descriptor), from, to, term, index, indexTerm, checksum, swept);
    }

    private static int checksum(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, bytes.length);
        return (int) crc.getValue();
    }

    /**
     * Reads all of it. Throws {@link StorageException} unless it is whole and undamaged, and, as far as that can be told, the very state that its sender
     * thinks it has: what is rotten there must not spread.
     */
    public void verify() {
        long[] sum = new long[1];
        forEachChunk(data -> sum[0] += ChunkData.sum(data));
        if (header.checksum().isExact()
                && header.hasData()
                && sum[0] != header.checksum().sum()) {
            throw new StorageException("the snapshot of " + header.descriptor() + " at index " + header.index()
                    + " does not add up to its checksum: the state of replica " + header.fromReplica()
                    + ", which sent it, is damaged");
        }
    }

    /** Puts all of it into the engine: one batch for each chunk, which {@code write} writes. */
    public void writeTo(Engine engine, Consumer<Engine.Batch> write) {
        forEachChunk(data -> {
            try (Engine.Batch batch = engine.newBatch()) {
                ChunkData.writeTo(data, batch);
                write.accept(batch);
            }
        });
    }

    private void forEachChunk(Consumer<byte[]> each) {
        try (DataInputStream in = in(file)) {
            SnapshotHeader read = readHead(in);
            long chain = ChunkData.chainStart(read);
            int chunks = 0;
            int length = in.readInt();
            while (length != END) {
                if (length < 0 || length > CHUNK_BYTES_MAX) {
                    throw new IOException("a chunk of " + length + " bytes");
                }
                byte[] data = in.readNBytes(length);
                if (data.length != length || !ChunkData.follows(chain, data)) {
                    throw new IOException("chunk " + chunks + " is damaged");
                }
                chain = ChunkData.chainOf(data);
                chunks++;
                each.accept(data);
                length = in.readInt();
            }
            if (in.readInt() != chunks || in.readLong() != chain) {
                throw new IOException("it is not whole: its end does not fit its " + chunks + " chunks");
            }
        } catch (IOException damaged) {
            throw new StorageException("the snapshot in " + file + " cannot be used: " + damaged.getMessage(), damaged);
        }
    }
}
