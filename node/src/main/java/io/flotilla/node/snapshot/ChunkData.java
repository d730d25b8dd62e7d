package io.flotilla.node.snapshot;

import io.flotilla.config.settings.Limits;
import io.flotilla.node.mvcc.EntryHash;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.StorageException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * The bytes of a chunk: CRC32C of all that follows (4); chain (8), which takes in every chunk before this one, so that the last proves the whole; then
 * entries: space ordinal (1), key length (4), key, value length (4), value.
 */
final class ChunkData {
    /** Small enough to hold several in memory and to let others pass between two, large enough to be worth its way. */
    static final int TARGET_BYTES = 256 * 1024;

    private static final int HEAD_BYTES = 12;
    private static final long CHAIN_MULTIPLIER = 0x9E3779B97F4A7C15L;

    private ChunkData() {}

    /** The chain before a snapshot's first chunk. */
    static long chainStart(SnapshotHeader header) {
        long chain = mix(header.range(), header.index());
        return mix(mix(chain, header.indexTerm()), header.descriptor().generation());
    }

    /** The chain after {@code data}; negative one if the bytes are damaged or do not follow {@code before}. */
    static boolean follows(long before, byte[] data) {
        if (data.length < HEAD_BYTES) {
            return false;
        }
        ByteBuffer buffer = ByteBuffer.wrap(data);
        return buffer.getInt() == checksum(data, 4) && buffer.getLong() == chained(before, data);
    }

    static long chainOf(byte[] data) {
        return ByteBuffer.wrap(data).getLong(4);
    }

    private static long chained(long before, byte[] data) {
        return mix(before, checksum(data, HEAD_BYTES));
    }

    /** Fills in the head of a chunk that follows {@code before}; returns the chain after it. */
    static long seal(long before, byte[] data) {
        long chain = chained(before, data);
        ByteBuffer head = ByteBuffer.wrap(data);
        head.putLong(4, chain);
        head.putInt(0, checksum(data, 4));
        return chain;
    }

    private static long mix(long hash, long value) {
        long mixed = (hash ^ value) * CHAIN_MULTIPLIER;
        return mixed ^ (mixed >>> 32);
    }

    private static int checksum(byte[] data, int from) {
        CRC32C crc = new CRC32C();
        crc.update(data, from, data.length - from);
        return (int) crc.getValue();
    }

    /** Puts the entries of verified data into a batch. */
    static void writeTo(byte[] data, Engine.Batch batch) {
        forEach(data, batch::put);
    }

    /** What the entries of verified data add up to. */
    static long sum(byte[] data) {
        long[] sum = new long[1];
        forEach(data, (space, key, value) -> sum[0] += EntryHash.of(space, key, value));
        return sum[0];
    }

    private interface EntrySink {
        void entry(Engine.Space space, byte[] key, byte[] value);
    }

    private static void forEach(byte[] data, EntrySink sink) {
        ByteBuffer buffer = ByteBuffer.wrap(data).position(HEAD_BYTES);
        Engine.Space[] spaces = Engine.Space.values();
        try {
            while (buffer.hasRemaining()) {
                Engine.Space space = spaces[buffer.get()];
                sink.entry(space, read(buffer), read(buffer));
            }
        } catch (BufferUnderflowException | IndexOutOfBoundsException | NegativeArraySizeException malformed) {
            throw new StorageException("a chunk whose checksum is right is malformed", malformed);
        }
    }

    private static byte[] read(ByteBuffer buffer) {
        int length = buffer.getInt();
        if (length > buffer.remaining()) {
            throw new BufferUnderflowException();
        }
        byte[] bytes = new byte[length];
        buffer.get(bytes);
        return bytes;
    }

    /** Packs entries until a chunk is full. */
    static final class Writer {
        private ByteBuffer buffer = fresh();
        private long chain;

        Writer(SnapshotHeader header) {
            chain = chainStart(header);
        }

        private static ByteBuffer fresh() {
            return ByteBuffer.allocate(TARGET_BYTES + TARGET_BYTES / 4).position(HEAD_BYTES);
        }

        boolean isFull() {
            return buffer.position() >= TARGET_BYTES;
        }

        void add(Engine.Space space, byte[] key, byte[] value) {
            int needed = 9 + key.length + value.length;
            if (buffer.remaining() < needed) {
                int capacity = Math.max(buffer.capacity() * 2, buffer.position() + needed);
                buffer = ByteBuffer.allocate(Math.min(capacity, Limits.FRAME_BYTES_MAX))
                        .put(buffer.flip());
            }
            buffer.put((byte) space.ordinal())
                    .putInt(key.length)
                    .put(key)
                    .putInt(value.length)
                    .put(value);
        }

        byte[] take() {
            byte[] data = new byte[buffer.position()];
            buffer.flip().get(data);
            chain = seal(chain, data);
            buffer = fresh();
            return data;
        }
    }
}
