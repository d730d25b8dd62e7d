package io.flotilla.node.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.node.storage.Engine.Cursor;
import io.flotilla.node.storage.Engine.Space;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.FlushOptions;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;

class RocksEngineTest extends EngineContract {
    @TempDir
    Path temporary;

    @Override
    Engine open() {
        return new RocksEngine(temporary.resolve("engine"));
    }

    /** The files as they lie there now, opened elsewhere, are what a killed process leaves. */
    @Override
    Engine crash(Engine running) {
        Path copy = temporary.resolve("copy");
        try (Stream<Path> files = Files.list(temporary.resolve("engine"))) {
            Files.createDirectories(copy);
            for (Path file : files.toList()) {
                Files.copy(file, copy.resolve(file.getFileName().toString()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        running.close();
        return new RocksEngine(copy);
    }

    @Test
    void flushedStateIsThereAfterReopening() {
        put(Space.DATA, "a");
        put(Space.RECORD, "r");
        engine.flush();
        engine.close();
        engine = open();
        assertThat(keys(Space.DATA, "a", "z")).containsExactly("a");
        assertThat(keys(Space.RECORD, "a", "z")).containsExactly("r");
    }

    /** Method: the directory vanishes, so that no new file can be made in it. */
    @Test
    void whoAnswersForTheStoreIsToldWhenWorkInTheBackgroundFails() throws Exception {
        CompletableFuture<StorageException> told = new CompletableFuture<>();
        RocksEngine rocks = (RocksEngine) engine;
        rocks.onFailure(told::complete);
        rocks.checkBackground();
        assertThat(told).isNotDone();
        put(Space.DATA, "a");
        Files.move(temporary.resolve("engine"), temporary.resolve("away"));
        assertThatThrownBy(engine::flush).isInstanceOf(StorageException.class);
        assertThat(told.get(60, TimeUnit.SECONDS)).hasMessageContaining("No such file");
        AtomicReference<StorageException> background = new AtomicReference<>();
        rocks.onFailure(background::set);
        rocks.checkBackground();
        assertThat(background.get()).hasMessageContaining("flushes or compactions failed");
        assertThatThrownBy(() -> put(Space.DATA, "b")).isInstanceOf(StorageException.class);
    }

    @Test
    void aSecondOpeningOfTheSameDirectoryIsRefused() {
        assertThatThrownBy(this::open)
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("another store has it open");
    }

    @Test
    void anOpenCursorSurvivesTheClosingOfTheEngineWithoutTouchingFreedMemory() throws Exception {
        put(Space.DATA, "a", "b");
        Cursor cursor = engine.cursor(Space.DATA, b("a"), b("z"));
        CompletableFuture<Void> closing = CompletableFuture.runAsync(engine::close);
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 1_000_000_000; i++) {
                        cursor.key();
                    }
                })
                .isInstanceOf(StorageException.class);
        cursor.close();
        closing.get();
        engine = open(); // closing freed the directory
    }

    @Test
    void aRangeDeletionLastsThroughAFlush() {
        put(Space.INTENT, "a", "b", "c");
        engine.flush();
        try (Engine.Batch batch = engine.newBatch()) {
            batch.deleteRange(Space.INTENT, b("a"), b("c"));
            engine.write(batch);
        }
        engine.flush();
        assertThat(keys(Space.INTENT, "a", "z")).isEqualTo(List.of("c"));
    }

    /** Method: RocksDB keeps each version of its list of files as long as an iterator needs it. */
    @Test
    void aCursorThatMeetsDamageAtItsFirstKeyLeavesNothingBehind() throws Exception {
        Path directory = Files.createDirectories(temporary.resolve("damaged"));
        try (Options options = new Options().setCreateIfMissing(true);
                FlushOptions flush = new FlushOptions()) {
            try (RocksDB db = RocksDB.open(options, directory.toString())) {
                db.put(b("k"), new byte[1_000]);
                db.flush(flush);
            }
            damageFirstBlock(directory);
            try (RocksDB db = RocksDB.open(options, directory.toString())) {
                Gate gate = new Gate(() -> {});
                assertThatThrownBy(() -> new RocksCursor(gate, db, db.getDefaultColumnFamily(), b("a"), b("z")))
                        .isInstanceOf(StateCorruptException.class);
                db.put(b("l"), b("l"));
                db.flush(flush);
                assertThat(db.getLongProperty("rocksdb.num-live-versions")).isEqualTo(1);
            }
        }
    }

    private static void damageFirstBlock(Path directory) throws IOException {
        Path table;
        try (Stream<Path> files = Files.list(directory)) {
            table = files.filter(file -> file.toString().endsWith(".sst"))
                    .findFirst()
                    .orElseThrow();
        }
        byte[] bytes = Files.readAllBytes(table);
        bytes[0] ^= 1;
        Files.write(table, bytes);
    }
}
