package io.flotilla.node.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.config.id.NodeId;
import io.flotilla.node.disk.Disk;
import io.flotilla.node.disk.Fault;
import io.flotilla.node.disk.FaultDisk;
import io.flotilla.node.disk.RealDisk;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.Engine.Space;
import io.flotilla.node.storage.MemoryEngine;
import io.flotilla.node.storage.StateCorruptException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreIdentityTest {
    private static final NodeId NODE = new NodeId(3);
    private static final UUID STORE = new UUID(0x1111, 0x2222);
    private static final UUID CLUSTER = new UUID(0x3333, 0x4444);

    private static final Disk DISK = new RealDisk();

    private final MemoryEngine engine = new MemoryEngine();

    @TempDir
    Path directory;

    @Test
    void theBytesAreThoseOfVersionTwo() throws IOException {
        open(NODE).join(engine, DISK, directory, CLUSTER);
        byte[] bytes = engine.get(Space.LOCAL, new byte[] {'i'});
        assertThat(HexFormat.of().formatHex(bytes))
                .isEqualTo("02" + "00000003" + "00000000000011110000000000002222" + "00000000000033330000000000004444");
    }

    @Test
    void aStoreOfAnotherNodeIsRefusedWithBothIds() throws IOException {
        open(NODE);
        assertThatThrownBy(() -> open(new NodeId(4)))
                .isInstanceOf(StoreIdentity.WrongStore.class)
                .hasMessageContaining("node 3")
                .hasMessageContaining("node 4");
    }

    @Test
    void aStoreOfAnotherClusterIsRefusedWithBothIds() throws IOException {
        StoreIdentity mine = open(NODE).join(engine, DISK, directory, CLUSTER);
        UUID other = new UUID(5, 6);
        assertThatThrownBy(() -> mine.join(engine, DISK, directory, other))
                .isInstanceOf(StoreIdentity.WrongStore.class)
                .hasMessageContaining(CLUSTER.toString())
                .hasMessageContaining(other.toString());
        assertThat(mine.join(engine, DISK, directory, CLUSTER).cluster()).contains(CLUSTER);
    }

    @Test
    void aStoreOfAnOlderOrNewerFormatIsRefusedWithBothVersions() throws IOException {
        open(NODE);
        for (byte version : new byte[] {1, 3}) {
            byte[] bytes = ByteBuffer.allocate(37).put(version).putInt(3).array();
            try (Engine.Batch batch = engine.newBatch()) {
                batch.put(Space.LOCAL, new byte[] {'i'}, bytes);
                engine.write(batch);
            }
            assertThatThrownBy(() -> open(NODE))
                    .isInstanceOf(StoreIdentity.WrongStore.class)
                    .hasMessageContaining(version < 2 ? "an older version" : "a newer version")
                    .hasMessageContaining("is " + version + ",")
                    .hasMessageContaining("reads and writes 2");
        }
    }

    /** It would vote again under an identity whose promises it forgot (B22). */
    @Test
    void aStoreThatLostItsStateIsNotTakenForANewOne() throws IOException {
        open(NODE);
        assertThatThrownBy(() -> StoreIdentity.open(new MemoryEngine(), DISK, directory, NODE, UUID.randomUUID()))
                .isInstanceOf(StateCorruptException.class)
                .hasMessageContaining("identity");
    }

    @Test
    void theCopyFollowsAndIsNotBelievedIfDamaged() throws IOException {
        assertThat(StoreIdentity.copyIn(directory)).isEmpty();
        StoreIdentity first = open(NODE);
        assertThat(StoreIdentity.copyIn(directory)).contains(first);
        StoreIdentity joined = first.join(engine, DISK, directory, CLUSTER);
        assertThat(StoreIdentity.copyIn(directory)).contains(joined);
        Path file = directory.resolve("identity");
        byte[] bytes = Files.readAllBytes(file);
        for (int bit = 0; bit < bytes.length * 8; bit++) {
            bytes[bit / 8] ^= (byte) (1 << bit % 8);
            Files.write(file, bytes);
            assertThat(StoreIdentity.copyIn(directory)).as("bit " + bit).isEmpty();
            bytes[bit / 8] ^= (byte) (1 << bit % 8);
        }
        open(NODE);
        assertThat(StoreIdentity.copyIn(directory)).as("made anew").contains(joined);
        assertThat(joined.cluster()).isEqualTo(Optional.of(CLUSTER));
    }

    @Test
    void aDiskThatDoesNotTakeTheCopyIsToldAndTheNextStartMakesIt() throws IOException {
        StoreIdentity mine = open(NODE);
        Disk broken = new FaultDisk(DISK, () -> Fault.SYNC_ERROR);
        assertThatThrownBy(() -> mine.join(engine, broken, directory, CLUSTER))
                .isInstanceOf(UncheckedIOException.class)
                .hasRootCauseMessage("Input/output error (injected) at sync of " + directory.resolve("identity.new"));
        assertThat(StoreIdentity.copyIn(directory)).contains(mine);
        assertThat(open(NODE).cluster()).contains(CLUSTER);
        assertThat(StoreIdentity.copyIn(directory).flatMap(StoreIdentity::cluster))
                .contains(CLUSTER);
    }

    private StoreIdentity open(NodeId node) throws IOException {
        return StoreIdentity.open(engine, DISK, directory, node, STORE);
    }
}
