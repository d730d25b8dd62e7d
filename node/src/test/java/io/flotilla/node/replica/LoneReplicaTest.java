package io.flotilla.node.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.settings.FlowSettings;
import io.flotilla.config.settings.RaftSettings;
import io.flotilla.config.settings.ReadMode;
import io.flotilla.range.routing.RangeReply;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A range of one replica has nobody to wait for. */
class LoneReplicaTest {
    private static boolean servesWithoutWaiting(int replicas) {
        ReplicaLab lab = new ReplicaLab(replicas, FlowSettings.DEFAULT, ReadMode.LEASE);
        List<RangeReply> replies = lab.ask(1, ReplicaLab.put("key", "value"));
        lab.advance(RaftSettings.DEFAULT.electionMillisMin() / 10);
        return replies.size() == 1 && replies.get(0) instanceof RangeReply.Served;
    }

    @Test
    void leadsAsSoonAsItIsAwake() {
        assertThat(servesWithoutWaiting(1)).isTrue();
    }

    @Test
    void oneOfThreeWaitsItsTurn() {
        assertThat(servesWithoutWaiting(3)).isFalse();
    }
}
