package io.flotilla.node.replica;

import io.flotilla.config.time.Timestamp;
import io.flotilla.node.mvcc.StateChecksum;
import io.flotilla.node.snapshot.SnapshotHeader;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.Engine.Space;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeDescriptorCodec;
import io.flotilla.range.routing.RangeId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What a store keeps about its replicas in {@link Space#LOCAL}.
 *
 * <pre>
 *   'r' range id (8) 'd'   descriptor
 *   'r' range id (8) 'a'   version 3, applied index (8), term of the applied entry (8), sum and since (8, 8) of the StateChecksum, swept up to (8);
 *                          version 2 ended before that
 *   'r' range id (8) 't'   tombstone: version 1, the lowest replica id (4) that was not removed from this store
 *   'r' range id (8) 'q'   how the range goes on without its quorum, until that is done: a ForcedStep
 *   'r' range id (8) 'l'   its replica here is lost: version 1, replica id (4), witness (1), why (1), index (8)
 *   'r' range id (8) 'i'   while a snapshot is being installed: version 1, its index (8), the term of that entry (8)
 * </pre>
 */
final class LocalState {
    /**
     * How far a range's state has come, and what it adds up to there.
     *
     * @param swept what was overwritten before may be gone
     */
    record Applied(long index, long term, StateChecksum checksum, Timestamp swept) {
        static final Applied NOTHING = new Applied(0, 0, StateChecksum.EMPTY, Timestamp.ZERO);

        /** Once that snapshot is installed. */
        static Applied of(SnapshotHeader header) {
            return new Applied(header.index(), header.indexTerm(), header.arriving(), header.swept());
        }
    }

    /** The state of that range is half of the snapshot at that index. */
    record Installing(RangeId range, long index, long term) {}

    private static final byte RANGE = 'r';
    private static final byte DESCRIPTOR = 'd';
    private static final byte APPLIED = 'a';
    private static final byte TOMBSTONE = 't';
    private static final byte INSTALLING = 'i';
    private static final byte FORCED = 'q';
    private static final byte LOST = 'l';
    private static final byte VERSION = 1;
    private static final byte APPLIED_VERSION = 3;
    private static final byte APPLIED_WITHOUT_SWEEPS = 2;

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

    static void putApplied(Engine.Batch batch, byte[] appliedKey, Applied applied) {
        byte[] value = ByteBuffer.allocate(41)
                .put(APPLIED_VERSION)
                .putLong(applied.index())
                .putLong(applied.term())
                .putLong(applied.checksum().sum())
                .putLong(applied.checksum().since())
                .putLong(applied.swept().packed())
                .array();
        batch.put(Space.LOCAL, appliedKey, value);
    }

    static void putInstalling(Engine.Batch batch, RangeId range, long index, long term) {
        byte[] value = ByteBuffer.allocate(17)
                .put(VERSION)
                .putLong(index)
                .putLong(term)
                .array();
        batch.put(Space.LOCAL, installingKey(range), value);
    }

    static @Nullable RangeDescriptor descriptor(Engine engine, RangeId range) {
        byte[] bytes = engine.get(Space.LOCAL, descriptorKey(range));
        return bytes == null ? null : RangeDescriptorCodec.decode(bytes);
    }

    static @Nullable Applied applied(Engine engine, RangeId range) {
        byte[] bytes = engine.get(Space.LOCAL, appliedKey(range));
        if (bytes == null) {
            return null;
        }
        boolean old = bytes[0] == APPLIED_WITHOUT_SWEEPS;
        ByteBuffer buffer = versioned(bytes, old ? APPLIED_WITHOUT_SWEEPS : APPLIED_VERSION, "applied state", range);
        long index = buffer.getLong();
        long term = buffer.getLong();
        StateChecksum checksum = new StateChecksum(buffer.getLong(), buffer.getLong());
        return new Applied(index, term, checksum, old ? Timestamp.ZERO : new Timestamp(buffer.getLong()));
    }

    private static ByteBuffer versioned(byte[] bytes, byte known, String what, RangeId range) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        byte version = buffer.get();
        if (version != known) {
            throw new IllegalStateException(what + " of " + range + " has unknown version " + version);
        }
        return buffer;
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
        return replicaId < versioned(bytes, VERSION, "tombstone", range).getInt();
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
        each(engine, TOMBSTONE, (range, value) -> found.add(range));
        return found;
    }

    static void putLost(Engine.Batch batch, LostReplicas.Lost lost) {
        RangeDescriptor removedFrom = lost.removedFrom();
        byte[] range = removedFrom == null ? new byte[0] : RangeDescriptorCodec.encode(removedFrom);
        byte[] value = ByteBuffer.allocate(15 + range.length)
                .put(VERSION)
                .putInt(lost.replicaId())
                .put((byte) (lost.witness() ? 1 : 0))
                .put((byte) lost.why().ordinal())
                .putLong(lost.index())
                .put(range)
                .array();
        batch.put(Space.LOCAL, key(lost.range(), LOST), value);
    }

    static void removeLost(Engine.Batch batch, RangeId range) {
        batch.delete(Space.LOCAL, key(range, LOST));
    }

    /** The replicas that are to be made anew, by range id. */
    static Map<RangeId, LostReplicas.Lost> lost(Engine engine) {
        Map<RangeId, LostReplicas.Lost> found = new TreeMap<>();
        each(engine, LOST, (range, value) -> {
            ByteBuffer at = versioned(value, VERSION, "mark of a lost replica", range);
            int replicaId = at.getInt();
            boolean witness = at.get() == 1;
            LostReplicas.Why why = LostReplicas.Why.values()[at.get()];
            long index = at.getLong();
            byte[] removedFrom = new byte[at.remaining()];
            at.get(removedFrom);
            found.put(
                    range,
                    new LostReplicas.Lost(
                            range,
                            replicaId,
                            witness,
                            why,
                            index,
                            removedFrom.length == 0 ? null : RangeDescriptorCodec.decode(removedFrom)));
        });
        return found;
    }

    static void putForced(Engine.Batch batch, RangeId range, byte[] step) {
        batch.put(Space.LOCAL, key(range, FORCED), step);
    }

    static void removeForced(Engine.Batch batch, RangeId range) {
        batch.delete(Space.LOCAL, key(range, FORCED));
    }

    /** The steps kept for ranges without a quorum, by range id. */
    static Map<RangeId, byte[]> forced(Engine engine) {
        Map<RangeId, byte[]> found = new TreeMap<>();
        each(engine, FORCED, found::put);
        return found;
    }

    /** The ranges whose state is half of a snapshot, by range id. */
    static List<Installing> installing(Engine engine) {
        List<Installing> found = new ArrayList<>();
        each(engine, INSTALLING, (range, value) -> {
            ByteBuffer at = versioned(value, VERSION, "mark of a half installed snapshot", range);
            found.add(new Installing(range, at.getLong(), at.getLong()));
        });
        return found;
    }

    /** The descriptors of all replicas in this store, by range id. */
    static List<RangeDescriptor> descriptors(Engine engine) {
        List<RangeDescriptor> found = new ArrayList<>();
        each(engine, DESCRIPTOR, (range, value) -> found.add(RangeDescriptorCodec.decode(value)));
        return found;
    }

    /** All that is kept of that kind, by range id. */
    private static void each(Engine engine, byte kind, BiConsumer<RangeId, byte[]> found) {
        try (Engine.Cursor cursor = engine.cursor(Space.LOCAL, new byte[] {RANGE}, new byte[] {RANGE + 1})) {
            for (; cursor.isValid(); cursor.next()) {
                byte[] key = cursor.key();
                if (key[key.length - 1] == kind) {
                    found.accept(new RangeId(ByteBuffer.wrap(key).getLong(1)), cursor.value());
                }
            }
        }
    }

    private static byte[] key(RangeId range, byte kind) {
        return ByteBuffer.allocate(10)
                .put(RANGE)
                .putLong(range.value())
                .put(kind)
                .array();
    }
}
