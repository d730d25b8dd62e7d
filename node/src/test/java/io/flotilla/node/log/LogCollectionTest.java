package io.flotilla.node.log;

import static io.flotilla.node.log.LogFixture.contents;
import static io.flotilla.node.log.LogFixture.hard;
import static io.flotilla.node.log.LogFixture.write;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.node.disk.Disk;
import io.flotilla.node.disk.ForwardingDisk;
import io.flotilla.node.raft.HardState;
import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.Ready.Persist;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Goal: the log stays small and loses nothing by it. Method: small files, a busy range, ranges that never write again. */
class LogCollectionTest {
    private static final LogSettings SETTINGS = new LogSettings(1 << 20, 0, 1 << 20, 2, 1L << 30);
    private static final int ENTRY_BYTES = 50_000;

    @TempDir
    Path directory;

    private ChronicleLog log;

    @BeforeEach
    void open() throws IOException {
        log = new ChronicleLog(directory, SETTINGS);
    }

    @AfterEach
    void close() {
        log.close();
    }

    private void reopen() throws IOException {
        log.close();
        open();
    }

    private static LogEntry large(long index, long term) {
        byte[] payload = new byte[ENTRY_BYTES];
        byte[] head = LogFixture.payload(index, term);
        System.arraycopy(head, 0, payload, 0, head.length);
        return new LogEntry(index, term, LogEntry.Kind.NORMAL, payload);
    }

    /** Writes entries [from, to] of the busy range, which keeps the last {@code keep} of them. */
    private void busy(long from, long to, long keep) {
        for (long i = from; i <= to; i++) {
            write(log, 9, new Persist(new HardState(1, 1, i - 1), List.of(large(i, 1)), null));
            if (i > keep) {
                log.compact(9, i - keep, 1);
            }
        }
    }

    private static void eventually(BooleanSupplier condition) {
        long deadline = System.nanoTime() + 60_000_000_000L;
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("in time").isLessThan(deadline);
            LockSupport.parkNanos(1_000_000);
        }
    }

    @Test
    void aFileThatIsReadWhileItIsCollectedDoesNotStayOpen() throws IOException {
        Path data = directory.resolve("other");
        try (ChronicleLog other = new ChronicleLog(data, SETTINGS)) {
            write(other, 1, LogFixture.append(1, 1, 1));
        }
        Path file = LogInspector.files(data).get(0);
        RangeHistory history = requireNonNull(
                CycleScan.scan(file, 0, SETTINGS.recordBytesMax()).ranges().get(1L));
        long place = history.entries().place(1);
        AtomicReference<CycleReaders> late = new AtomicReference<>();
        Disk disk = new ForwardingDisk() {
            @Override
            public void delete(Path gone) throws IOException {
                // Somebody asked for the place before the entry was moved, and comes to read only now.
                assertThat(requireNonNull(late.get()).read(place, 1)).hasSize(1);
                super.delete(gone);
            }
        };
        try (CycleFiles files = new CycleFiles(disk, data.resolve("log"), QueueFile.fileBytes(SETTINGS.cycleBytes()));
                CycleReaders readers = new CycleReaders(files, SETTINGS.recordBytesMax())) {
            late.set(readers);
            readers.delete(0);
            assertThat(readers.read(place, 1)).isEmpty();
            assertThat(opened()).noneMatch(name -> name.startsWith(file.toString()));
        }
    }

    /** What this process has open. */
    private static List<String> opened() throws IOException {
        List<String> names = new ArrayList<>();
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            for (Path descriptor : descriptors.toList()) {
                if (Files.isSymbolicLink(descriptor)) {
                    names.add(Files.readSymbolicLink(descriptor).toString());
                }
            }
        }
        return names;
    }

    private List<Path> cycleFiles() {
        try (Stream<Path> files = Files.list(directory.resolve("log"))) {
            return files.filter(each -> each.toString().endsWith(".cq4"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void aBusyRangeDoesNotFillTheDisk() throws IOException {
        busy(1, 400, 3);
        eventually(() -> log.stats().files() <= 3);
        assertThat(cycleFiles()).hasSizeLessThanOrEqualTo(3);
        assertThat(log.stats().collected()).isGreaterThan(15);
        assertThat(log.stats().movedBytes()).isLessThan(log.stats().writtenBytes() / 2);
        reopen();
        assertThat(contents(log.view(9))).hasSize(3);
        assertThat(log.hardState(9)).isEqualTo(new HardState(1, 1, 399));
    }

    @Test
    void idleRangesKeepHardStateBaseAndEntriesWhenTheirFileGoes() throws IOException {
        write(log, 1, LogFixture.append(1, 20, 3));
        write(log, 1, hard(5, 2, 17));
        log.compact(1, 12, 3);
        write(log, 2, hard(7, 3, 0));
        write(log, 3, LogFixture.reset(40, 6));
        write(log, 4, LogFixture.append(1, 5, 1));
        log.remove(4);
        write(log, 5, LogFixture.append(1, 5, 1));
        Path first = cycleFiles().get(0);
        busy(1, 200, 2);
        eventually(() -> !Files.exists(first));
        for (int opening = 0; opening < 3; opening++) {
            assertThat(contents(log.view(1)))
                    .containsExactly("13:3", "14:3", "15:3", "16:3", "17:3", "18:3", "19:3", "20:3");
            assertThat(log.view(1).termAt(12)).isEqualTo(3);
            assertThat(log.hardState(1)).isEqualTo(new HardState(5, 2, 17));
            assertThat(log.hardState(2)).isEqualTo(new HardState(7, 3, 0));
            assertThat(log.view(3).firstIndex()).isEqualTo(41);
            assertThat(log.view(3).termAt(40)).isEqualTo(6);
            assertThat(contents(log.view(5))).hasSize(5);
            assertThat(log.ranges()).containsExactly(1L, 2L, 3L, 5L, 9L);
            reopen();
        }
        write(log, 1, LogFixture.append(18, 18, 5));
        assertThat(contents(log.view(1))).endsWith("17:3", "18:5");
    }

    @Test
    void entriesThatRangesKeepAreMovedAndReadBackFromWhereTheyAreNow() throws IOException {
        for (int i = 1; i <= 30; i++) {
            write(log, 1, new Persist(null, List.of(large(i, 1)), null));
        }
        Path first = cycleFiles().get(0);
        busy(1, 200, 2);
        eventually(() -> !Files.exists(first));
        assertThat(contents(log.view(1))).hasSize(30);
        reopen();
        assertThat(contents(log.view(1))).hasSize(30);
    }

    @Test
    void rangesThatKeepTooMuchAreAskedToGiveItUp() throws IOException {
        log.close();
        log = new ChronicleLog(directory, new LogSettings(1 << 20, 0, 1 << 20, 2, 500_000));
        log.onCrowded(inTheWay -> inTheWay.forEach((range, last) -> {
            if (range == 1) {
                log.compact(range, last, 1);
            }
        }));
        for (int i = 1; i <= 30; i++) {
            write(log, 1, new Persist(null, List.of(large(i, 1)), null));
        }
        busy(1, 100, 2);
        eventually(() -> (31 - log.view(1).firstIndex()) * ENTRY_BYTES <= 500_000);
        eventually(() -> log.stats().files() <= 3);
        assertThat(log.stats().movedBytes()).isLessThan(2L * ENTRY_BYTES * 10);
    }

    /**
     * Each keeps less than it may, fewer entries than a peer may be behind at any moment, and all that lies in the files is kept by one of them: nothing else
     * would end it.
     */
    @Test
    void manyRangesThatKeepLittleEachAreAskedToo() throws IOException {
        log.close();
        log = new ChronicleLog(directory, new LogSettings(1 << 20, 0, 1 << 20, 2, 500_000));
        log.onCrowded(inTheWay -> inTheWay.forEach(
                (range, last) -> log.compact(range, last, log.view(range).termAt(last))));
        for (int i = 1; i <= 40; i++) {
            for (int range = 1; range <= 10; range++) {
                write(log, range, new Persist(null, List.of(large(i, 1)), null));
            }
        }
        eventually(() -> log.stats().files() <= 4 && log.stats().liveBytes() < 3L << 20);
        for (int range = 1; range <= 10; range++) {
            assertThat(log.view(range).lastIndex()).isEqualTo(40);
            assertThat(log.view(range).firstIndex())
                    .as("what lies in newer files is kept")
                    .isLessThanOrEqualTo(40);
        }
    }

    @Test
    void theLogIsRefusedIfItsBeginningIsMissing() throws IOException {
        busy(1, 40, 30);
        Path first = cycleFiles().get(0);
        log.close();
        Files.delete(first);
        assertThatThrownBy(() -> new ChronicleLog(directory, SETTINGS))
                .isInstanceOf(LogCorruptException.class)
                .hasMessageContaining("lost its beginning");
        Files.walk(directory)
                .sorted(java.util.Comparator.reverseOrder())
                .forEach(path -> path.toFile().delete());
        open();
    }

    @Test
    void collectedFilesFreeTheirSpaceAtOnce() {
        busy(1, 300, 2);
        eventually(() -> log.stats().files() <= 3);
        eventually(() -> deletedButOpen() == 0);
    }

    /** A file is an eighth longer than its records may be, as long as they come. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void aFileThatIsLeftGivesBackTheBlocksBehindItsRecords() throws IOException {
        log.close();
        LogSettings larger = new LogSettings(8 << 20, 0, 1 << 20, 8, 1L << 30);
        log = new ChronicleLog(directory, larger);
        Path first = cycleFiles().get(cycleFiles().size() - 1);
        assertThat(blockBytes(first)).isGreaterThanOrEqualTo(QueueFile.fileBytes(larger.cycleBytes()));
        for (int i = 1; log.stats().files() < 3; i++) {
            write(log, 1, new Persist(null, List.of(large(i, 1)), null));
        }
        eventually(() -> blockBytes(first) <= larger.cycleBytes() + (128 << 10));
        long last = log.view(1).lastIndex();
        log.close();
        log = new ChronicleLog(directory, larger);
        assertThat(contents(log.view(1))).hasSize((int) last);
    }

    private static long blockBytes(Path file) {
        try {
            Process du = new ProcessBuilder("du", "-B1", file.toString()).start();
            String said = new String(du.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            return Long.parseLong(said.split("\\s")[0]);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** The queue names its files by days, up to the end of the year 9999. */
    @Test
    void theLogOutlivesTheLastNameOfAFile() throws IOException {
        busy(1, 60, 50);
        log.close();
        List<Path> files = cycleFiles();
        assertThat(files).hasSizeGreaterThan(2);
        LocalDate last = LocalDate.of(9999, 12, 31);
        for (int i = 0; i < files.size(); i++) {
            String name = last.minusDays(files.size() - 1 - i).format(DateTimeFormatter.BASIC_ISO_DATE);
            Files.move(files.get(i), files.get(i).resolveSibling(name + CycleFiles.SUFFIX));
        }
        open();
        assertThat(contents(log.view(9))).hasSize(50);
        busy(61, 160, 50);
        reopen();
        assertThat(log.view(9).lastIndex()).isEqualTo(160);
        assertThat(contents(log.view(9))).hasSize(50);
    }

    @Test
    void aCrashWhileFilesAreCountedAnewLosesNothing() throws IOException {
        busy(1, 60, 50);
        log.close();
        List<Path> files = cycleFiles();
        assertThat(files).hasSizeGreaterThan(2);
        // The oldest one has its new name already.
        LocalDate last = LocalDate.of(9999, 12, 31);
        Files.move(files.get(0), files.get(0).resolveSibling("19700101" + CycleFiles.SUFFIX));
        for (int i = 1; i < files.size(); i++) {
            String name = last.minusDays(files.size() - 1 - i).format(DateTimeFormatter.BASIC_ISO_DATE);
            Files.move(files.get(i), files.get(i).resolveSibling(name + CycleFiles.SUFFIX));
        }
        open();
        assertThat(contents(log.view(9))).hasSize(50);
        assertThat(cycleFiles()).allMatch(file -> file.getFileName().toString().startsWith("1970"));
    }

    private long deletedButOpen() {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.filter(each -> {
                        try {
                            String name = Files.readSymbolicLink(each).toString();
                            return name.startsWith(directory.toString()) && name.endsWith("(deleted)");
                        } catch (IOException gone) {
                            return false;
                        }
                    })
                    .count();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
