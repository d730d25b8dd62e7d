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
    private static boolean isServed(List<RangeReply> replies) {
        return replies.size() == 1 && replies.get(0) instanceof RangeReply.Served;
    }

    @Test
    void leadsAsSoonAsItIsAsked() {
        ReplicaLab lab = new ReplicaLab(1, FlowSettings.DEFAULT, ReadMode.LEASE);
        List<RangeReply> replies = lab.ask(1, ReplicaLab.put("key", "value"));
        lab.advance(RaftSettings.DEFAULT.electionMillisMin() / 10);
        assertThat(isServed(replies)).as("%s", replies).isTrue();
    }

    @Test
    void oneOfThreeWaitsItsTurn() {
        ReplicaLab lab = new ReplicaLab(3, FlowSettings.DEFAULT, ReadMode.LEASE);
        List<RangeReply> replies = lab.ask(1, ReplicaLab.put("key", "value"));
        lab.advance(RaftSettings.DEFAULT.electionMillisMin() / 10);
        assertThat(isServed(replies)).as("%s", replies).isFalse();
    }
}
