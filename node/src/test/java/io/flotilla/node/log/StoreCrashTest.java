package io.flotilla.node.log;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.node.disk.CrashDisk;
import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.LogView;
import io.flotilla.node.raft.Ready.Persist;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.Engine.Space;
import io.flotilla.node.storage.RocksEngine;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Goal: log and state together have all that was acknowledged after a power cut at any moment, flushes included: what is not in the state is in the log.
 * Method: entries are appended, applied to an engine with their index in the same batch, and forgotten by the log once the engine is flushed, as a store
 * does. A cut leaves the log in an image of {@link CrashDisk}, and the engine as of its last flush, or in the middle of the next: RocksDB syncs new tables
 * before it appends to its manifest, so either parts of the tables are there, or all of them and a part of the manifest's end.
 *
 * <p>More images: {@code -Dlog.crash.images=5000}; a failure names the seed that replays it with {@code -Dlog.crash.seed=S}.
 */
class StoreCrashTest {
    private static final int IMAGES = Integer.getInteger("log.crash.images", 60) / 2;
    private static final long SEED = Long.getLong("log.crash.seed", 1);
    private static final int RANGES = 3;
    /** Fewer than make RocksDB compact by itself, which syncs in an order of its own. */
    private static final int ROUNDS = 3;

    private static final int KEPT = 4;
    private static final int PAGE_BYTES = 4096;

    @TempDir
    Path temporary;

    private final long[] appended = new long[RANGES + 1];
    private final long[] acknowledged = new long[RANGES + 1];
    private final long[] applied = new long[RANGES + 1];
    private final Map<String, Integer> seen = new TreeMap<>();
    private TreeMap<String, byte[]> flushed = new TreeMap<>();
    private int images;

    /** So many records of the log were durable when the state was flushed last, or was about to be. */
    private long marked;

    /** Every kind of image has its turn, in an order that the seed decides: with a few of them, chance leaves one out. */
    private long nextKind;

    @Test
    void b75WhatIsNotInTheStateIsInTheLogAfterAPowerCutAtAnyMoment() throws Exception {
        long seed = SEED;
        for (; images < IMAGES; seed++) {
            run(seed);
        }
        System.out.println(
                "StoreCrashTest: " + images + " images from seeds " + SEED + " to " + (seed - 1) + ": " + seen);
        assertThat(seen.keySet())
                .contains("before the flush", "part of the tables", "part of the manifest", "after the flush");
    }

    private void run(long seed) throws Exception {
        Random random = new Random(seed);
        nextKind = seed;
        Path store = temporary.resolve("store");
        for (long[] each : List.of(appended, acknowledged, applied)) {
            Arrays.fill(each, 0);
        }
        boolean[] wanted = new boolean[1];
        List<Throwable> findings = new ArrayList<>();
        CrashDisk disk = new CrashDisk(store.resolve("log"), (crashing, moment) -> {
            boolean inFlush = moment.equals("in a flush");
            if (findings.isEmpty() && (inFlush || wanted[0] && random.nextInt(20) == 0)) {
                wanted[0] = false;
                long[] durable = acknowledged.clone();
                Path image = temporary.resolve("image");
                crashing.cut(image.resolve("log"), random);
                String kind = stateImage(store.resolve("state"), image.resolve("state"), inFlush, random);
                images++;
                seen.merge(kind, 1, Integer::sum);
                try {
                    check(image, durable);
                } catch (IOException | RuntimeException | AssertionError wrong) {
                    findings.add(new AssertionError("seed " + seed + ", " + moment + ", " + kind, wrong));
                }
                delete(image);
            }
        });
        try (RocksEngine engine = new RocksEngine(store.resolve("state"));
                ChronicleLog log = new ChronicleLog(disk, store, LogWorkload.SETTINGS)) {
            marked = 0;
            engine.flush();
            flushed = files(store.resolve("state"));
            for (int round = 0; round < ROUNDS && findings.isEmpty(); round++) {
                wanted[0] = true;
                work(log, engine, random);
                long[] before = applied.clone();
                marked = log.recordsDurable();
                engine.flush();
                disk.moment("in a flush");
                flushed = files(store.resolve("state"));
                for (int range = 1; range <= RANGES; range++) {
                    if (before[range] > KEPT) {
                        log.compact(range, before[range] - random.nextInt(KEPT), 1);
                    }
                }
            }
        }
        if (!findings.isEmpty()) {
            throw new AssertionError(findings.get(0));
        }
        delete(store);
    }

    private void work(ChronicleLog log, RocksEngine engine, Random random) {
        for (int i = 0; i < 25; i++) {
            List<CompletableFuture<Void>> writes = new ArrayList<>();
            for (int range = 1; range <= RANGES; range++) {
                long first = appended[range] + 1;
                appended[range] += 1 + random.nextInt(3);
                long last = appended[range];
                int of = range;
                writes.add(LogFixture.submit(log, range, new Persist(null, entries(range, first, last), null))
                        .thenRun(() -> acknowledged[of] = last));
            }
            writes.forEach(CompletableFuture::join);
            int range = 1 + random.nextInt(RANGES);
            // What is applied was committed, so it is durable here or elsewhere; here it is.
            apply(engine, range, applied[range] + random.nextInt((int) (acknowledged[range] - applied[range]) + 1));
        }
    }

    private void apply(RocksEngine engine, int range, long upTo) {
        try (Engine.Batch batch = engine.newBatch()) {
            for (long index = applied[range] + 1; index <= upTo; index++) {
                batch.put(Space.DATA, key(range, index), payload(range, index));
            }
            batch.put(
                    Space.LOCAL,
                    key(range, 0),
                    ByteBuffer.allocate(8).putLong(upTo).array());
            engine.write(batch);
        }
        applied[range] = upTo;
    }

    private static List<LogEntry> entries(int range, long first, long last) {
        List<LogEntry> entries = new ArrayList<>();
        for (long index = first; index <= last; index++) {
            entries.add(new LogEntry(index, 1, LogEntry.Kind.NORMAL, payload(range, index)));
        }
        return entries;
    }

    private static byte[] payload(int range, long index) {
        byte[] head = LogFixture.payload(index, 1);
        byte[] payload = Arrays.copyOf(head, head.length + (int) (index * 7919 % 12_000));
        Arrays.fill(payload, head.length, payload.length, (byte) (range + index));
        return payload;
    }

    private static byte[] key(int range, long index) {
        return String.format("%d/%08d", range, index).getBytes(US_ASCII);
    }

    private void check(Path image, long[] durable) throws IOException {
        try (RocksEngine engine = new RocksEngine(image.resolve("state"));
                ChronicleLog log = new ChronicleLog(image, LogWorkload.SETTINGS)) {
            engine.verifyChecksums();
            assertThat(log.recordsFound()).isGreaterThanOrEqualTo(marked);
            for (int range = 1; range <= RANGES; range++) {
                byte[] found = engine.get(Space.LOCAL, key(range, 0));
                long inState = found == null ? 0 : ByteBuffer.wrap(found).getLong();
                LogView view = log.view(range);
                assertThat(inState).as("applied of range %s", range).isLessThanOrEqualTo(applied[range]);
                assertThat(Math.max(inState, view.lastIndex()))
                        .as("state or log of range %s", range)
                        .isBetween(durable[range], appended[range]);
                assertThat(view.firstIndex())
                        .as("log behind the state of range %s", range)
                        .isLessThanOrEqualTo(inState + 1);
                for (long index = 1; index <= appended[range]; index++) {
                    byte[] value = engine.get(Space.DATA, key(range, index));
                    assertThat(value)
                            .as("range %s, index %s", range, index)
                            .isEqualTo(index <= inState ? payload(range, index) : null);
                }
                for (LogEntry entry : view.entries(view.firstIndex(), view.lastIndex() + 1, Long.MAX_VALUE)) {
                    assertThat(entry.payload()).isEqualTo(payload(range, entry.index()));
                }
            }
        }
    }

    // ---- images of the state -------------------------------------------------------------------------------------

    private String stateImage(Path state, Path image, boolean inFlush, Random random) throws IOException {
        Files.createDirectories(image);
        TreeMap<String, byte[]> now = inFlush ? files(state) : flushed;
        int kind = inFlush ? Math.floorMod(nextKind++, 4) : 0;
        for (Map.Entry<String, byte[]> file : now.entrySet()) {
            String name = file.getKey();
            byte[] old = flushed.get(name);
            byte[] written = file.getValue();
            if (name.endsWith(".sst") && old == null) {
                if (kind == 1 && random.nextBoolean()) {
                    Files.write(image.resolve(name), torn(written, random));
                } else if (kind >= 2) {
                    Files.write(image.resolve(name), written);
                }
            } else if (name.startsWith("MANIFEST") && kind == 2) {
                int known = old == null ? 0 : old.length;
                Files.write(
                        image.resolve(name),
                        Arrays.copyOf(written, known + random.nextInt(written.length - known + 1)));
            } else if (kind == 3) {
                Files.write(image.resolve(name), written);
            } else if (old != null) {
                Files.write(image.resolve(name), old);
            }
        }
        return List.of("before the flush", "part of the tables", "part of the manifest", "after the flush")
                .get(kind);
    }

    private static byte[] torn(byte[] written, Random random) {
        byte[] torn = Arrays.copyOf(written, random.nextInt(written.length + 1));
        for (int page = 0; page < torn.length; page += PAGE_BYTES) {
            if (random.nextBoolean()) {
                Arrays.fill(torn, page, Math.min(torn.length, page + PAGE_BYTES), (byte) 0);
            }
        }
        return torn;
    }

    private static TreeMap<String, byte[]> files(Path directory) throws IOException {
        TreeMap<String, byte[]> files = new TreeMap<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(directory, Files::isRegularFile)) {
            for (Path file : found) {
                if (!file.getFileName().toString().equals("LOCK")) {
                    files.put(file.getFileName().toString(), Files.readAllBytes(file));
                }
            }
        }
        return files;
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
