package io.flotilla.node.replica;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.settings.FlowSettings;
import io.flotilla.config.time.Timestamp;
import io.flotilla.node.log.SharedLog;
import io.flotilla.node.mvcc.EntryHash;
import io.flotilla.node.mvcc.StateChecksum;
import io.flotilla.node.snapshot.SnapshotHeader;
import io.flotilla.node.snapshot.SnapshotInbox;
import io.flotilla.node.snapshot.SnapshotSending;
import io.flotilla.node.snapshot.StagedSnapshot;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.Engine.Space;
import io.flotilla.node.storage.MemoryEngine;
import io.flotilla.node.transport.SnapshotChunk;
import io.flotilla.node.transport.SnapshotVerdict;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.ReplicaInfo;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * Two states of one range that can be told from each other and from any mixture: every key's value names its state, and each has keys that the other lacks.
 */
record SnapshotSample(String name, long index, int firstKey, int keys) {
    static final RangeId RANGE = new RangeId(9);
    static final RangeDescriptor DESCRIPTOR = new RangeDescriptor(
            RANGE, 3, KeySpace.USERS, List.of(new ReplicaInfo(new NodeId(1), 1), new ReplicaInfo(new NodeId(2), 2)), 3);
    static final SnapshotSample OLD = new SnapshotSample("old", 5, 0, 400);
    static final SnapshotSample NEW = new SnapshotSample("new", 900, 100, 1_000);

    private static final long TERM = 6;
    private static final Timestamp SWEPT = new Timestamp(3);
    private static final int VALUE_BYTES = 1_000;
    private static final List<Space> SPACES = List.of(Space.DATA, Space.INTENT, Space.RECORD);

    static final SharedLog.Listener IGNORE = new SharedLog.Listener() {
        @Override
        public void durable() {
            // Nobody waits.
        }

        @Override
        public void failed(Exception cause) {
            throw new AssertionError(cause);
        }
    };

    /** Writes this state into an engine. */
    void fill(Engine engine) {
        try (Engine.Batch batch = engine.newBatch()) {
            for (Space space : SPACES) {
                for (int i = firstKey; i < firstKey + keys; i++) {
                    batch.put(space, key(space, i), value());
                }
            }
            LocalState.putDescriptor(batch, DESCRIPTOR);
            LocalState.Applied applied = new LocalState.Applied(index, TERM, new StateChecksum(sum(), 0), SWEPT);
            LocalState.putApplied(batch, LocalState.appliedKey(RANGE), applied);
            engine.write(batch);
        }
    }

    private long sum() {
        long sum = 0;
        for (Space space : SPACES) {
            for (int i = firstKey; i < firstKey + keys; i++) {
                sum += EntryHash.of(space, key(space, i), value());
            }
        }
        return sum;
    }

    private static byte[] key(Space space, int i) {
        byte[] from = RangeSpaces.of(DESCRIPTOR.span())
                .get(SPACES.indexOf(space))
                .bounds()
                .from();
        byte[] name = String.format("%06d", i).getBytes(StandardCharsets.UTF_8);
        byte[] key = Arrays.copyOf(from, from.length + name.length);
        System.arraycopy(name, 0, key, from.length, name.length);
        return key;
    }

    private byte[] value() {
        byte[] value = new byte[VALUE_BYTES];
        byte[] start = name.getBytes(StandardCharsets.UTF_8);
        System.arraycopy(start, 0, value, 0, start.length);
        return value;
    }

    /** "old" or "new" if the engine holds exactly that; otherwise what is wrong. */
    static String stateOf(Engine engine) {
        for (SnapshotSample sample : List.of(OLD, NEW)) {
            LocalState.Applied applied = LocalState.applied(engine, RANGE);
            if (applied != null && applied.index() == sample.index) {
                return sample.isExactly(engine);
            }
        }
        return "no state: applied " + LocalState.applied(engine, RANGE);
    }

    private String isExactly(Engine engine) {
        for (RangeSpaces part : RangeSpaces.of(DESCRIPTOR.span())) {
            int count = 0;
            try (Engine.Cursor cursor = engine.cursor(
                    part.space(), part.bounds().from(), part.bounds().to())) {
                for (; cursor.isValid(); cursor.next()) {
                    if (!Arrays.equals(cursor.key(), key(part.space(), firstKey + count))
                            || !Arrays.equals(cursor.value(), value())) {
                        return name + " mixed with something else in " + part.space();
                    }
                    count++;
                }
            }
            if (count != keys) {
                return name + " with " + count + " keys in " + part.space();
            }
        }
        return name;
    }

    /** This state as a leader sends it. */
    List<SnapshotChunk> chunks() {
        MemoryEngine source = new MemoryEngine();
        fill(source);
        List<SnapshotChunk> chunks = new ArrayList<>();
        SnapshotSending sending = new SnapshotSending(
                new FlowSettings(1, 1, 1L << 40, 1, 1),
                new SnapshotSending.Tools(
                        (to, chunk, answered) -> {
                            chunks.add(chunk);
                            answered.accept(SnapshotVerdict.TAKEN);
                        },
                        Runnable::run,
                        (millis, task) -> task.run(),
                        SnapshotSample::noFailure));
        List<SnapshotSending.Part> parts = new ArrayList<>();
        for (RangeSpaces part : RangeSpaces.of(DESCRIPTOR.span())) {
            parts.add(new SnapshotSending.Part(
                    part.space(),
                    source.cursor(
                            part.space(), part.bounds().from(), part.bounds().to())));
        }
        sending.send(
                new SnapshotHeader(DESCRIPTOR, 1, 2, TERM, index, TERM, new StateChecksum(sum(), 0), SWEPT),
                new NodeId(2),
                parts,
                success -> {});
        return chunks;
    }

    static SnapshotInbox.Host hostOf(Consumer<StagedSnapshot> arrived) {
        return new SnapshotInbox.Host() {
            @Override
            public boolean wants(SnapshotHeader header) {
                return true;
            }

            @Override
            public void arrived(StagedSnapshot snapshot) {
                arrived.accept(snapshot);
            }
        };
    }

    static void noFailure(Throwable failure) {
        throw new AssertionError(failure);
    }

    /** Everything of one engine into a batch of another. */
    static void copyAll(Engine from, Engine.Batch into) {
        byte[] end = new byte[64];
        Arrays.fill(end, (byte) 0xFF);
        for (Space space : Space.values()) {
            try (Engine.Cursor cursor = from.cursor(space, new byte[0], end)) {
                for (; cursor.isValid(); cursor.next()) {
                    into.put(space, cursor.key(), cursor.value());
                }
            }
        }
    }
}
