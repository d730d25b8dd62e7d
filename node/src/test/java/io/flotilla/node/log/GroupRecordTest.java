package io.flotilla.node.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.node.raft.HardState;
import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.Ready.LogReset;
import io.flotilla.node.raft.Ready.Persist;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class GroupRecordTest {
    /** Changing these bytes makes existing logs unreadable. */
    private static final String GOLDEN =
            "01474c4635347ccf8d0000002a0000000000000004000000040000000000000000010700000000000000030300000000"
                    + "000000020000000a000000000000000a000000000000000200000000000000020000000b000000000000000300000000"
                    + "000000000000000003000000000000000202000000010202080000000000000005000000000000000100000000000000"
                    + "030900000000000000";

    private static byte[] sample() {
        GroupRecord record = new GroupRecord();
        record.begin();
        record.open();
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
        GroupRecord.visit(verified, new GroupRecord.Visitor() {
            @Override
            public void persist(long range, Persist persist) {
                seen.add(range + " " + persist.hardState() + persist.reset());
                for (LogEntry entry : persist.entries()) {
                    seen.add(entry.index() + " " + entry.term() + " " + entry.kind() + " " + entry.payload().length);
                }
            }

            @Override
            public void compact(long range, long index, long term) {
                seen.add("compact " + range + " " + index + " " + term);
            }

            @Override
            public void remove(long range) {
                seen.add("remove " + range);
            }
        });
        assertThat(seen)
                .containsExactly(
                        "7 " + new HardState(3, 2, 10) + new LogReset(10, 2),
                        "11 3 EMPTY 0",
                        "12 3 CONFIG 2",
                        "compact 8 5 1",
                        "remove 9");
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
