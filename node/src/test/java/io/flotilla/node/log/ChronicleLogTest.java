package io.flotilla.node.log;

import static io.flotilla.node.log.LogFixture.SMALL;
import static io.flotilla.node.log.LogFixture.append;
import static io.flotilla.node.log.LogFixture.contents;
import static io.flotilla.node.log.LogFixture.entries;
import static io.flotilla.node.log.LogFixture.hard;
import static io.flotilla.node.log.LogFixture.reset;
import static io.flotilla.node.log.LogFixture.submit;
import static io.flotilla.node.log.LogFixture.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.config.lang.Invariant;
import io.flotilla.node.raft.HardState;
import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.Ready.LogReset;
import io.flotilla.node.raft.Ready.Persist;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChronicleLogTest {
    @TempDir
    Path directory;

    private SharedLog log;

    @BeforeEach
    void open() throws IOException {
        log = new ChronicleLog(directory, SMALL);
    }

    @AfterEach
    void close() {
        log.close();
    }

    private void reopen() throws IOException {
        log.close();
        open();
    }

    @Test
    void anUnknownRangeHasAnEmptyLogBeginningAtOne() {
        assertThat(log.view(7).firstIndex()).isEqualTo(1);
        assertThat(log.view(7).lastIndex()).isZero();
        assertThat(log.view(7).termAt(0)).isZero();
        assertThat(log.view(7).entries(1, 10, 100)).isEmpty();
        assertThat(log.hardState(7)).isEqualTo(HardState.INITIAL);
        assertThat(log.ranges()).isEmpty();
    }

    @Test
    void appendedEntriesAreReadBackNowAndAfterReopening() throws IOException {
        write(log, 1, append(1, 3, 1));
        write(log, 1, append(4, 5, 2));
        List<String> expected = List.of("1:1", "2:1", "3:1", "4:2", "5:2");
        assertThat(contents(log.view(1))).isEqualTo(expected);
        reopen();
        assertThat(contents(log.view(1))).isEqualTo(expected);
        assertThat(log.ranges()).containsExactly(1L);
    }

    @Test
    void theLogGoesOnAfterEachReopening() throws IOException {
        for (int i = 1; i <= 4; i++) {
            write(log, 1, append(i, i, i));
            reopen();
        }
        assertThat(contents(log.view(1))).containsExactly("1:1", "2:2", "3:3", "4:4");
    }

    @Test
    void aLaterWriteOverridesTheSuffix() throws IOException {
        write(log, 1, append(1, 5, 1));
        write(log, 1, append(3, 4, 2));
        assertThat(contents(log.view(1))).containsExactly("1:1", "2:1", "3:2", "4:2");
        reopen();
        assertThat(contents(log.view(1))).containsExactly("1:1", "2:1", "3:2", "4:2");
        write(log, 1, append(5, 5, 2));
        assertThat(log.view(1).lastIndex()).isEqualTo(5);
    }

    @Test
    void overridesInOneGroupCountInTheirOrder() throws IOException {
        List<CompletableFuture<Void>> writes = new ArrayList<>();
        writes.add(submit(log, 1, append(1, 5, 1)));
        writes.add(submit(log, 1, append(2, 3, 2)));
        writes.add(submit(log, 1, append(3, 3, 3)));
        writes.forEach(CompletableFuture::join);
        assertThat(contents(log.view(1))).containsExactly("1:1", "2:2", "3:3");
        reopen();
        assertThat(contents(log.view(1))).containsExactly("1:1", "2:2", "3:3");
    }

    @Test
    void theLastHardStateOfEachRangeIsKept() throws IOException {
        write(log, 1, hard(1, 2, 0));
        write(log, 1, append(1, 4, 1));
        write(log, 1, hard(2, 3, 4));
        write(log, 2, new Persist(new HardState(9, 1, 1), entries(1, 2, 9), null));
        assertThat(log.hardState(1)).isEqualTo(new HardState(2, 3, 4));
        reopen();
        assertThat(log.hardState(1)).isEqualTo(new HardState(2, 3, 4));
        assertThat(log.hardState(2)).isEqualTo(new HardState(9, 1, 1));
        assertThat(log.ranges()).containsExactly(1L, 2L);
    }

    @Test
    void compactionForgetsThePrefixForGood() throws IOException {
        write(log, 1, append(1, 10, 3));
        log.compact(1, 6, 3);
        assertThat(log.view(1).firstIndex()).isEqualTo(7);
        assertThat(log.view(1).termAt(6)).isEqualTo(3);
        reopen();
        assertThat(log.view(1).firstIndex()).isEqualTo(7);
        assertThat(contents(log.view(1))).containsExactly("7:3", "8:3", "9:3", "10:3");
        log.compact(1, 10, 3);
        write(log, 1, append(11, 11, 4));
        assertThat(contents(log.view(1))).containsExactly("11:4");
        reopen();
        assertThat(contents(log.view(1))).containsExactly("11:4");
        assertThat(log.view(1).termAt(10)).isEqualTo(3);
    }

    @Test
    void aResetReplacesTheWholeLog() throws IOException {
        write(log, 1, append(1, 10, 3));
        write(log, 1, reset(50, 7));
        assertThat(log.view(1).firstIndex()).isEqualTo(51);
        assertThat(log.view(1).lastIndex()).isEqualTo(50);
        write(log, 1, append(51, 52, 8));
        write(log, 2, new Persist(new HardState(5, 0, 10), entries(11, 12, 5), new LogReset(10, 5)));
        reopen();
        assertThat(contents(log.view(1))).containsExactly("51:8", "52:8");
        assertThat(log.view(1).termAt(50)).isEqualTo(7);
        assertThat(contents(log.view(2))).containsExactly("11:5", "12:5");
    }

    @Test
    void aRemovedRangeIsGoneAndMayBeginAnew() throws IOException {
        write(log, 1, append(1, 3, 1));
        write(log, 2, append(1, 1, 1));
        log.remove(1);
        write(log, 2, append(2, 2, 1));
        assertThat(log.ranges()).containsExactly(2L);
        reopen();
        assertThat(log.ranges()).containsExactly(2L);
        write(log, 1, append(1, 1, 9));
        reopen();
        assertThat(contents(log.view(1))).containsExactly("1:9");
    }

    @Test
    void manyRangesShareTheLogWithoutMixing() throws IOException {
        List<CompletableFuture<Void>> writes = new ArrayList<>();
        for (int i = 1; i <= 20; i++) {
            for (long range = 1; range <= 100; range++) {
                writes.add(submit(log, range, append(i, i, range)));
            }
        }
        writes.forEach(CompletableFuture::join);
        reopen();
        assertThat(log.ranges()).hasSize(100);
        for (long range = 1; range <= 100; range++) {
            assertThat(log.view(range).lastIndex()).isEqualTo(20);
            long term = range;
            assertThat(contents(log.view(range))).allMatch(each -> each.endsWith(":" + term));
        }
    }

    @Test
    void listenersAreToldInTheOrderOfSubmission() {
        List<Integer> told = new ArrayList<>(); // only the writer's thread adds, and it is done at the join
        for (int i = 1; i <= 500; i++) {
            int number = i;
            log.submit(i % 7, append(1 + (i - 1) / 7, 1 + (i - 1) / 7, 1), new SharedLog.Listener() {
                @Override
                public void durable() {
                    told.add(number);
                }

                @Override
                public void failed(Exception cause) {}
            });
        }
        write(log, 99, hard(1, 1, 0));
        assertThat(told).hasSize(500).isSorted();
    }

    @Test
    void whatIsDurableIsVisibleWhenTheListenerIsTold() {
        CompletableFuture<Long> seen = new CompletableFuture<>();
        log.submit(1, append(1, 3, 1), new SharedLog.Listener() {
            @Override
            public void durable() {
                seen.complete(log.view(1).lastIndex());
            }

            @Override
            public void failed(Exception cause) {
                seen.completeExceptionally(cause);
            }
        });
        assertThat(seen.join()).isEqualTo(3);
    }

    @Test
    void filesRollBySizeAndAllOfThemAreRead() throws IOException {
        byte[] large = new byte[60_000];
        for (int i = 1; i <= 60; i++) {
            byte[] head = LogFixture.payload(i, 1);
            System.arraycopy(head, 0, large, 0, head.length);
            LogEntry entry = new LogEntry(i, 1, LogEntry.Kind.NORMAL, large.clone());
            write(log, 1, new Persist(null, List.of(entry), null));
        }
        assertThat(cycleFiles()).hasSizeBetween(4, 8);
        assertThat(contents(log.view(1))).hasSize(60);
        reopen();
        assertThat(contents(log.view(1))).hasSize(60);
    }

    @Test
    void oldEntriesCanBeReadBackWhileOthersAreAppendedAndFilesRoll() {
        for (long range = 1; range <= 3; range++) {
            write(log, range, append(1, 20, range));
        }
        List<CompletableFuture<Void>> readers = new ArrayList<>();
        for (long range = 1; range <= 3; range++) {
            long own = range;
            readers.add(CompletableFuture.runAsync(() -> {
                for (int i = 0; i < 100; i++) {
                    assertThat(contents(log.view(own))).hasSize(20);
                }
            }));
        }
        for (int i = 1; i <= 40; i++) {
            LogEntry entry = new LogEntry(i, 1, LogEntry.Kind.NORMAL, new byte[60_000]);
            write(log, 9, new Persist(null, List.of(entry), null));
        }
        readers.forEach(reader -> reader.orTimeout(30, TimeUnit.SECONDS).join());
    }

    @Test
    void aWriteLargerThanARecordIsSplitUp() throws IOException {
        List<LogEntry> entries = new ArrayList<>();
        for (int i = 1; i <= 30; i++) {
            byte[] payload = new byte[40_000];
            byte[] head = LogFixture.payload(i, 2);
            System.arraycopy(head, 0, payload, 0, head.length);
            entries.add(new LogEntry(i, 2, LogEntry.Kind.NORMAL, payload));
        }
        write(log, 1, new Persist(new HardState(2, 1, 30), entries, null));
        reopen();
        assertThat(contents(log.view(1))).hasSize(30);
        assertThat(log.hardState(1)).isEqualTo(new HardState(2, 1, 30));
    }

    @Test
    void anEntryTooLargeForAnyRecordFailsTheLogForGood() {
        LogEntry huge = new LogEntry(1, 1, LogEntry.Kind.NORMAL, new byte[200_000]);
        assertThat(LogFixture.causeOf(submit(log, 1, new Persist(null, List.of(huge), null))))
                .isInstanceOf(IOException.class);
        assertThat(LogFixture.causeOf(submit(log, 2, append(1, 1, 1)))).isInstanceOf(IOException.class);
    }

    @Test
    void aGapIsRefusedBeforeItIsWritten() {
        write(log, 1, append(1, 3, 1));
        assertThatThrownBy(() -> submit(log, 1, append(5, 5, 1))).isInstanceOf(Invariant.Violation.class);
        write(log, 1, append(4, 4, 1));
        assertThat(log.view(1).lastIndex()).isEqualTo(4);
    }

    @Test
    void entriesAreCutByBytesButNeverToNothing() {
        write(log, 1, append(1, 10, 1));
        int size = LogFixture.entry(1, 1).size();
        assertThat(log.view(1).entries(1, 11, 1)).hasSize(1);
        assertThat(log.view(1).entries(1, 11, 3L * size)).hasSize(3);
        assertThat(log.view(1).entries(4, 6, Long.MAX_VALUE)).hasSize(2);
    }

    @Test
    void aSecondOpeningOfTheSameDirectoryIsRefused() {
        assertThatThrownBy(() -> new ChronicleLog(directory, SMALL))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("in use");
    }

    /** The queue names its files by days; ours are counted, whatever day it is. */
    @Test
    void b72FilesRollBySizeAndNoClockHasASayInIt() throws Exception {
        int files = cycleFiles().size();
        byte[] large = new byte[50_000];
        for (long index = 1; cycleFiles().size() < files + 3; index++) {
            write(log, 1, new Persist(null, List.of(new LogEntry(index, 1, LogEntry.Kind.NORMAL, large)), null));
        }
        List<String> names = new ArrayList<>();
        cycleFiles().forEach(file -> names.add(file.getFileName().toString()));
        for (int i = 1; i < names.size(); i++) {
            assertThat(day(names.get(i))).isEqualTo(day(names.get(i - 1)).plusDays(1));
        }
        assertThat(day(names.get(names.size() - 1))).isBefore(LocalDate.of(1971, 1, 1));
    }

    private static LocalDate day(String name) {
        return LocalDate.parse(name.substring(0, 8), DateTimeFormatter.BASIC_ISO_DATE);
    }

    @Test
    void everyByteOfTheFileInUseIsReallyAllocated() throws Exception {
        write(log, 1, append(1, 1, 1));
        Path file = cycleFiles().get(0);
        assertThat(allocated(file)).isGreaterThanOrEqualTo(Files.size(file));
    }

    @Test
    void reopeningGivesBackWhatOlderFilesDoNotNeed() throws Exception {
        write(log, 1, append(1, 1, 1));
        Path file = cycleFiles().get(0);
        long before = allocated(file);
        reopen();
        long deadline = System.nanoTime() + 20_000_000_000L;
        // Beside the opening: by the collector.
        while (allocated(file) >= before / 2 + (256 << 10)) {
            assertThat(System.nanoTime()).as("in time").isLessThan(deadline);
        }
        assertThat(contents(log.view(1))).containsExactly("1:1");
        reopen();
        assertThat(contents(log.view(1))).containsExactly("1:1");
    }

    private List<Path> cycleFiles() throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve("log"))) {
            return files.filter(each -> each.toString().endsWith(".cq4"))
                    .sorted()
                    .toList();
        }
    }

    private static long allocated(Path file) throws IOException {
        Process stat = new ProcessBuilder("stat", "-c", "%b %B", file.toString()).start();
        String[] numbers = new String(stat.getInputStream().readAllBytes(), StandardCharsets.US_ASCII)
                .trim()
                .split(" ");
        return Long.parseLong(numbers[0]) * Long.parseLong(numbers[1]);
    }
}
