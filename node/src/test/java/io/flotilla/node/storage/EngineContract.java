package io.flotilla.node.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.node.storage.Engine.Batch;
import io.flotilla.node.storage.Engine.Cursor;
import io.flotilla.node.storage.Engine.Space;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every engine does. Each is put through the same tests. */
abstract class EngineContract {
    Engine engine;

    abstract Engine open();

    /** What is left after a crash without a flush since the last one. */
    abstract Engine crash(Engine engine);

    @BeforeEach
    void openEngine() {
        engine = open();
    }

    @AfterEach
    void closeEngine() {
        engine.close();
    }

    static byte[] b(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    void put(Space space, String... keys) {
        try (Batch batch = engine.newBatch()) {
            for (String key : keys) {
                batch.put(space, b(key), b("v" + key));
            }
            engine.write(batch);
        }
    }

    List<String> keys(Space space, String from, String to) {
        List<String> keys = new ArrayList<>();
        try (Cursor cursor = engine.cursor(space, b(from), b(to))) {
            for (; cursor.isValid(); cursor.next()) {
                keys.add(new String(cursor.key(), StandardCharsets.ISO_8859_1));
            }
        }
        return keys;
    }

    @Test
    void whatWasPutIsReadInItsSpaceOnly() {
        put(Space.DATA, "a");
        assertThat(engine.get(Space.DATA, b("a"))).isEqualTo(b("va"));
        assertThat(engine.get(Space.INTENT, b("a"))).isNull();
        assertThat(engine.get(Space.DATA, b("b"))).isNull();
    }

    @Test
    void nothingOfABatchIsSeenBeforeItIsWritten() {
        try (Batch batch = engine.newBatch()) {
            batch.put(Space.DATA, b("a"), b("1"));
            assertThat(engine.get(Space.DATA, b("a"))).isNull();
            engine.write(batch);
        }
        assertThat(engine.get(Space.DATA, b("a"))).isEqualTo(b("1"));
    }

    @Test
    void stepsOfABatchCountInTheirOrder() {
        put(Space.DATA, "a", "b", "c", "d");
        try (Batch batch = engine.newBatch()) {
            batch.deleteRange(Space.DATA, b("a"), b("d"));
            batch.put(Space.DATA, b("b"), b("new"));
            batch.put(Space.DATA, b("e"), b("gone"));
            batch.delete(Space.DATA, b("e"));
            engine.write(batch);
        }
        assertThat(keys(Space.DATA, "a", "z")).containsExactly("b", "d");
        assertThat(engine.get(Space.DATA, b("b"))).isEqualTo(b("new"));
    }

    @Test
    void anEmptyOrReversedRangeRemovesNothing() {
        put(Space.DATA, "a", "b");
        try (Batch batch = engine.newBatch()) {
            batch.deleteRange(Space.DATA, b("a"), b("a"));
            batch.deleteRange(Space.DATA, b("c"), b("a"));
            engine.write(batch);
        }
        assertThat(keys(Space.DATA, "a", "z")).containsExactly("a", "b");
        assertThat(keys(Space.DATA, "b", "a")).isEmpty();
    }

    @Test
    void keysAreOrderedAsUnsignedBytes() {
        put(Space.DATA, "\u0001", "\u007f", "\u0080", "\u00ff", "\u007f\u0000");
        assertThat(keys(Space.DATA, "", "\u00ff\u00ff"))
                .containsExactly("\u0001", "\u007f", "\u007f\u0000", "\u0080", "\u00ff");
    }

    @Test
    void aCursorStaysWithinItsBounds() {
        put(Space.DATA, "a", "b", "c", "d");
        assertThat(keys(Space.DATA, "b", "d")).containsExactly("b", "c");
        assertThat(keys(Space.DATA, "bb", "bc")).isEmpty();
    }

    @Test
    void aCursorSeeksForwardOnly() {
        put(Space.DATA, "a", "b", "c", "d", "e");
        try (Cursor cursor = engine.cursor(Space.DATA, b("a"), b("e"))) {
            cursor.seek(b("bb"));
            assertThat(cursor.key()).isEqualTo(b("c"));
            assertThat(cursor.value()).isEqualTo(b("vc"));
            cursor.seek(b("a"));
            assertThat(cursor.key()).isEqualTo(b("c"));
            cursor.next();
            assertThat(cursor.key()).isEqualTo(b("d"));
            cursor.seek(b("dd"));
            assertThat(cursor.isValid()).isFalse();
            cursor.seek(b("a"));
            assertThat(cursor.isValid()).isFalse();
        }
    }

    @Test
    void aCursorDoesNotSeeWhatIsWrittenAfterItWasOpened() {
        put(Space.DATA, "a", "c");
        try (Cursor cursor = engine.cursor(Space.DATA, b("a"), b("z"))) {
            put(Space.DATA, "b", "d");
            cursor.next();
            assertThat(cursor.key()).isEqualTo(b("c"));
            cursor.next();
            assertThat(cursor.isValid()).isFalse();
        }
    }

    @Test
    void aCrashLeavesWhatWasFlushedInAllSpacesTogether() {
        put(Space.DATA, "a");
        put(Space.LOCAL, "applied");
        engine.flush();
        put(Space.DATA, "b");
        put(Space.LOCAL, "later");
        engine = crash(engine);
        assertThat(keys(Space.DATA, "a", "z")).containsExactly("a");
        assertThat(keys(Space.LOCAL, "a", "z")).containsExactly("applied");
    }

    @Test
    void aClosedEngineRefusesEverything() {
        Batch batch = engine.newBatch();
        engine.close();
        engine.close();
        assertThatThrownBy(() -> engine.get(Space.DATA, b("a"))).isInstanceOf(StorageException.class);
        assertThatThrownBy(() -> engine.cursor(Space.DATA, b("a"), b("b"))).isInstanceOf(StorageException.class);
        assertThatThrownBy(() -> engine.newBatch()).isInstanceOf(StorageException.class);
        assertThatThrownBy(() -> engine.write(batch)).isInstanceOf(StorageException.class);
        assertThatThrownBy(() -> engine.flush()).isInstanceOf(StorageException.class);
        batch.close();
    }
}
