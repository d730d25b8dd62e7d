package io.flotilla.node.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.node.log.ChronicleLog;
import io.flotilla.node.log.LogCorruptException;
import io.flotilla.node.log.LogSettings;
import io.flotilla.node.raft.HardState;
import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.Ready.Persist;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.MemoryEngine;
import io.flotilla.range.routing.RangeId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A log of whose files the newest is missing looks whole by itself. What was flushed beside it tells. */
class LostLogEndTest {
    private static final RangeId RANGE = new RangeId(7);
    private static final LogSettings SMALL = new LogSettings(1 << 20, 0, 1 << 20, 8, 1L << 30);

    @TempDir
    Path directory;

    private final MemoryEngine engine = new MemoryEngine();

    private void append(long index, boolean flush) throws IOException {
        try (ChronicleLog log = new ChronicleLog(directory, SMALL)) {
            LogEntry entry = new LogEntry(index, 1, LogEntry.Kind.NORMAL, new byte[] {1});
            DurableGate gate = new DurableGate();
            log.submit(RANGE.value(), new Persist(new HardState(1, 0, index), List.of(entry), null), gate);
            gate.await();
            FlushCycle cycle = new FlushCycle(engine, log, new ReplicaDirectory(), 0);
            if (flush) {
                cycle.changed(RANGE);
                cycle.run();
            }
        }
    }

    private void check() throws IOException {
        try (ChronicleLog log = new ChronicleLog(directory, SMALL)) {
            LogOpening.checkLogBelongsToState(log, engine, List.of());
        }
    }

    private void loseTheNewestFile() throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve("log"))) {
            Files.delete(files.filter(file -> file.toString().endsWith(".cq4"))
                    .max(Comparator.naturalOrder())
                    .orElseThrow());
        }
    }

    @Test
    void itsStoreDoesNotStart() throws IOException {
        append(1, true);
        append(2, true);
        check();
        loseTheNewestFile(); // of the check
        loseTheNewestFile();
        assertThatThrownBy(this::check)
                .isInstanceOf(LogCorruptException.class)
                .hasMessageContaining("its newest file is missing");
    }

    @Test
    void norWhenNoFileIsLeft() throws IOException {
        append(1, true);
        loseTheNewestFile();
        assertThatThrownBy(this::check).isInstanceOf(LogCorruptException.class);
    }

    /** What was appended since the flush may be there or not. */
    @Test
    void aWholeOneStarts() throws IOException {
        append(1, true);
        append(2, false);
        assertThatCode(this::check).doesNotThrowAnyException();
    }

    @Test
    void theMarkIsWrittenAsTheFormatSays() {
        try (Engine.Batch batch = engine.newBatch()) {
            StoreMarks.putLogRecords(batch, 258);
            engine.write(batch);
        }
        assertThat(engine.get(Engine.Space.LOCAL, new byte[] {'m', 'l'})).containsExactly(1, 0, 0, 0, 0, 0, 0, 1, 2);
        assertThat(StoreMarks.logRecords(engine)).isEqualTo(258);
    }
}
