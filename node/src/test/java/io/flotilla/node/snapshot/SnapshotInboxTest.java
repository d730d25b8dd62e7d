package io.flotilla.node.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.time.Timestamp;
import io.flotilla.node.disk.ForwardingDisk;
import io.flotilla.node.disk.NoSpaceException;
import io.flotilla.node.disk.RealDisk;
import io.flotilla.node.mvcc.StateChecksum;
import io.flotilla.node.storage.Engine.Space;
import io.flotilla.node.storage.MemoryEngine;
import io.flotilla.node.storage.StorageException;
import io.flotilla.node.transport.SnapshotChunk;
import io.flotilla.node.transport.SnapshotVerdict;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.ReplicaInfo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a store takes in of a snapshot, and what it makes of chunks that are lost, doubled, damaged or out of place. */
class SnapshotInboxTest {
    private static final int RECEIVING_MAX = 2;

    @TempDir
    Path directory;

    private final List<StagedSnapshot> arrived = new ArrayList<>();
    private boolean wanted = true;
    private final List<Throwable> failures = new ArrayList<>();
    private @Nullable IOException writeError;
    private @Nullable IOException syncError;
    private SnapshotInbox inbox;

    @BeforeEach
    void open() {
        SnapshotInbox.Host host = new SnapshotInbox.Host() {
            @Override
            public boolean wants(SnapshotHeader header) {
                return wanted;
            }

            @Override
            public void arrived(StagedSnapshot snapshot) {
                arrived.add(snapshot);
            }
        };
        inbox = new SnapshotInbox(new SnapshotFiles(new BadDisk(), directory), RECEIVING_MAX, host, failures::add);
    }

    private final class BadDisk extends ForwardingDisk {
        @Override
        protected void beforeWrite(Path file) throws IOException {
            if (writeError != null) {
                throw writeError;
            }
        }

        @Override
        protected void beforeForce(Path file) throws IOException {
            if (syncError != null) {
                throw syncError;
            }
        }
    }

    @Test
    void aSnapshotIsWholeWhenItsLastChunkIsThereAndSettledWhenItIsInstalled() throws IOException {
        List<SnapshotChunk> chunks = chunks(1, 100, 5);
        for (SnapshotChunk chunk : chunks.subList(0, 4)) {
            assertThat(take(chunk)).isEqualTo(SnapshotVerdict.TAKEN);
            assertThat(arrived).isEmpty();
        }
        assertThat(take(chunks.get(4))).isEqualTo(SnapshotVerdict.INSTALLING);
        assertThat(take(chunks.get(4))).isEqualTo(SnapshotVerdict.INSTALLING);
        assertThat(arrived).hasSize(1);
        assertThat(entries(arrived.get(0))).isEqualTo(5 * ENTRIES_PER_CHUNK);

        inbox.settled(arrived.get(0));
        assertThat(take(chunks.get(4))).isEqualTo(SnapshotVerdict.TAKEN);
        assertThat(files()).isEmpty();
    }

    /** Its replica may have gone, and been made anew, while it waited. */
    @Test
    void aSnapshotThatIsSettledOnceMoreDoesNotTakeTheNextOneWithIt() throws IOException {
        chunks(1, 100, 2).forEach(this::take);
        inbox.settled(arrived.get(0));
        List<SnapshotChunk> next = chunks(1, 200, 2);
        next.forEach(this::take);
        inbox.settled(arrived.get(0));
        assertThat(take(next.get(1))).isEqualTo(SnapshotVerdict.INSTALLING);
        inbox.settled(arrived.get(1));
        assertThat(take(next.get(1))).isEqualTo(SnapshotVerdict.TAKEN);
        assertThat(files()).isEmpty();
    }

    /** An install that a crash interrupts goes on from the file: it must be found. */
    @Test
    void theDirectoryOfTheFirstSnapshotIsDurableBeforeItIsWhole() throws IOException {
        List<String> forced = new ArrayList<>();
        ForwardingDisk disk = new ForwardingDisk() {
            @Override
            public void forceDirectory(Path names) throws IOException {
                forced.add(names.toString());
                super.forceDirectory(names);
            }
        };
        new SnapshotFiles(disk, directory.resolve("snapshots"))
                .create(SnapshotHeader.of(chunks(1, 100, 1).get(0)));
        assertThat(forced).contains(directory.toString());
    }

    @Test
    void aChunkThatIsSentTwiceIsTakenOnce() {
        List<SnapshotChunk> chunks = chunks(1, 100, 3);
        for (SnapshotChunk chunk : chunks) {
            take(chunk);
            if (!chunk.last()) {
                assertThat(take(chunk)).isEqualTo(SnapshotVerdict.TAKEN);
            }
        }
        assertThat(entries(arrived.get(0))).isEqualTo(3 * ENTRIES_PER_CHUNK);
    }

    @Test
    void aGapDropsTheSnapshotAndItCanBeginAnew() throws IOException {
        List<SnapshotChunk> chunks = chunks(1, 100, 4);
        take(chunks.get(0));
        assertThat(take(chunks.get(2))).isEqualTo(SnapshotVerdict.REFUSED);
        assertThat(files()).isEmpty();
        assertThat(take(chunks.get(1))).isEqualTo(SnapshotVerdict.REFUSED);
        chunks.forEach(this::take);
        assertThat(arrived).hasSize(1);
    }

    @Test
    void aDamagedByteAnywhereDropsTheSnapshot() throws IOException {
        SnapshotChunk good = chunks(1, 100, 1).get(0);
        for (int at = 0; at < good.data().length; at += 7) {
            byte[] damaged = good.data().clone();
            damaged[at] ^= 1;
            assertThat(take(good(good, damaged))).isEqualTo(SnapshotVerdict.REFUSED);
            assertThat(files()).isEmpty();
        }
        assertThat(arrived).isEmpty();
    }

    /** Its sender has another idea of the format than this store, or is mad. */
    @Test
    void aChunkWhoseSumsAreRightButWhoseEntriesAreNotDropsTheSnapshot() throws IOException {
        SnapshotHeader header = header(1, 100);
        for (int length : new int[] {Integer.MAX_VALUE, 1_000, -5}) {
            byte[] data = ByteBuffer.allocate(30)
                    .position(12)
                    .put((byte) Space.DATA.ordinal())
                    .putInt(length)
                    .array();
            ChunkData.seal(ChunkData.chainStart(header), data);
            assertThat(take(header.chunk(0, true, data))).isEqualTo(SnapshotVerdict.REFUSED);
            assertThat(files()).isEmpty();
        }
        assertThat(arrived).isEmpty();
        chunks(1, 100, 2).forEach(this::take);
        assertThat(arrived).hasSize(1);
    }

    @Test
    void aChunkOfAnotherSnapshotDoesNotFitEvenIfItIsSound() {
        List<SnapshotChunk> chunks = chunks(1, 100, 3);
        List<SnapshotChunk> other = chunks(1, 101, 3);
        take(chunks.get(0));
        assertThat(take(other.get(1))).isEqualTo(SnapshotVerdict.REFUSED);
        // Not even under the right name: the chain tells.
        SnapshotChunk forged = good(chunks.get(1), other.get(1).data());
        take(chunks.get(0));
        assertThat(take(forged)).isEqualTo(SnapshotVerdict.REFUSED);
    }

    @Test
    void noMoreThanSoManyAreTakenInAtATime() {
        take(chunks(1, 100, 3).get(0));
        take(chunks(2, 100, 3).get(0));
        assertThat(take(chunks(3, 100, 3).get(0))).isEqualTo(SnapshotVerdict.LATER);
        chunks(1, 100, 3).forEach(this::take);
        assertThat(take(chunks(3, 100, 3).get(0))).as("one is being installed").isEqualTo(SnapshotVerdict.LATER);
        inbox.settled(arrived.get(0));
        assertThat(take(chunks(3, 100, 3).get(0))).isEqualTo(SnapshotVerdict.TAKEN);
    }

    @Test
    void aDiskThatIsFullIsToldToTheSenderAlone() throws IOException {
        writeError = new NoSpaceException("full");
        List<SnapshotChunk> chunks = chunks(1, 100, 2);
        assertThat(take(chunks.get(0))).isEqualTo(SnapshotVerdict.LATER);
        writeError = null;
        take(chunks.get(0));
        writeError = new NoSpaceException("full");
        assertThat(take(chunks.get(1))).isEqualTo(SnapshotVerdict.REFUSED);
        assertThat(files()).isEmpty();
        assertThat(failures).isEmpty();

        writeError = null;
        chunks.forEach(this::take);
        assertThat(arrived).hasSize(1);
    }

    /** The same disk has the log and the state. */
    @Test
    void aWriteOrSyncThatFailsIsTheStoresEnd() throws IOException {
        writeError = new IOException("Input/output error");
        take(chunks(1, 100, 2).get(0));
        assertThat(failures).containsExactly(writeError);

        writeError = null;
        syncError = new IOException("Input/output error");
        chunks(1, 100, 2).forEach(this::take);
        assertThat(failures).hasSize(2).contains(syncError);
        assertThat(arrived).isEmpty();
        assertThat(files()).isEmpty();
    }

    @Test
    void whatNobodyWantsIsRefusedBeforeItIsWrittenDown() throws IOException {
        wanted = false;
        assertThat(take(chunks(1, 100, 3).get(0))).isEqualTo(SnapshotVerdict.REFUSED);
        assertThat(files()).isEmpty();
    }

    @Test
    void aSnapshotThatIsNotGoneOnWithIsDroppedAndMakesRoom() throws IOException {
        take(chunks(1, 100, 3).get(0));
        take(chunks(2, 100, 3).get(0));
        assertThat(inbox.isIdle()).isFalse();
        inbox.tick(Long.MAX_VALUE / 2);
        assertThat(files()).isEmpty();
        assertThat(inbox.isIdle()).isTrue();
        assertThat(take(chunks(3, 100, 3).get(0))).isEqualTo(SnapshotVerdict.TAKEN);
    }

    @Test
    void whatACrashLeftIsRemovedAtTheStart() throws IOException {
        take(chunks(1, 100, 3).get(0));
        chunks(2, 100, 1).forEach(this::take);
        assertThat(files()).hasSize(2);
        new SnapshotFiles(new RealDisk(), directory).removeAll();
        assertThat(files()).isEmpty();
    }

    @Test
    void aStagedFileThatWasCutOrDamagedIsNotUsed() throws IOException {
        chunks(1, 100, 3).forEach(this::take);
        StagedSnapshot staged = arrived.get(0);
        byte[] whole = Files.readAllBytes(staged.file());
        for (int length = 0; length < whole.length; length += 13) {
            Files.write(staged.file(), java.util.Arrays.copyOf(whole, length));
            assertUnusable(staged);
        }
        for (int at = 0; at < whole.length; at += 11) {
            byte[] damaged = whole.clone();
            damaged[at] ^= 4;
            Files.write(staged.file(), damaged);
            assertUnusable(staged);
        }
        Files.write(staged.file(), whole);
        staged.verify();
    }

    private static void assertUnusable(StagedSnapshot staged) {
        if (StagedSnapshot.open(staged.file()).isPresent()) {
            assertThatThrownBy(staged::verify).isInstanceOf(StorageException.class);
        }
    }

    @Test
    void theBytesOnDiskAreThoseOfVersionThree() throws IOException {
        SnapshotHeader header = header(7, 300);
        ChunkData.Writer writer = new ChunkData.Writer(header);
        writer.add(Space.INTENT, bytes("k"), bytes("v"));
        take(header.chunk(0, true, writer.take()));
        String descriptor =
                HexFormat.of().formatHex(io.flotilla.range.routing.RangeDescriptorCodec.encode(header.descriptor()));
        assertThat(HexFormat.of().formatHex(Files.readAllBytes(arrived.get(0).file())))
                .startsWith("464c534e" + "03")
                .contains("00000001" + "00000002" + "0000000000000005" + "000000000000012c" + "0000000000000004"
                        + "0000000000000000" + "0000000000000001" + "0000000000000002"
                        + descriptor)
                .endsWith("01" + "00000001" + "6b" + "00000001" + "76" + "ffffffff" + "00000001"
                        + HexFormat.of().toHexDigits(ChunkData.chainOf(writerData(header))));
    }

    private static byte[] writerData(SnapshotHeader header) {
        ChunkData.Writer writer = new ChunkData.Writer(header);
        writer.add(Space.INTENT, bytes("k"), bytes("v"));
        return writer.take();
    }

    // ---- making them ---------------------------------------------------------------------------------------------

    private static final int ENTRIES_PER_CHUNK = 10;

    private SnapshotVerdict take(SnapshotChunk chunk) {
        return inbox.receive(chunk, 1);
    }

    private static List<SnapshotChunk> chunks(long range, long index, int count) {
        SnapshotHeader header = header(range, index);
        ChunkData.Writer writer = new ChunkData.Writer(header);
        List<SnapshotChunk> chunks = new ArrayList<>();
        int entry = 0;
        for (int sequence = 0; sequence < count; sequence++) {
            for (int i = 0; i < ENTRIES_PER_CHUNK; i++) {
                writer.add(Space.DATA, bytes("key" + entry++), bytes("value of " + range + " at " + index));
            }
            chunks.add(header.chunk(sequence, sequence == count - 1, writer.take()));
        }
        return chunks;
    }

    static SnapshotHeader header(long range, long index) {
        RangeDescriptor descriptor = new RangeDescriptor(
                new RangeId(range),
                4,
                new Span(Key.of("a"), Key.of("z")),
                List.of(new ReplicaInfo(new NodeId(1), 1), new ReplicaInfo(new NodeId(2), 2)),
                3);
        return new SnapshotHeader(descriptor, 1, 2, 5, index, 4, new StateChecksum(0, 1), new Timestamp(2));
    }

    private static SnapshotChunk good(SnapshotChunk chunk, byte[] data) {
        return SnapshotHeader.of(chunk).chunk(chunk.sequence(), chunk.last(), data);
    }

    private static int entries(StagedSnapshot snapshot) {
        MemoryEngine engine = new MemoryEngine();
        snapshot.writeTo(engine, engine::write);
        int count = 0;
        for (var cursor = engine.cursor(Space.DATA, new byte[0], new byte[] {(byte) 0xFF});
                cursor.isValid();
                cursor.next()) {
            count++;
        }
        return count;
    }

    private List<Path> files() throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> found = Files.list(directory)) {
            return found.toList();
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
