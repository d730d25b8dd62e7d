package io.flotilla.node.log;

import static io.flotilla.node.log.LogFixture.SMALL;
import static io.flotilla.node.log.LogFixture.contents;
import static io.flotilla.node.log.LogFixture.hard;
import static io.flotilla.node.log.LogFixture.write;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.node.disk.Disk;
import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.Ready.Persist;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Goal: whatever bit flips in the log's files, nothing that was acknowledged is missing or wrong without a word. Method: random bits of all that is in use;
 * of the last record, which a crash could have torn, one of every third byte with the whole log opened, and of three kinds of last records every bit of the
 * queue's header, and some of the rest, as the recovery and, of every fourth of them, the inspector judge it.
 *
 * <p>Every bit: {@code -Dlog.bitflip.all=true}.
 */
class LogBitFlipTest {
    private static final int ENTRIES = 40;
    private static final int STARTS = 3;
    private static final int SEEDS = Integer.getInteger("log.bitflip.seeds", 30);

    private static final boolean ALL = Boolean.getBoolean("log.bitflip.all");

    /** One of so many bits of a payload is flipped, and of what else is behind the queue's header. */
    private static final int PAYLOAD_STEP = ALL ? 1 : 397;

    private static final int STEP = ALL ? 1 : 5;
    private static final int INSPECTED_STEP = ALL ? 1 : 4;

    /** Our header, and what stands before the payload of a part with one entry. */
    private static final int BEFORE_PAYLOAD_BYTES = 24 + 8 + 9 + 1 + 12 + 13;

    @TempDir
    Path directory;

    @TempDir
    Path copies;

    private final List<String> acknowledged = LongStream.rangeClosed(1, (long) ENTRIES * STARTS)
            .mapToObj(index -> index + ":1")
            .toList();

    @BeforeEach
    void aLogOfSeveralFiles() throws IOException {
        Random random = new Random(1);
        for (int start = 0; start < STARTS; start++) {
            try (ChronicleLog log = new ChronicleLog(directory, SMALL)) {
                for (int i = 1; i <= ENTRIES; i++) {
                    long index = (long) start * ENTRIES + i;
                    write(log, 1, new Persist(null, List.of(entry(index, random.nextInt(1_500))), null));
                }
                write(log, 1, hard(1, 2, (long) (start + 1) * ENTRIES));
            }
        }
    }

    private static LogEntry entry(long index, int more) {
        byte[] start = LogFixture.payload(index, 1);
        byte[] payload = Arrays.copyOf(start, start.length + more);
        Arrays.fill(payload, start.length, payload.length, (byte) 'x');
        return new LogEntry(index, 1, LogEntry.Kind.NORMAL, payload);
    }

    @Test
    void aFlippedBitAnywhereIsNoticedOrDoesNoHarm() throws IOException {
        int noticed = 0;
        for (int seed = 0; seed < SEEDS; seed++) {
            Random random = new Random(seed);
            List<Path> files = files();
            Path file = files.get(random.nextInt(files.size()));
            long begin = firstRecord(file);
            long at = begin + (long) (random.nextDouble() * (inUse(file) - begin));
            noticed += flipped(file, at, random.nextInt(8), "seed " + seed) ? 1 : 0;
        }
        assertThat(noticed).as("of " + SEEDS).isGreaterThan(SEEDS * 9 / 10);
    }

    /** What lies before the first record is the queue's own; nothing that was acknowledged may be lost for it, or made up. */
    @Test
    void aFlippedBitBeforeTheFirstRecordOfAFileIsNoticedOrDoesNoHarm() throws IOException {
        for (int seed = 0; seed < SEEDS; seed++) {
            Random random = new Random(-1 - seed);
            List<Path> files = files();
            Path file = files.get(random.nextInt(files.size()));
            // Half of them in the first header, by which all else is found.
            long end = random.nextBoolean() ? 4 : firstRecord(file);
            flipped(file, (long) (random.nextDouble() * end), random.nextInt(8), "seed " + seed);
        }
    }

    /** Nothing follows it that could tell that it was once there. */
    @Test
    void noBitOfTheLastRecordCanMakeItVanish() throws IOException {
        List<Path> files = files();
        Path last = files.get(files.size() - 1);
        int end = (int) inUse(last);
        int begin = lastRecord(last, end);
        for (int at = begin - 4; at < end; at += 3) {
            flipped(last, at, at % 8, "byte " + at);
        }
    }

    /** It ends in a word of zeros, the number of its entries, before the word that is not zero. */
    @Test
    void noBitOfALastRecordWithoutEntriesIsTakenForATornEnd() throws IOException {
        assertThat(vanishing(hard(1, 2, 1))).isEmpty();
    }

    @Test
    void noBitOfALastRecordWithoutASectorOfZerosIsTakenForATornEnd() throws IOException {
        assertThat(vanishing(new Persist(null, List.of(entry(2, 1_500)), null))).isEmpty();
    }

    /** A crash can leave a part without the sector that is zeros here anyway; what is not in the part still tells. */
    @Test
    void ofALastRecordWithASectorOfZerosOnlyBitsOfThePartAreTakenForATornEnd() throws IOException {
        byte[] payload = Arrays.copyOf(LogFixture.payload(2, 1), 1_600);
        LogEntry zeros = new LogEntry(2, 1, LogEntry.Kind.NORMAL, payload);
        int partEnd = 4 + BEFORE_PAYLOAD_BYTES + payload.length;
        assertThat(vanishing(new Persist(null, List.of(zeros), null)))
                .isNotEmpty()
                .allMatch(bit -> bit / 8 >= 4 + GroupRecord.BODY_AT && bit / 8 < partEnd);
    }

    /** The bits, counted from the queue's header on, without which the last record is cut. */
    private List<Integer> vanishing(Persist lastRecord) throws IOException {
        Path data = directory.resolve("one");
        try (ChronicleLog log = new ChronicleLog(data, SMALL)) {
            write(log, 1, new Persist(null, List.of(entry(1, 100)), null));
            write(log, 1, lastRecord);
        }
        List<Path> files = LogInspector.files(data);
        Path file = files.get(files.size() - 1);
        if (!hasRecords(file)) {
            file = files.get(files.size() - 2); // allocated ahead
        }
        long next = nextSequence(data);
        int end = (int) inUse(file);
        int begin = lastRecord(file, end) - 4;
        List<Integer> vanishing = new ArrayList<>();
        int bits = (end - begin) * 8;
        int flips = 0;
        for (int bit = 0; bit < bits; bit += bit < 32 ? 1 : isPayload(bit, bits) ? PAYLOAD_STEP : STEP) {
            flip(file, begin + bit / 8, bit % 8);
            boolean refused = isRefused(data, next, bit, vanishing);
            if (flips++ % INSPECTED_STEP == 0) {
                assertThat(LogInspector.verify(data).isSound())
                        .as("bit " + bit + " as the inspector sees it")
                        .isNotEqualTo(refused);
            }
            flip(file, begin + bit / 8, bit % 8);
        }
        return vanishing;
    }

    private static boolean isPayload(int bit, int bits) {
        return bit >= (4 + BEFORE_PAYLOAD_BYTES) * 8 && bit < bits - 12 * 8;
    }

    private static boolean isRefused(Path data, long next, int bit, List<Integer> vanishing) throws IOException {
        try {
            if (nextSequence(data) != next) {
                vanishing.add(bit);
            }
            return false;
        } catch (LogCorruptException refused) {
            return true;
        }
    }

    /** As a start finds it, but without anything being written. */
    private static long nextSequence(Path data) throws IOException {
        try (CycleFiles files =
                new CycleFiles(Disk.ofThisProcess(), data.resolve("log"), QueueFile.fileBytes(SMALL.cycleBytes()))) {
            LogRecovery recovery = new LogRecovery(files, SMALL.recordBytesMax());
            recovery.run();
            return recovery.nextSequence();
        }
    }

    private static int lastRecord(Path file, int end) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        int begin = end - 8 & -4;
        while (bytes.getInt(begin) != GroupRecord.MAGIC) {
            begin -= 4;
        }
        return begin;
    }

    /** True if the log refused to open; else it must have all that was acknowledged. Puts the bit back. */
    private boolean flipped(Path file, long at, int bit, String what) throws IOException {
        Path copy = copies.resolve("store");
        copy(copy);
        flip(copy.resolve(directory.relativize(file)), at, bit);
        String where = what + ": bit " + bit + " at " + at + " of " + file.getFileName();
        try (ChronicleLog log = new ChronicleLog(copy, SMALL)) {
            assertThat(contents(log.view(1))).as(where).isEqualTo(acknowledged);
            assertThat(log.hardState(1).vote()).as(where).isEqualTo(2);
            return false;
        } catch (LogCorruptException refused) {
            assertThat(refused.getMessage()).as(where).contains("log");
            return true;
        }
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve("log"))) {
            return files.filter(file -> file.toString().endsWith(CycleFiles.SUFFIX))
                    .filter(LogBitFlipTest::hasRecords)
                    .sorted()
                    .toList();
        }
    }

    private static boolean hasRecords(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains("entry ");
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static long firstRecord(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        int at = 0;
        while (ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(at) != GroupRecord.MAGIC) {
            at += 4;
        }
        return at - 4L;
    }

    /** Up to the last byte that is not zero, the queue's mark of the end not counted. */
    private static long inUse(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        int end = bytes.length;
        while (end > 0 && bytes[end - 1] == 0) {
            end--;
        }
        int mark = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt((end - 1) & -4);
        return mark == 0xC000_0000 ? (end - 1) & -4 : end;
    }

    private void copy(Path to) throws IOException {
        List<Path> sources = new ArrayList<>();
        try (Stream<Path> files = Files.walk(directory)) {
            files.forEach(sources::add);
        }
        if (Files.exists(to)) {
            try (Stream<Path> old = Files.walk(to)) {
                for (Path file : old.sorted(java.util.Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
        for (Path source : sources) {
            Path target = to.resolve(directory.relativize(source));
            if (Files.isDirectory(source)) {
                Files.createDirectories(target);
            } else {
                Files.copy(source, target);
            }
        }
    }

    private static void flip(Path file, long at, int bit) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            channel.read(one, at);
            one.put(0, (byte) (one.get(0) ^ (1 << bit))).rewind();
            channel.write(one, at);
        }
    }
}
