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
 * </pre>
 */
final class LocalState {
    /** How far a range's state has come. */
    record Applied(long index, long term) {}

    private static final byte RANGE = 'r';
    private static final byte DESCRIPTOR = 'd';
    private static final byte APPLIED = 'a';
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

    static void putApplied(Engine.Batch batch, byte[] appliedKey, long index, long term) {
        batch.put(
                Space.LOCAL,
                appliedKey,
                ByteBuffer.allocate(17)
                        .put(VERSION)
                        .putLong(index)
                        .putLong(term)
                        .array());
    }

    static @Nullable Applied applied(Engine engine, RangeId range) {
        byte[] bytes = engine.get(Space.LOCAL, appliedKey(range));
        if (bytes == null) {
            return null;
        }
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        byte version = buffer.get();
        if (version != VERSION) {
            throw new IllegalStateException("applied state of " + range + " has unknown version " + version);
        }
        return new Applied(buffer.getLong(), buffer.getLong());
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
