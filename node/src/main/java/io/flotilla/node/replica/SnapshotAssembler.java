package io.flotilla.node.replica;

import io.flotilla.config.settings.Limits;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.Engine.Space;
import io.flotilla.node.transport.SnapshotChunk;
import io.flotilla.range.routing.RangeDescriptor;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * Puts the chunks of incoming snapshots together. A snapshot is visible to nobody until its last chunk is here and every checksum is right; then it is
 * installed in one atomic batch.
 *
 * <p>Chunk data: CRC32C of the rest (4), then entries: space ordinal (1), key length (4), key, value length (4), value. Not thread-safe.
 */
final class SnapshotAssembler {
    /** A snapshot is held in memory until it is complete. */
    static final long SNAPSHOT_BYTES_MAX = 512L * 1024 * 1024;

    /** A whole, verified snapshot. */
    record Complete(
            RangeDescriptor descriptor,
            int fromReplica,
            int toReplica,
            long term,
            long index,
            long indexTerm,
            List<byte[]> chunks) {

        void writeTo(Engine.Batch batch) {
            Space[] spaces = Space.values();
            for (byte[] chunk : chunks) {
                ByteBuffer buffer = ByteBuffer.wrap(chunk);
                buffer.getInt();
                while (buffer.hasRemaining()) {
                    Space space = spaces[buffer.get()];
                    batch.put(space, read(buffer), read(buffer));
                }
            }
        }

        private static byte[] read(ByteBuffer buffer) {
            byte[] bytes = new byte[buffer.getInt()];
            buffer.get(bytes);
            return bytes;
        }
    }

    private static final class Building {
        final SnapshotChunk first;
        final List<byte[]> chunks = new ArrayList<>();
        long bytes;

        Building(SnapshotChunk first) {
            this.first = first;
        }

        boolean continues(SnapshotChunk chunk) {
            return first.index() == chunk.index()
                    && first.term() == chunk.term()
                    && first.fromReplica() == chunk.fromReplica()
                    && chunk.sequence() == chunks.size();
        }
    }

    private final Map<Long, Building> building = new HashMap<>();

    /** Takes a chunk; the snapshot if this was its last one. A chunk out of place or damaged drops the snapshot it belongs to. */
    Optional<Complete> add(SnapshotChunk chunk) {
        long range = chunk.descriptor().id().value();
        if (chunk.sequence() == 0) {
            building.put(range, new Building(chunk));
        }
        Building current = building.get(range);
        if (current == null) {
            return Optional.empty();
        }
        current.bytes += chunk.data().length;
        if (!current.continues(chunk) || !isIntact(chunk.data()) || current.bytes > SNAPSHOT_BYTES_MAX) {
            building.remove(range);
            return Optional.empty();
        }
        current.chunks.add(chunk.data());
        if (!chunk.last()) {
            return Optional.empty();
        }
        building.remove(range);
        return Optional.of(new Complete(
                chunk.descriptor(),
                chunk.fromReplica(),
                chunk.toReplica(),
                chunk.term(),
                chunk.index(),
                chunk.indexTerm(),
                current.chunks));
    }

    /** Packs entries into chunk data until it is full. */
    static final class ChunkWriter {
        private static final int TARGET_BYTES = 256 * 1024;
        private ByteBuffer buffer = ByteBuffer.allocate(TARGET_BYTES * 2).putInt(0);

        boolean isFull() {
            return buffer.position() >= TARGET_BYTES;
        }

        void add(Space space, byte[] key, byte[] value) {
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
            ByteBuffer.wrap(data).putInt(checksum(data));
            buffer = ByteBuffer.allocate(TARGET_BYTES * 2).putInt(0);
            return data;
        }
    }

    private static boolean isIntact(byte[] data) {
        try {
            return ByteBuffer.wrap(data).getInt() == checksum(data);
        } catch (BufferUnderflowException tooShort) {
            return false;
        }
    }

    private static int checksum(byte[] data) {
        CRC32C crc = new CRC32C();
        crc.update(data, 4, data.length - 4);
        return (int) crc.getValue();
    }
}
