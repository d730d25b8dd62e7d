package io.flotilla.node.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.settings.FlowSettings;
import io.flotilla.config.settings.ReadMode;
import io.flotilla.range.routing.RangeReply;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** All machines of a cluster go down at once and come back with clocks that were set back. */
class ClocksSetBackTest {
    private static final long BACK_MICROS = 10_000_000;

    private static List<KvResult> read(ReplicaLab lab, int node, String key) {
        List<RangeReply> replies = lab.ask(node, ReplicaLab.get(key));
        assertThat(replies).singleElement().isInstanceOf(RangeReply.Served.class);
        return ((KvReply.Done) ((RangeReply.Served) replies.get(0)).reply()).results();
    }

    private static int leaseholder(ReplicaLab lab, int replicas) {
        return IntStream.rangeClosed(1, replicas)
                .filter(node -> lab.node(node).replica.isLeaseholder())
                .findFirst()
                .orElseThrow();
    }

    private static void whatWasAcknowledgedIsRead(int replicas) {
        ReplicaLab lab = new ReplicaLab(replicas, FlowSettings.DEFAULT, ReadMode.LEASE);
        lab.lead(1);
        lab.advance(BACK_MICROS / 1_000);
        assertThat(lab.ask(1, ReplicaLab.put("k", "v"))).as("acknowledged").hasSize(1);

        assertThat(lab.powerCut(BACK_MICROS))
                .as("the clock had to be waited for")
                .isBetween(BACK_MICROS, 71_000_000L);
        lab.advance(5_000);
        assertThat(read(lab, leaseholder(lab, replicas), "k"))
                .singleElement()
                .satisfies(found -> assertThat(((KvResult.Got) found).value()).isEqualTo(Value.of("v")));
    }

    @Test
    void whatWasAcknowledgedIsReadOnceTheyServeAgain() {
        whatWasAcknowledgedIsRead(3);
    }

    @Test
    void whatARangeOfOneReplicaAcknowledgedIsReadOnceItServesAgain() {
        whatWasAcknowledgedIsRead(1);
    }
}
