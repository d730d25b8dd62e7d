package io.flotilla.node.log;

import static io.flotilla.node.log.LogFixture.SMALL;
import static io.flotilla.node.log.LogFixture.append;
import static io.flotilla.node.log.LogFixture.contents;
import static io.flotilla.node.log.LogFixture.payload;
import static io.flotilla.node.log.LogFixture.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Goal: a torn end is dropped, anything else that is damaged is refused. Method: change bytes of the files between two openings. */
class LogDamageTest {
    @TempDir
    Path directory;

    @BeforeEach
    void threeEntriesInThreeRecords() throws IOException {
        try (ChronicleLog log = new ChronicleLog(directory, SMALL)) {
            write(log, 1, append(1, 1, 1));
            write(log, 1, append(2, 2, 1));
            write(log, 1, append(3, 3, 1));
        }
    }

    private Path lastFile() throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve("log"))) {
            return files.filter(file -> file.toString().endsWith(".cq4"))
                    .sorted()
                    .reduce((a, b) -> b)
                    .orElseThrow();
        }
    }

    private static int find(Path file, long index) throws IOException {
        String bytes = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        int at = bytes.indexOf(new String(payload(index, 1), StandardCharsets.US_ASCII));
        assertThat(at).isPositive();
        return at;
    }

    private static void overwrite(Path file, long at, byte[] bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(bytes), at);
        }
    }

    private void assertLogIs(String... expected) throws IOException {
        try (ChronicleLog log = new ChronicleLog(directory, SMALL)) {
            assertThat(contents(log.view(1))).containsExactly(expected);
        }
    }

    /** Where the queue's header of the record with entry {@code index} begins: header 4, ours 24, part 8 and 9, flags 1, counts 12, entry 13. */
    private static int headerOf(int payloadAt) {
        return payloadAt - 13 - 12 - 1 - 9 - 8 - 24 - 4;
    }

    @Test
    void aTornLastRecordIsDroppedAndTheLogGoesOn() throws IOException {
        // The copy of the record stopped in the middle, and that is what reached the disk.
        overwrite(lastFile(), find(lastFile(), 3), new byte[payload(3, 1).length + Integer.BYTES]);
        try (ChronicleLog log = new ChronicleLog(directory, SMALL)) {
            assertThat(contents(log.view(1))).containsExactly("1:1", "2:1");
            write(log, 1, append(3, 4, 2));
        }
        assertLogIs("1:1", "2:1", "3:2", "4:2");
        assertLogIs("1:1", "2:1", "3:2", "4:2");
    }

    @Test
    void aLastRecordWhoseHeaderNeverReachedTheDiskIsDropped() throws IOException {
        Path file = lastFile();
        overwrite(file, headerOf(find(file, 3)), new byte[400]);
        try (ChronicleLog log = new ChronicleLog(directory, SMALL)) {
            assertThat(contents(log.view(1))).containsExactly("1:1", "2:1");
            write(log, 1, append(3, 3, 5));
        }
        assertLogIs("1:1", "2:1", "3:5");
    }

    @Test
    void aLastRecordThatAKilledWriterLeftUnfinishedIsDropped() throws IOException {
        Path file = lastFile();
        int header = headerOf(find(file, 3));
        overwrite(file, header, new byte[] {0, 0, 0, (byte) 0x80});
        overwrite(file, header + 4, new byte[400]);
        try (ChronicleLog log = new ChronicleLog(directory, SMALL)) {
            assertThat(contents(log.view(1))).containsExactly("1:1", "2:1");
            write(log, 1, append(3, 3, 5));
        }
        assertLogIs("1:1", "2:1", "3:5");
    }

    @Test
    void aBrokenRecordFollowedByGoodOnesIsRefusedWithItsPlace() throws IOException {
        overwrite(lastFile(), find(lastFile(), 2), new byte[4]);
        assertThatThrownBy(() -> new ChronicleLog(directory, SMALL))
                .isInstanceOf(LogCorruptException.class)
                .hasMessageContaining(lastFile().getFileName().toString())
                .hasMessageContaining("position");
    }

    @Test
    void aBrokenRecordInAnOlderFileIsRefused() throws IOException {
        Path older = lastFile();
        try (ChronicleLog log = new ChronicleLog(directory, SMALL)) {
            write(log, 1, append(4, 4, 1));
        }
        overwrite(older, find(older, 3), new byte[4]);
        assertThatThrownBy(() -> new ChronicleLog(directory, SMALL)).isInstanceOf(LogCorruptException.class);
    }

    @Test
    void aMissingFileInTheMiddleIsRefused() throws IOException {
        try (ChronicleLog log = new ChronicleLog(directory, SMALL)) {
            write(log, 1, append(4, 4, 1));
        }
        Path middle = lastFile();
        try (ChronicleLog log = new ChronicleLog(directory, SMALL)) {
            write(log, 1, append(5, 5, 1));
        }
        Files.delete(middle);
        assertThatThrownBy(() -> new ChronicleLog(directory, SMALL)).isInstanceOf(LogCorruptException.class);
    }

    @Test
    void aHeaderOfGarbageInTheMiddleIsRefused() throws IOException {
        Path file = lastFile();
        overwrite(file, headerOf(find(file, 2)), new byte[] {(byte) 0xf0, (byte) 0xff, (byte) 0xff, 0x1f});
        assertThatThrownBy(() -> new ChronicleLog(directory, SMALL)).isInstanceOf(LogCorruptException.class);
    }

    @Test
    void aLostQueueTableIsMadeAnew() throws IOException {
        Files.delete(directory.resolve("log/metadata.cq4t"));
        assertLogIs("1:1", "2:1", "3:1");
    }

    /** Nothing follows the file that could tell that its records were once there. */
    @Test
    void aSectorOfZerosAtTheBeginningOfTheLastFileIsRefusedAndNothingIsDeleted() throws IOException {
        overwrite(lastFile(), 0, new byte[512]);
        assertRefusedWithoutAChange();
    }

    @Test
    void aFlippedBitInTheQueuesHeaderOfTheLastFileIsRefusedAndNothingIsDeleted() throws IOException {
        byte[] header = Arrays.copyOf(Files.readAllBytes(lastFile()), 4);
        header[3] ^= (byte) 0x80; // "not complete"
        overwrite(lastFile(), 0, header);
        assertRefusedWithoutAChange();
    }

    /** No crash shortens a file: it comes with all its blocks, and there is always some room behind its last record. */
    @Test
    void aLastFileThatWasCutOffBehindARecordIsRefusedAndNothingIsDeleted() throws IOException {
        cut(headerOf(find(lastFile(), 3)));
        assertRefusedWithoutAChange();
    }

    @Test
    void aLastFileThatWasCutOffAtItsBeginningIsRefusedAndNothingIsDeleted() throws IOException {
        cut(0);
        assertRefusedWithoutAChange();
    }

    @Test
    void aFileAllocatedAheadThatHasAnotherLengthIsMadeAnew() throws IOException {
        Files.write(directory.resolve("log").resolve("next.ahead"), new byte[4_096]);
        assertLogIs("1:1", "2:1", "3:1");
        assertThat(Files.size(lastFile())).isEqualTo(QueueFile.fileBytes(SMALL.cycleBytes()));
    }

    private void cut(long at) throws IOException {
        try (FileChannel channel = FileChannel.open(lastFile(), StandardOpenOption.WRITE)) {
            channel.truncate(at);
        }
    }

    private void assertRefusedWithoutAChange() throws IOException {
        Path file = lastFile();
        byte[] before = Files.readAllBytes(file);
        assertThatThrownBy(() -> new ChronicleLog(directory, SMALL)).isInstanceOf(LogCorruptException.class);
        assertThat(Files.readAllBytes(file)).isEqualTo(before);
        assertThat(LogInspector.verify(directory).isSound())
                .as("as the inspector sees it")
                .isFalse();
    }

    /** Behind a file that was begun and has nothing yet nobody would look for what the one before it has lost. */
    @Test
    void recordsThatCannotBeComeToAreRefusedThoughANewFileWasBegunBehindThem() throws IOException {
        Path last = lastFile();
        overwrite(last, headerOf(find(last, 2)), new byte[4]);
        Path next = last.resolveSibling("19700103F.cq4");
        Files.write(next, new byte[1 << 20]);
        byte[] before = Files.readAllBytes(last);
        assertRefusedWithoutAChange();
        assertThat(next).exists();
        assertThat(Files.readAllBytes(last)).isEqualTo(before);
    }

    @Test
    void aCycleFileThatNeverGotItsHeaderIsDropped() throws IOException {
        Path last = lastFile();
        Files.write(last.resolveSibling("19700103F.cq4"), new byte[1 << 20]);
        assertLogIs("1:1", "2:1", "3:1");
    }
}
