package io.flotilla.node.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.settings.FlowSettings;
import io.flotilla.config.settings.ReadMode;
import io.flotilla.node.raft.RaftEvent;
import io.flotilla.range.routing.RangeReply;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Requests that come while it is being decided who leads; as long as nothing becomes durable, nothing is decided. */
class AwaitingLeaderTest {
    private final ReplicaLab lab = new ReplicaLab(3, FlowSettings.DEFAULT, ReadMode.LEASE);

    @Test
    void aRequestThatMeetsAHandOverIsSentToTheHeirOnceItLeads() {
        handOverHalfWay();
        List<RangeReply> replies = put(1);
        lab.advance(50);
        assertThat(replies).as("nobody leads yet").isEmpty();

        lab.autoSync = true;
        lab.advance(50);

        assertThat(replies).containsExactly(new RangeReply.NotLeaseholder(new NodeId(2)));
    }

    @Test
    void aRequestThatComesToTheHeirTooEarlyIsServedThere() {
        handOverHalfWay();
        List<RangeReply> replies = put(2);
        lab.advance(50);
        assertThat(replies).as("it leads not yet").isEmpty();

        lab.autoSync = true;
        lab.advance(50);

        assertThat(replies)
                .singleElement()
                .isInstanceOfSatisfying(
                        RangeReply.Served.class,
                        served -> assertThat(served.reply()).isInstanceOf(KvReply.Done.class));
    }

    @Test
    void nobodyWaitsForLongWhenNothingIsDecided() {
        handOverHalfWay();
        List<RangeReply> old = put(1);
        List<RangeReply> heir = put(2);

        lab.advance(250);

        assertThat(old).singleElement().isInstanceOf(RangeReply.NotLeaseholder.class);
        assertThat(heir).singleElement().isInstanceOf(RangeReply.NotLeaseholder.class);
    }

    /** The first has told the second to take over, and the second's vote for itself is not durable. */
    private void handOverHalfWay() {
        lab.lead(1);
        lab.advance(100);
        lab.autoSync = false;
        ReplicaLab.Node leader = lab.node(1);
        leader.tell(() -> leader.replica.event(new RaftEvent.TransferLeadership(2)));
        lab.advance(1);
    }

    private List<RangeReply> put(int node) {
        return lab.ask(node, ReplicaLab.put("key", "value"));
    }
}
