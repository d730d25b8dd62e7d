package io.flotilla.node.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.time.Timestamp;
import io.flotilla.node.mvcc.StateChecksum;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.Engine.Space;
import io.flotilla.node.storage.MemoryEngine;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** What a store keeps about its replicas, byte by byte: see docs/formats.md. */
class LocalStateTest {
    private static final RangeId RANGE = new RangeId(0x0102);
    private static final String KEY = "72" + "0000000000000102";

    private final MemoryEngine engine = new MemoryEngine();

    @Test
    void theAppliedState() {
        LocalState.Applied applied = new LocalState.Applied(5, 6, new StateChecksum(-2, 3), new Timestamp(4));
        write(batch -> LocalState.putApplied(batch, LocalState.appliedKey(RANGE), applied));
        assertThat(stored("61"))
                .isEqualTo("03" + "0000000000000005" + "0000000000000006" + "fffffffffffffffe" + "0000000000000003"
                        + "0000000000000004");
        assertThat(LocalState.applied(engine, RANGE)).isEqualTo(applied);
    }

    @Test
    void theAppliedStateOfAStoreThatKnewNoSweeps() {
        byte[] old = HexFormat.of()
                .parseHex("02" + "0000000000000005" + "0000000000000006" + "fffffffffffffffe" + "0000000000000003");
        write(batch -> batch.put(Space.LOCAL, LocalState.appliedKey(RANGE), old));
        assertThat(LocalState.applied(engine, RANGE))
                .isEqualTo(new LocalState.Applied(5, 6, new StateChecksum(-2, 3), Timestamp.ZERO));
    }

    @Test
    void aTombstone() {
        write(batch -> LocalState.putTombstone(batch, RANGE, 7));
        assertThat(stored("74")).isEqualTo("01" + "00000008");
        assertThat(LocalState.isRemoved(engine, RANGE, 7)).isTrue();
        assertThat(LocalState.isRemoved(engine, RANGE, 8)).isFalse();
    }

    @Test
    void theMarkOfAHalfInstalledSnapshot() {
        write(batch -> LocalState.putInstalling(batch, RANGE, 9, 4));
        assertThat(stored("69")).isEqualTo("01" + "0000000000000009" + "0000000000000004");
        assertThat(LocalState.installing(engine)).containsExactly(new LocalState.Installing(RANGE, 9, 4));
    }

    @Test
    void theMarkOfALostReplica() {
        LostReplicas.Lost lost = new LostReplicas.Lost(RANGE, 3, true, LostReplicas.Why.STORE_REBUILT, 12);
        write(batch -> LocalState.putLost(batch, lost));
        assertThat(stored("6c")).isEqualTo("01" + "00000003" + "01" + "02" + "000000000000000c");
        assertThat(LocalState.lost(engine)).containsEntry(RANGE, lost).hasSize(1);
        LostReplicas.Lost removed = lost.removedFrom(
                new RangeDescriptor(RANGE, 1, KeySpace.USERS, List.of(new ReplicaInfo(new NodeId(1), 1)), 2));
        write(batch -> LocalState.putLost(batch, removed));
        assertThat(LocalState.lost(engine)).containsEntry(RANGE, removed).hasSize(1);
    }

    @Test
    void theMarkOfARebuiltStore() {
        assertThat(StoreMarks.isRebuilt(engine)).isFalse();
        write(StoreMarks::putRebuilt);
        assertThat(engine.get(Space.LOCAL, new byte[] {'m', 'r'})).containsExactly(1);
        assertThat(StoreMarks.isRebuilt(engine)).isTrue();
    }

    @Test
    void anotherVersionIsRefusedByName() {
        write(batch -> batch.put(Space.LOCAL, LocalState.appliedKey(RANGE), new byte[] {1, 0, 0, 0, 0, 0, 0, 0, 0}));
        assertThatThrownBy(() -> LocalState.applied(engine, RANGE))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("r258")
                .hasMessageContaining("unknown version 1");
    }

    private void write(Consumer<Engine.Batch> what) {
        try (Engine.Batch batch = engine.newBatch()) {
            what.accept(batch);
            engine.write(batch);
        }
    }

    private String stored(String kind) {
        byte[] value = engine.get(Space.LOCAL, HexFormat.of().parseHex(KEY + kind));
        return value == null ? "nothing" : HexFormat.of().formatHex(value);
    }
}
