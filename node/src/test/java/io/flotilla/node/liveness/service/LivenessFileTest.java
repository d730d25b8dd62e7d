package io.flotilla.node.liveness.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.config.time.Timestamp;
import io.flotilla.node.disk.RealDisk;
import io.flotilla.node.liveness.ClockMark;
import io.flotilla.node.liveness.LivenessState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LivenessFileTest {
    private static final LivenessState STATE = new LivenessState(
            7,
            new ClockMark(new Timestamp(9), 10, 11),
            List.of(new LivenessState.Record(2, 5, true), new LivenessState.Record(300, 1L << 40, false)));

    @TempDir
    Path directory;

    private Path file() {
        return directory.resolve("liveness");
    }

    private void save(LivenessState... states) throws IOException {
        try (LivenessFile open = LivenessFile.open(new RealDisk(), directory, true)) {
            for (LivenessState state : states) {
                open.save(state, () -> {});
            }
        }
    }

    private LivenessState reopened() throws IOException {
        try (LivenessFile open = LivenessFile.open(new RealDisk(), directory, false)) {
            return open.found();
        }
    }

    private void damage(int... places) throws IOException {
        byte[] bytes = Files.readAllBytes(file());
        for (int place : places) {
            bytes[place] ^= 1;
        }
        Files.write(file(), bytes);
    }

    @Test
    void aNewStoreHasPromisedNothing() throws IOException {
        save();
        assertThat(reopened()).isEqualTo(LivenessState.INITIAL);
    }

    @Test
    void theLastStateIsFoundAgain() throws IOException {
        save(new LivenessState(1, ClockMark.NONE, List.of()), STATE);
        assertThat(reopened()).isEqualTo(STATE);
        save(new LivenessState(8, ClockMark.NONE, List.of()));
        assertThat(reopened()).isEqualTo(new LivenessState(8, ClockMark.NONE, List.of()));
    }

    @Test
    void theBytesAreThoseOfVersionTwo() {
        ByteBuffer bytes = LivenessFile.encode(3, STATE);
        assertThat(HexFormat.of().formatHex(Arrays.copyOf(bytes.array(), bytes.limit())))
                .isEqualTo("464c5602" + "42000000" + "749b30dc" + "0300000000000000" + "0700000000000000"
                        + "0900000000000000" + "0a00000000000000" + "0b00000000000000" + "02000000" + "0500000000000000"
                        + "01" + "2c010000" + "0000000000010000" + "00");
    }

    @Test
    void versionOneIsReadAndSaysNothingOfTheClock() throws IOException {
        byte[] slot = HexFormat.of()
                .parseHex("464c5601" + "2a000000" + "8f31dfc1" + "0300000000000000" + "0700000000000000" + "02000000"
                        + "0500000000000000" + "01" + "2c010000" + "0000000000010000" + "00");
        save();
        byte[] bytes = read();
        for (int copy = 0; copy < 2; copy++) {
            System.arraycopy(slot, 0, bytes, copy * LivenessFile.SLOT_BYTES, slot.length);
        }
        Files.write(file(), bytes);
        assertThat(reopened()).isEqualTo(new LivenessState(7, ClockMark.NONE, STATE.records()));
        save(STATE);
        assertThat(reopened()).isEqualTo(STATE);
    }

    @Test
    void whatIsDurableIsToldBetweenTheTwoCopies() throws IOException {
        save(STATE);
        List<byte[]> seen = new ArrayList<>();
        try (LivenessFile open = LivenessFile.open(new RealDisk(), directory, false)) {
            open.save(new LivenessState(9, ClockMark.NONE, List.of()), () -> seen.add(read()));
        }
        Files.write(file(), seen.get(0));
        assertThat(reopened()).isEqualTo(new LivenessState(9, ClockMark.NONE, List.of()));
        damage(50 + LivenessFile.SLOT_BYTES);
        assertThat(reopened()).isEqualTo(new LivenessState(9, ClockMark.NONE, List.of()));
    }

    private byte[] read() {
        try {
            return Files.readAllBytes(file());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void oneDamagedCopyIsMendedFromTheOther() throws IOException {
        save(STATE);
        for (int copy = 0; copy < 2; copy++) {
            for (int place = 0; place < 78; place += 5) {
                damage(copy * LivenessFile.SLOT_BYTES + place);
                assertThat(reopened()).isEqualTo(STATE);
            }
        }
    }

    @Test
    void aTornWriteLeavesTheLastStateThatWasConfirmed() throws IOException {
        save(STATE);
        byte[] before = read();
        save(new LivenessState(9, ClockMark.NONE, List.of()));
        byte[] after = read();
        for (int torn = 1; torn < 64; torn++) {
            byte[] mixed = before.clone();
            System.arraycopy(after, 0, mixed, 0, torn);
            Files.write(file(), mixed);
            assertThat(reopened()).isIn(STATE, new LivenessState(9, ClockMark.NONE, List.of()));
        }
    }

    @Test
    void twoDamagedCopiesAreRefused() throws IOException {
        save(STATE);
        damage(20, 20 + LivenessFile.SLOT_BYTES);
        assertThatThrownBy(this::reopened)
                .isInstanceOf(LivenessCorruptException.class)
                .hasMessageContaining(file() + " is damaged");
    }

    @Test
    void anEmptyFileIsRefused() throws IOException {
        Files.write(file(), new byte[0]);
        assertThatThrownBy(this::reopened).isInstanceOf(LivenessCorruptException.class);
        save();
        assertThat(reopened()).as("unless there was never a store").isEqualTo(LivenessState.INITIAL);
    }

    @Test
    void aFileThatIsOpenIsNotOpenedAgain() throws IOException {
        try (LivenessFile open = LivenessFile.open(new RealDisk(), directory, true)) {
            assertThat(open.found()).isEqualTo(LivenessState.INITIAL);
            assertThatThrownBy(this::reopened).hasMessageContaining("is in use");
        }
        assertThat(reopened()).isEqualTo(LivenessState.INITIAL);
    }

    @Test
    void aStoreThatLostItsPromisesIsRefused() {
        assertThatThrownBy(this::reopened)
                .isInstanceOf(LivenessCorruptException.class)
                .hasMessageContaining("liveness is missing");
        assertThat(file()).doesNotExist();
    }

    @Test
    void aLaterVersionIsRefused() throws IOException {
        save(STATE);
        byte[] bytes = read();
        ByteBuffer later = LivenessFile.encode(0x03564C46, 99, STATE);
        System.arraycopy(later.array(), 0, bytes, LivenessFile.SLOT_BYTES, later.limit());
        Files.write(file(), bytes);
        assertThatThrownBy(this::reopened)
                .isInstanceOf(LivenessCorruptException.class)
                .hasMessageContaining("version");
    }

    @Test
    void moreThanASlotHoldsIsRefusedAndChangesNothing() throws IOException {
        List<LivenessState.Record> records = new ArrayList<>();
        for (int node = 1; node <= LivenessFile.RECORDS_MAX; node++) {
            records.add(new LivenessState.Record(node, node, true));
        }
        LivenessState full = new LivenessState(1, ClockMark.NONE, records);
        save(full);
        assertThat(reopened()).isEqualTo(full);
        records.add(new LivenessState.Record(100_000, 1, true));
        assertThatThrownBy(() -> save(new LivenessState(2, ClockMark.NONE, records)))
                .isInstanceOf(IOException.class);
        assertThat(reopened()).isEqualTo(full);
    }
}
