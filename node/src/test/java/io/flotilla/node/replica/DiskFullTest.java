package io.flotilla.node.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.key.Key;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.settings.FlowSettings;
import io.flotilla.config.settings.ReadMode;
import io.flotilla.config.txn.TxnId;
import io.flotilla.node.disk.ForwardingDisk;
import io.flotilla.node.disk.SpaceWatch;
import io.flotilla.range.routing.RangeReply;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a leaseholder does when its disk has little room. */
class DiskFullTest {
    private static final long RESERVE = 1 << 20;

    private long usable = 10 * RESERVE;
    private final SpaceWatch space = new SpaceWatch(
            new ForwardingDisk() {
                @Override
                public long usableBytes(Path directory) {
                    return usable;
                }
            },
            Path.of("."),
            RESERVE);
    private final ReplicaLab lab = new ReplicaLab(3, FlowSettings.DEFAULT, ReadMode.LEASE, space);

    @BeforeEach
    void lead() {
        lab.lead(1);
        assertThat(errors(lab.ask(1, ReplicaLab.put("a", "1")))).isEmpty();
    }

    @Test
    void newDataIsRefusedAndNothingOfItIsDone() {
        left(RESERVE - 1);
        List<KvError> refused = errors(lab.ask(1, ReplicaLab.put("a", "2")));
        assertThat(refused).containsExactly(new KvError.DiskFull("n1", RESERVE - 1, RESERVE));
        assertThat(refused.get(0).provenNotExecuted()).isTrue();
        assertThat(read("a")).isEqualTo("1");
    }

    @Test
    void deletesAreLetInUntilHalfOfTheReserveIsUsed() {
        left(RESERVE / 2);
        assertThat(errors(lab.ask(1, delete("a")))).isEmpty();
        assertThat(read("a")).isEmpty();
        left(RESERVE / 2 - 1);
        assertThat(errors(lab.ask(1, delete("b")))).hasOnlyElementsOfType(KvError.DiskFull.class);
    }

    @Test
    void whatFindsOutAboutOrEndsTransactionsGoesOn() {
        left(0);
        Key key = ReplicaLab.put("a", "").key();
        assertThat(errors(lab.ask(1, new KvOp.LookupTxn(key, TxnId.of(new UUID(1, 2)), true))))
                .isEmpty();
        assertThat(read("a")).isEqualTo("1");
    }

    @Test
    void withRoomWritesWorkAgain() {
        left(0);
        assertThat(errors(lab.ask(1, ReplicaLab.put("a", "2")))).hasSize(1);
        left(2 * RESERVE);
        assertThat(errors(lab.ask(1, ReplicaLab.put("a", "3")))).isEmpty();
        assertThat(read("a")).isEqualTo("3");
    }

    private void left(long bytes) {
        usable = bytes;
        space.look();
    }

    private static KvOp delete(String key) {
        return new KvOp.Delete(ReplicaLab.get(key).key());
    }

    private String read(String key) {
        return ReplicaLab.read(lab.ask(1, ReplicaLab.get(key)).get(0));
    }

    private static List<KvError> errors(List<RangeReply> replies) {
        assertThat(replies).isNotEmpty();
        return replies.stream()
                .filter(reply -> ((RangeReply.Served) reply).reply() instanceof KvReply.Refused)
                .map(reply -> ((KvReply.Refused) ((RangeReply.Served) reply).reply()).error())
                .toList();
    }
}
