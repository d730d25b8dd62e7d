package io.flotilla.node.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.flotilla.node.storage.Engine.Space;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Goal: whatever bit flips in a file of the state, it is told as damage, or what is read is what was written, entry by entry. Method: a random bit of each
 * file in turn, and every bit of what could make the list of files end early; all is read by key and by walking, as a server and as the tools open it.
 */
class StateBitFlipTest {
    private static final int SEEDS = Integer.getInteger("state.bitflip.seeds", 40);
    private static final int FLUSHES = 4;
    private static final int KEYS = 300;
    private static final byte[] LOWEST = {};
    private static final byte[] HIGHEST = {(byte) 0xFF};

    @TempDir
    Path temporary;

    private Path state;
    private final Map<Space, TreeMap<String, byte[]>> written = new HashMap<>();

    @BeforeEach
    void aStateOfSeveralFiles() {
        state = temporary.resolve("state");
        Random random = new Random(7);
        try (RocksEngine engine = new RocksEngine(state)) {
            for (int flush = 0; flush < FLUSHES; flush++) {
                writeSome(engine, random);
                engine.flush();
            }
        }
    }

    private TreeMap<String, byte[]> written(Space space) {
        return written.computeIfAbsent(space, none -> new TreeMap<>());
    }

    private void writeSome(RocksEngine engine, Random random) {
        try (Engine.Batch batch = engine.newBatch()) {
            for (int i = 0; i < KEYS; i++) {
                Space space = Space.values()[random.nextInt(Space.values().length)];
                String key = "key" + random.nextInt(KEYS);
                if (random.nextInt(8) == 0) {
                    batch.delete(space, key.getBytes(StandardCharsets.ISO_8859_1));
                    written(space).remove(key);
                } else {
                    byte[] value = new byte[random.nextInt(400)];
                    random.nextBytes(value);
                    batch.put(space, key.getBytes(StandardCharsets.ISO_8859_1), value);
                    written(space).put(key, value);
                }
            }
            engine.write(batch);
        }
    }

    @Test
    void aFlippedBitInAnyFileIsToldOrDoesNoHarm() throws IOException {
        int told = 0;
        int inTables = 0;
        for (int seed = 0; seed < SEEDS; seed++) {
            Random random = new Random(seed);
            List<Path> files = files();
            Path file = files.get(seed % files.size());
            long bit = random.nextLong(8 * Files.size(file));
            boolean damaged = isTold(file, bit, "seed " + seed);
            if (file.toString().endsWith(".sst")) {
                inTables++;
                told += damaged ? 1 : 0;
            }
        }
        // Nearly all of a table is blocks with a checksum each: if no flip were noticed, nothing would be looked at.
        assertThat(told).as("of " + inTables + " in tables").isGreaterThan(inTables / 2);
    }

    /** RocksDB takes a list whose record has too great a length, or is of a kind of other logs, for one that ends there. */
    @Test
    void noBitOfTheListOfFilesCanMakeItEndEarly() throws IOException {
        Path list = files().stream()
                .filter(file -> file.getFileName().toString().startsWith("MANIFEST"))
                .findFirst()
                .orElseThrow();
        byte[] bytes = Files.readAllBytes(list);
        int at = 0;
        int heads = 0;
        while (at < bytes.length) {
            int length = Byte.toUnsignedInt(bytes[at + 4]) | Byte.toUnsignedInt(bytes[at + 5]) << 8;
            boolean last = at + 7 + length == bytes.length;
            for (int bit = 8 * (at + 4); bit < 8 * (at + 7); bit++) {
                if (last || bit % 3 == 0) {
                    assertThat(isTold(list, bit, "head at " + at))
                            .as("bit " + bit)
                            .isTrue();
                }
            }
            at += 7 + length;
            heads++;
        }
        assertThat(heads).isGreaterThan(FLUSHES);
    }

    /** That is what a crash in the middle of an append leaves. */
    @Test
    void aListWithTheBeginningOfARecordAtItsEndIsNoDamage() throws IOException {
        Path list = files().stream()
                .filter(file -> file.getFileName().toString().startsWith("MANIFEST"))
                .findFirst()
                .orElseThrow();
        byte[] bytes = Files.readAllBytes(list);
        Files.write(list, Arrays.copyOf(bytes, 7 + 5), StandardOpenOption.APPEND);
        try (RocksEngine engine = new RocksEngine(state)) {
            engine.verifyChecksums();
        }
    }

    /** True if anything told of damage; else all was there. */
    private boolean isTold(Path file, long bit, String what) throws IOException {
        String where = what + ": bit " + bit + " of " + file.getFileName();
        boolean toldAsServer = isTold(file, bit, where, false);
        boolean toldAsTool = isTold(file, bit, where, true);
        return toldAsServer || toldAsTool;
    }

    private boolean isTold(Path file, long bit, String where, boolean tool) throws IOException {
        Path copy = temporary.resolve("copy");
        copyTo(copy);
        Path flipped = copy.resolve(file.getFileName().toString());
        byte[] bytes = Files.readAllBytes(flipped);
        bytes[(int) (bit / 8)] ^= (byte) (1 << bit % 8);
        Files.write(flipped, bytes);
        boolean told = false;
        try (RocksEngine engine = tool ? RocksEngine.openReadOnly(copy) : new RocksEngine(copy)) {
            for (Space space : Space.values()) {
                told |= readByKey(engine, space, where);
                told |= walk(engine, space, where);
            }
            if (tool) {
                engine.verifyChecksums();
            }
        } catch (StateCorruptException damaged) {
            told = true;
        } catch (RuntimeException other) {
            fail(where + " is told as something else than damage", other);
        }
        return told;
    }

    private boolean readByKey(RocksEngine engine, Space space, String where) {
        boolean told = false;
        for (int i = 0; i < KEYS; i++) {
            String key = "key" + i;
            try {
                byte[] found = engine.get(space, key.getBytes(StandardCharsets.ISO_8859_1));
                assertThat(found)
                        .as(where + ", " + key)
                        .isEqualTo(written(space).get(key));
            } catch (StateCorruptException damaged) {
                told = true;
            }
        }
        return told;
    }

    private boolean walk(RocksEngine engine, Space space, String where) {
        TreeMap<String, byte[]> expected = written(space);
        int count = 0;
        try (Engine.Cursor cursor = engine.cursor(space, LOWEST, HIGHEST)) {
            for (; cursor.isValid(); cursor.next()) {
                String key = new String(cursor.key(), StandardCharsets.ISO_8859_1);
                assertThat(cursor.value()).as(where + ", " + key).isEqualTo(expected.get(key));
                count++;
            }
        } catch (StateCorruptException damaged) {
            return true;
        }
        assertThat(count).as(where + ": entries of " + space).isEqualTo(expected.size());
        return false;
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(state)) {
            return files.filter(file -> !file.getFileName().toString().equals("LOCK"))
                    .filter(StateBitFlipTest::hasContent)
                    .sorted()
                    .toList();
        }
    }

    private static boolean hasContent(Path file) {
        try {
            return Files.size(file) > 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void copyTo(Path copy) throws IOException {
        if (Files.exists(copy)) {
            List<Path> old = new ArrayList<>();
            try (Stream<Path> files = Files.list(copy)) {
                files.forEach(old::add);
            }
            for (Path file : old) {
                Files.delete(file);
            }
        }
        Files.createDirectories(copy);
        for (Path file : files()) {
            Files.copy(file, copy.resolve(file.getFileName().toString()));
        }
    }
}
