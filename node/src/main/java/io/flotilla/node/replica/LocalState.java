package io.flotilla.node.replica;

import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.Engine.Space;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeDescriptorCodec;
import io.flotilla.range.routing.RangeId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a store keeps about its replicas in {@link Space#LOCAL}.
 *
 * <pre>
 *   'r' range id (8) 'd'   descriptor
 *   'r' range id (8) 'a'   version 1, applied index (8), term of the applied entry (8)
 *   'r' range id (8) 't'   tombstone: version 1, the lowest replica id (4) that was not removed from this store
 *   'r' range id (8) 'i'   while a snapshot is being installed: version 1, its index (8), the term of that entry (8)
 * </pre>
 */
final class LocalState {
    /** How far a range's state has come. */
    record Applied(long index, long term) {}

    /** The state of that range is half of the snapshot at that index. */
    record Installing(RangeId range, long index, long term) {}

    private static final byte RANGE = 'r';
    private static final byte DESCRIPTOR = 'd';
    private static final byte APPLIED = 'a';
    private static final byte TOMBSTONE = 't';
    private static final byte INSTALLING = 'i';
    private static final byte VERSION = 1;

    private LocalState() {}

    static byte[] descriptorKey(RangeId range) {
        return key(range, DESCRIPTOR);
    }

    static byte[] appliedKey(RangeId range) {
        return key(range, APPLIED);
    }

    static void putDescriptor(Engine.Batch batch, RangeDescriptor descriptor) {
        batch.put(Space.LOCAL, descriptorKey(descriptor.id()), RangeDescriptorCodec.encode(descriptor));
    }

    static byte[] installingKey(RangeId range) {
        return key(range, INSTALLING);
    }

    static void putApplied(Engine.Batch batch, byte[] appliedKey, long index, long term) {
        batch.put(Space.LOCAL, appliedKey, position(index, term));
    }

    static void putInstalling(Engine.Batch batch, RangeId range, long index, long term) {
        batch.put(Space.LOCAL, installingKey(range), position(index, term));
    }

    private static byte[] position(long index, long term) {
        return ByteBuffer.allocate(17).put(VERSION).putLong(index).putLong(term).array();
    }

    static @Nullable RangeDescriptor descriptor(Engine engine, RangeId range) {
        byte[] bytes = engine.get(Space.LOCAL, descriptorKey(range));
        return bytes == null ? null : RangeDescriptorCodec.decode(bytes);
    }

    static @Nullable Applied applied(Engine engine, RangeId range) {
        byte[] bytes = engine.get(Space.LOCAL, appliedKey(range));
        return bytes == null ? null : position(bytes, range);
    }

    private static Applied position(byte[] bytes, RangeId range) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        byte version = buffer.get();
        if (version != VERSION) {
            throw new IllegalStateException("applied state of " + range + " has unknown version " + version);
        }
        return new Applied(buffer.getLong(), buffer.getLong());
    }

    /** The replica with that id, and all before it, were removed from their range and must not come back (B38). */
    static void putTombstone(Engine.Batch batch, RangeId range, int removed) {
        byte[] value = ByteBuffer.allocate(5).put(VERSION).putInt(removed + 1).array();
        batch.put(Space.LOCAL, key(range, TOMBSTONE), value);
    }

    /** Whether a replica of that id was removed from its range, as far as this store was told. */
    static boolean isRemoved(Engine engine, RangeId range, int replicaId) {
        byte[] bytes = engine.get(Space.LOCAL, key(range, TOMBSTONE));
        if (bytes == null) {
            return false;
        }
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        byte version = buffer.get();
        if (version != VERSION) {
            throw new IllegalStateException("tombstone of " + range + " has unknown version " + version);
        }
        return replicaId < buffer.getInt();
    }

    /** What a replica leaves behind: nothing but its tombstone. */
    static void remove(Engine.Batch batch, RangeId range, int replicaId) {
        batch.delete(Space.LOCAL, descriptorKey(range));
        batch.delete(Space.LOCAL, appliedKey(range));
        putTombstone(batch, range, replicaId);
    }

    /** Ranges of which a replica was here and was removed. */
    static List<RangeId> tombstones(Engine engine) {
        List<RangeId> found = new ArrayList<>();
        try (Engine.Cursor cursor = engine.cursor(Space.LOCAL, new byte[] {RANGE}, new byte[] {RANGE + 1})) {
            for (; cursor.isValid(); cursor.next()) {
                byte[] key = cursor.key();
                if (key[key.length - 1] == TOMBSTONE) {
                    found.add(new RangeId(ByteBuffer.wrap(key).getLong(1)));
                }
            }
        }
        return found;
    }

    /** The ranges whose state is half of a snapshot, by range id. */
    static List<Installing> installing(Engine engine) {
        List<Installing> found = new ArrayList<>();
        try (Engine.Cursor cursor = engine.cursor(Space.LOCAL, new byte[] {RANGE}, new byte[] {RANGE + 1})) {
            for (; cursor.isValid(); cursor.next()) {
                byte[] key = cursor.key();
                if (key[key.length - 1] == INSTALLING) {
                    RangeId range = new RangeId(ByteBuffer.wrap(key).getLong(1));
                    Applied at = position(cursor.value(), range);
                    found.add(new Installing(range, at.index(), at.term()));
                }
            }
        }
        return found;
    }

    /** The descriptors of all replicas in this store, by range id. */
    static List<RangeDescriptor> descriptors(Engine engine) {
        List<RangeDescriptor> found = new ArrayList<>();
        try (Engine.Cursor cursor = engine.cursor(Space.LOCAL, new byte[] {RANGE}, new byte[] {RANGE + 1})) {
            for (; cursor.isValid(); cursor.next()) {
                byte[] key = cursor.key();
                if (key[key.length - 1] == DESCRIPTOR) {
                    found.add(RangeDescriptorCodec.decode(cursor.value()));
                }
            }
        }
        return found;
    }

    private static byte[] key(RangeId range, byte kind) {
        return ByteBuffer.allocate(10)
                .put(RANGE)
                .putLong(range.value())
                .put(kind)
                .array();
    }
}
