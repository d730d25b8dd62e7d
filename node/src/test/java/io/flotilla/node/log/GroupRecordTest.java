package io.flotilla.node.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.node.raft.HardState;
import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.Ready.LogReset;
import io.flotilla.node.raft.Ready.Persist;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class GroupRecordTest {
    /** Changing these bytes makes existing logs unreadable. */
    private static final String GOLDEN =
            "02474c469290c311090100002a00000000000000050000001100000027c5a9ef04000000000000000028000000000000"
                    + "00560000008116abe2010700000000000000030300000000000000020000000a000000000000000a0000000000000002"
                    + "00000000000000020000000b000000000000000300000000000000000000000003000000000000000202000000010219"
                    + "000000cd4dcffc0208000000000000000500000000000000010000000000000009000000771d4da90309000000000000"
                    + "004800000075a38549050600000000000000030000000000000002000000000000000105000000000000000100000004"
                    + "000000000000000100000004000000000000000500000000000000010100000007ff474c46";

    private static byte[] sample() {
        GroupRecord record = new GroupRecord();
        record.begin();
        record.start(40);
        record.persist(
                7,
                new Persist(
                        new HardState(3, 2, 10),
                        List.of(
                                new LogEntry(11, 3, LogEntry.Kind.EMPTY, new byte[0]),
                                new LogEntry(12, 3, LogEntry.Kind.CONFIG, new byte[] {1, 2})),
                        new LogReset(10, 2)));
        record.compact(8, 5, 1);
        record.remove(9);
        record.moved(
                6,
                new RangeLog.Tail(
                        new HardState(5, 1, 4), 3, 2, List.of(new LogEntry(4, 5, LogEntry.Kind.NORMAL, new byte[] {7
                        }))));
        record.seal(42);
        return Arrays.copyOf(record.array(), record.length());
    }

    @Test
    void theFormatOnDiskDoesNotChange() {
        assertThat(HexFormat.of().formatHex(sample())).isEqualTo(GOLDEN);
    }

    @Test
    void theGoldenBytesAreReadBack() {
        ByteBuffer verified =
                Objects.requireNonNull(GroupRecord.verified(HexFormat.of().parseHex(GOLDEN)));
        assertThat(GroupRecord.sequence(verified)).isEqualTo(42);
        List<String> seen = new ArrayList<>();
        PartReader part = PartReader.ofRecord(verified);
        while (part.next()) {
            switch (part.kind()) {
                case GroupRecord.START -> seen.add("start " + part.number());
                case GroupRecord.COMPACT ->
                    seen.add("compact " + part.range() + " " + part.number() + " " + part.number());
                case GroupRecord.REMOVE -> seen.add("remove " + part.range());
                case GroupRecord.MOVED -> {
                    seen.add("moved " + part.range() + " " + part.number() + " " + part.number());
                    note(seen, part.persist());
                }
                default -> {
                    seen.add("persist " + part.range());
                    note(seen, part.persist());
                }
            }
        }
        assertThat(seen)
                .containsExactly(
                        "start 40",
                        "persist 7",
                        new HardState(3, 2, 10) + " " + new LogReset(10, 2),
                        "11 3 EMPTY 0",
                        "12 3 CONFIG 2",
                        "compact 8 5 1",
                        "remove 9",
                        "moved 6 3 2",
                        new HardState(5, 1, 4) + " null",
                        "4 5 NORMAL 1");
    }

    private static void note(List<String> seen, Persist persist) {
        seen.add(persist.hardState() + " " + persist.reset());
        for (LogEntry entry : persist.entries()) {
            seen.add(entry.index() + " " + entry.term() + " " + entry.kind() + " " + entry.payload().length);
        }
    }

    @Test
    void eachPartCanBeReadAndVerifiedAlone() {
        ByteBuffer record =
                Objects.requireNonNull(GroupRecord.verified(HexFormat.of().parseHex(GOLDEN)));
        PartReader parts = PartReader.ofRecord(record);
        while (parts.next()) {
            int at = parts.offset();
            int length = GroupRecord.PART_HEADER_BYTES + record.getInt(at);
            byte[] bytes = Arrays.copyOfRange(record.array(), at, at + length);
            assertThat(GroupRecord.isWholePart(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN)))
                    .isTrue();
            for (int bit = 0; bit < length * 8; bit++) {
                byte[] bad = bytes.clone();
                bad[bit / 8] ^= (byte) (1 << (bit % 8));
                assertThat(GroupRecord.isWholePart(ByteBuffer.wrap(bad).order(ByteOrder.LITTLE_ENDIAN)))
                        .isFalse();
            }
        }
    }

    @Test
    void everyFlippedBitAndEveryCutIsNoticed() {
        byte[] good = sample();
        for (int bit = 0; bit < good.length * 8; bit++) {
            byte[] bad = good.clone();
            bad[bit / 8] ^= (byte) (1 << (bit % 8));
            assertThat(GroupRecord.verified(bad)).as("bit %d", bit).isNull();
        }
        for (int length = 0; length < good.length; length++) {
            assertThat(GroupRecord.verified(Arrays.copyOf(good, length))).isNull();
        }
    }
}
