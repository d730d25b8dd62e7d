package io.flotilla.node.replica;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.time.Timestamp;
import io.flotilla.node.log.MemoryLog;
import io.flotilla.node.mvcc.StateChecksum;
import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.LogView;
import io.flotilla.node.raft.Now;
import io.flotilla.node.raft.RaftStatus;
import io.flotilla.node.raft.Ready.Persist;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.Engine.Space;
import io.flotilla.node.storage.MemoryEngine;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is made durable when the log is crowded, and who is told. */
class FlushCycleTest {
    private static final RangeId RANGE = new RangeId(7);
    private static final long ENTRIES = 1_000;

    /** The last of them in the log's oldest file. */
    private static final long IN_THE_WAY = 950;

    private static final long KEPT = 10_000;

    private final MemoryEngine memory = new MemoryEngine();
    private final MemoryLog log = new MemoryLog();
    private final ReplicaDirectory replicas = new ReplicaDirectory();
    private final List<ReplicaActor.Flushed> told = new ArrayList<>();
    private int flushes;
    private final FlushCycle cycle = new FlushCycle(new Counting(), log, replicas, KEPT);

    @BeforeEach
    void oneRangeWithALongLog() {
        List<LogEntry> entries = new ArrayList<>();
        for (long index = 1; index <= ENTRIES; index++) {
            entries.add(new LogEntry(index, 1, LogEntry.Kind.NORMAL, new byte[] {1}));
        }
        log.submit(RANGE.value(), new Persist(null, entries, null), SnapshotSample.IGNORE);
        List<ReplicaInfo> self = List.of(new ReplicaInfo(new NodeId(1), 1));
        RaftStatus status = new RaftStatus(RaftStatus.Role.FOLLOWER, 1, 0, 0, 0, 0, false, false);
        replicas.add(new Slot(
                (slot, from) -> command -> told.add((ReplicaActor.Flushed) command),
                new RangeDescriptor(RANGE, 1, KeySpace.USERS, self, 2),
                1,
                new Dormant(null, Timestamp.ZERO, status, new Now(0, Timestamp.ZERO))));
        applied(ENTRIES);
    }

    private void applied(long index) {
        try (Engine.Batch batch = memory.newBatch()) {
            LocalState.putApplied(
                    batch,
                    LocalState.appliedKey(RANGE),
                    new LocalState.Applied(index, 1, StateChecksum.EMPTY, Timestamp.ZERO));
            memory.write(batch);
        }
        cycle.changed(RANGE);
    }

    @Test
    void aRangeWithNothingToFlushGivesUpItsLogWithoutAFlush() {
        cycle.run();
        assertThat(flushes).isEqualTo(1);
        cycle.relieve(Map.of(RANGE.value(), IN_THE_WAY));
        assertThat(flushes).isEqualTo(1);
        assertThat(told).singleElement().satisfies(flushed -> {
            assertThat(flushed.index()).isEqualTo(ENTRIES);
            assertThat(flushed.inTheWay()).isEqualTo(IN_THE_WAY);
        });
    }

    @Test
    void aRangeWhoseLogWaitsForAFlushIsFlushed() {
        cycle.relieve(Map.of(RANGE.value(), IN_THE_WAY));
        assertThat(flushes).isEqualTo(1);
        assertThat(told)
                .singleElement()
                .satisfies(flushed -> assertThat(flushed.index()).isEqualTo(ENTRIES));
    }

    /** Between a batch in the engine and word of it, what is in the engine is not durable. */
    @Test
    void onlyWhatWasFlushedIsGivenUp() {
        cycle.run();
        try (Engine.Batch batch = memory.newBatch()) {
            LocalState.putApplied(
                    batch,
                    LocalState.appliedKey(RANGE),
                    new LocalState.Applied(ENTRIES + 1, 1, StateChecksum.EMPTY, Timestamp.ZERO));
            memory.write(batch);
        }
        cycle.relieve(Map.of(RANGE.value(), IN_THE_WAY));
        assertThat(flushes).isEqualTo(1);
        assertThat(told)
                .singleElement()
                .satisfies(flushed -> assertThat(flushed.index()).isEqualTo(ENTRIES));
    }

    @Test
    void aRangeThatWasMovedAwayIsForgottenWithTheNextFlush() {
        cycle.run();
        assertThat(cycle.rangesKnown()).isEqualTo(1);
        replicas.remove(requireNonNull(replicas.find(RANGE)));
        cycle.changed(new RangeId(8));
        cycle.run();
        assertThat(cycle.rangesKnown()).isZero();
    }

    /** However few and large they are: what it keeps where there is room for it does not count. */
    @Test
    void whatIsInTheWayIsForgottenUpToWhereItIsFlushed() {
        LogView view = log.view(RANGE.value());
        assertThat(FlushCycle.forgettable(view, ENTRIES, 0, KEPT)).isZero();
        assertThat(FlushCycle.forgettable(view, ENTRIES, ENTRIES, KEPT)).isEqualTo(ENTRIES);
        assertThat(FlushCycle.forgettable(view, 10, ENTRIES, KEPT)).isEqualTo(10);
        assertThat(FlushCycle.forgettable(view, ENTRIES, 100, 300))
                .as("asked for less than it would give anyway")
                .isEqualTo(700);
    }

    private final class Counting implements Engine {
        @Override
        public byte @Nullable [] get(Space space, byte[] key) {
            return memory.get(space, key);
        }

        @Override
        public Cursor cursor(Space space, byte[] from, byte[] to) {
            return memory.cursor(space, from, to);
        }

        @Override
        public Batch newBatch() {
            return memory.newBatch();
        }

        @Override
        public void write(Batch batch) {
            memory.write(batch);
        }

        @Override
        public void flush() {
            flushes++;
            memory.flush();
        }

        @Override
        public void close() {
            memory.close();
        }
    }
}
