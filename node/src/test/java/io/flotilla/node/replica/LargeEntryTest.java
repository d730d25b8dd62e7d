package io.flotilla.node.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.key.Key;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.settings.FlowSettings;
import io.flotilla.config.settings.Limits;
import io.flotilla.config.settings.ReadMode;
import io.flotilla.range.routing.RangeReply;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a transaction lays down on a range may be far larger than what it says: each of its intents names the anchor. */
class LargeEntryTest {
    private final ReplicaLab lab = new ReplicaLab(3, FlowSettings.DEFAULT, ReadMode.LEASE);
    private final Key longAnchor = ReplicaLab.key("a".repeat(Limits.KEY_BYTES_MAX));

    @Test
    void whatNoFrameHoldsIsRefusedAndStandsInNobodysWay() {
        lab.lead(1);
        assertThat(lab.lay(1, longAnchor, writes(1_500)))
                .isInstanceOfSatisfying(
                        RangeReply.Served.class,
                        served -> assertThat(served.reply()).isInstanceOfSatisfying(KvReply.Refused.class, refused -> {
                            assertThat(refused.error().message()).contains("log entry");
                            assertThat(refused.error().provenNotExecuted()).isTrue();
                        }));
        assertThat(lab.ask(1, ReplicaLab.put("k7", "v")))
                .singleElement()
                .asString()
                .contains("Done");
        assertThat(ReplicaLab.read(lab.ask(1, ReplicaLab.get("k7")).get(0))).isEqualTo("v");
    }

    @Test
    void whatFitsIsTaken() {
        lab.lead(1);
        assertThat(lab.lay(1, longAnchor, writes(900))).asString().contains("Done");
    }

    private static List<KvOp> writes(int count) {
        List<KvOp> writes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            writes.add(ReplicaLab.put("k" + i, "v"));
        }
        return writes;
    }
}
