package io.flotilla.node.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.time.WallClock;
import io.flotilla.node.raft.RaftMessage;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.RangeReply;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AkkaTransportTest {
    private final Cluster cluster = new Cluster(2);

    @AfterEach
    void stop() {
        cluster.close();
    }

    private static RaftMessage heartbeat(long round) {
        return new RaftMessage.Append(1, 2, 5, 10, 5, List.of(), 9, round, new Timestamp(77));
    }

    @Test
    void aCallIsServedByTheOtherNode() {
        RangeReply reply = cluster.node(1).call(2, Cluster.put("a", new byte[100], 10_000));

        assertThat(reply).isEqualTo(Cluster.Node.served());
    }
}
