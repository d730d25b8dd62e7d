package io.flotilla.node.transport;

import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.ActorRef;
import akka.actor.Nobody$;
import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.time.Timestamp;
import io.flotilla.node.mvcc.StateChecksum;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.RangeReply;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PeerTest {
    private static final long SILENCE_NANOS = TransportSettings.DEFAULT.silenceMillis() * 1_000_000;
    private static final NodeId ID = new NodeId(2);

    private final List<RangeReply> replies = new ArrayList<>();
    private final List<SnapshotVerdict> verdicts = new ArrayList<>();
    private final ActorRef nobody = Nobody$.MODULE$;
    private final Peer peer = new Peer(
            ID,
            new Peer.Refs("akka://flotilla@127.0.0.1:1", nobody, nobody),
            TransportSettings.DEFAULT,
            new TransportStats(),
            77,
            to -> new Envelope.Header(new NodeId(1), to.id(), 77, Timestamp.ZERO, ""),
            () -> true);

    private void call() {
        peer.call(Cluster.put("k", new byte[10], 1_000), replies::add, System.nanoTime());
    }

    private void sendChunk() {
        RangeDescriptor descriptor = new RangeDescriptor(
                new RangeId(9), 4, Span.of(Key.of("k")), List.of(new ReplicaInfo(new NodeId(1), 2)), 3);
        SnapshotChunk chunk = new SnapshotChunk(
                descriptor, 1, 2, 3, 4, 5, StateChecksum.EMPTY, Timestamp.ZERO, 0, false, new byte[1]);
        peer.snapshots().send(chunk, verdicts::add);
    }

    /** No timer looks after it any more, and whoever looked it up before it was taken out may ask it something after. */
    @Test
    void whatIsAskedOfAPeerThatWasTakenOutMeanwhileFailsAtOnce() {
        call();
        sendChunk();
        peer.close("n2 has left the cluster");
        assertThat(replies).containsExactly(new RangeReply.Lost(false, "n2 has left the cluster"));
        assertThat(verdicts).containsExactly(SnapshotVerdict.UNANSWERED);

        call();
        sendChunk();
        peer.heard(5, System.nanoTime());
        call();

        assertThat(replies)
                .hasSize(3)
                .allMatch(reply -> reply instanceof RangeReply.Lost lost && !lost.maybeExecuted());
        assertThat(verdicts).hasSize(2).containsOnly(SnapshotVerdict.UNANSWERED);
    }

    @Test
    void aLateMessageOfTheProcessBeforeIsIgnored() {
        assertThat(peer.heard(1, 0)).isEqualTo(Peer.Heard.BACK);
        assertThat(peer.heard(2, 0)).isEqualTo(Peer.Heard.RESTARTED);
        assertThat(peer.heard(1, 0)).isEqualTo(Peer.Heard.STALE);
        assertThat(peer.heard(2, 0)).isEqualTo(Peer.Heard.SAME);
    }

    /** This process stood still while the peer was started twice, and reads what the second start said after what the third did. */
    @Test
    void aLateMessageOfAProcessTwoStartsAgoDeafensForNoLongerThanASilence() {
        peer.heard(1, 0);
        peer.heard(3, 0);
        assertThat(peer.heard(2, 0)).isEqualTo(Peer.Heard.RESTARTED);
        assertThat(peer.heard(3, 1)).isEqualTo(Peer.Heard.STALE);

        assertThat(peer.tick(SILENCE_NANOS, 0)).isTrue();

        assertThat(peer.heard(3, SILENCE_NANOS)).isEqualTo(Peer.Heard.RESTARTED);
        assertThat(peer.isReachable()).isTrue();
        assertThat(peer.heard(3, SILENCE_NANOS)).isEqualTo(Peer.Heard.SAME);
    }
}
