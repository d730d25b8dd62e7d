package io.flotilla.node.log;

import static io.flotilla.node.log.LogFixture.SMALL;
import static io.flotilla.node.log.LogFixture.append;
import static io.flotilla.node.log.LogFixture.hard;
import static io.flotilla.node.log.LogFixture.payload;
import static io.flotilla.node.log.LogFixture.write;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.node.raft.HardState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Goal: an operator learns from the files alone what is there and what is gone. Method: write with the real log, damage, look. */
class LogInspectorTest {
    @TempDir
    Path directory;

    @BeforeEach
    void twoRangesInTwoFiles() throws IOException {
        try (ChronicleLog log = new ChronicleLog(directory, SMALL)) {
            write(log, 1, append(1, 2, 1));
            write(log, 1, hard(3, 2, 2));
            write(log, 7, append(1, 1, 4));
        }
        try (ChronicleLog log = new ChronicleLog(directory, SMALL)) {
            write(log, 1, append(3, 5, 3));
            write(log, 7, append(2, 2, 4));
            write(log, 1, append(6, 6, 3));
        }
    }

    private LogInspector.RangeSummary range(long id) throws IOException {
        return LogInspector.verify(directory).ranges().stream()
                .filter(summary -> summary.range() == id)
                .findFirst()
                .orElseThrow();
    }

    private void damage(long index, long term) throws IOException {
        overwrite(index, term, 2);
    }

    /** Zeros from the beginning of that entry's payload. */
    private void overwrite(long index, long term, int zeros) throws IOException {
        for (Path file : LogInspector.files(directory)) {
            String bytes = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
            int at = bytes.indexOf(new String(payload(index, term), StandardCharsets.US_ASCII));
            if (at > 0) {
                try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                    channel.write(ByteBuffer.wrap(new byte[zeros]), at);
                }
                return;
            }
        }
        throw new AssertionError("no entry " + index);
    }

    @Test
    void aWholeLogIsSoundAndEachRangeIsSummedUp() throws IOException {
        LogInspector.Verdict verdict = LogInspector.verify(directory);
        assertThat(verdict.isSound()).isTrue();
        assertThat(verdict.torn()).isEmpty();
        assertThat(verdict.ranges())
                .extracting(LogInspector.RangeSummary::range)
                .containsExactly(1L, 7L);
        assertThat(range(1).lastIndex()).isEqualTo(6);
        assertThat(range(1).lastTerm()).isEqualTo(3);
        assertThat(range(1).hardState()).isEqualTo(new HardState(3, 2, 2));
        assertThat(range(7).lastIndex()).isEqualTo(2);
    }

    @Test
    void aTornEndIsNoDamage() throws IOException {
        // The copy of the record stopped in the middle.
        overwrite(6, 3, payload(6, 3).length + Integer.BYTES);
        LogInspector.Verdict verdict = LogInspector.verify(directory);
        assertThat(verdict.isSound()).isTrue();
        assertThat(verdict.torn()).hasSize(1);
        assertThat(range(1).lastIndex()).isEqualTo(5);
    }

    @Test
    void aLastRecordThatWasWrittenToItsEndAndIsDamagedIsNoTornEnd() throws IOException {
        damage(6, 3);
        LogInspector.Verdict verdict = LogInspector.verify(directory);
        assertThat(verdict.isSound()).isFalse();
        assertThat(verdict.torn()).isEmpty();
        assertThat(verdict.lost()).singleElement().asString().contains("written to its end");
    }

    @Test
    void damageWithWholeRecordsBehindItIsNamedWithItsPlaceAndTheRangeThatLost() throws IOException {
        damage(4, 3);
        LogInspector.Verdict verdict = LogInspector.verify(directory);
        assertThat(verdict.isSound()).isFalse();
        assertThat(verdict.lost())
                .singleElement()
                .asString()
                .contains("missing")
                .contains("damaged at 1970");
        assertThat(range(1).damage()).isEqualTo(List.of(range(1).damage().get(0)));
        assertThat(range(1).damage().get(0)).contains("entries 3 to 5 are missing");
        assertThat(range(7).damage()).isEmpty();
    }

    @Test
    void aMissingFileIsAGap() throws IOException {
        try (ChronicleLog log = new ChronicleLog(directory, SMALL)) {
            write(log, 1, append(7, 7, 3));
        }
        List<Path> files = LogInspector.files(directory);
        Files.delete(files.get(1));
        LogInspector.Verdict verdict = LogInspector.verify(directory);
        assertThat(verdict.isSound()).isFalse();
        assertThat(range(1).damage()).singleElement().asString().contains("entries 3 to 6 are missing");
    }

    @Test
    void lookingChangesNothing() throws IOException {
        byte[] before = Files.readAllBytes(LogInspector.files(directory).get(0));
        LogInspector.verify(directory);
        assertThat(Files.readAllBytes(LogInspector.files(directory).get(0))).isEqualTo(before);
    }
}
