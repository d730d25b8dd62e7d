package io.flotilla.node.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.time.Timestamp;
import io.flotilla.node.mvcc.StateChecksum;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SnapshotLaneTest {
    private static final long ACK_NANOS = 1_000_000_000L;

    private final List<SnapshotParcel> wire = new ArrayList<>();
    private final List<Integer> answered = new ArrayList<>();
    private final List<SnapshotVerdict> verdicts = new ArrayList<>();
    private final SnapshotLane lane = new SnapshotLane(
            100, ACK_NANOS, () -> new Envelope.Header(new NodeId(1), new NodeId(2), 1, Timestamp.ZERO, ""), wire::add);

    private void send(int sequence) {
        RangeDescriptor descriptor = new RangeDescriptor(
                new RangeId(9), 4, Span.of(Key.of("k")), List.of(new ReplicaInfo(new NodeId(1), 2)), 3);
        SnapshotChunk chunk = new SnapshotChunk(
                descriptor, 1, 2, 3, 4, 5, StateChecksum.EMPTY, Timestamp.ZERO, sequence, false, new byte[1]);
        lane.send(chunk, verdict -> {
            answered.add(sequence);
            verdicts.add(verdict);
        });
    }

    private List<Integer> sent() {
        return wire.stream().map(parcel -> parcel.chunk().sequence()).toList();
    }

    @Test
    void theNextChunkLeavesWhenTheOneBeforeWasTaken() {
        send(0);
        send(1);
        assertThat(sent()).containsExactly(0);
        assertThat(answered).isEmpty();

        lane.taken(wire.get(0).parcel(), SnapshotVerdict.TAKEN);

        assertThat(sent()).containsExactly(0, 1);
        assertThat(answered).containsExactly(0);
        assertThat(verdicts).containsExactly(SnapshotVerdict.TAKEN);
    }

    @Test
    void anAcknowledgementOfSomethingElseChangesNothing() {
        send(0);
        send(1);

        lane.taken(wire.get(0).parcel() + 1, SnapshotVerdict.TAKEN);

        assertThat(sent()).containsExactly(0);
    }

    @Test
    void aChunkThatIsNotTakenInTimeIsGivenUp() {
        long before = System.nanoTime();
        send(0);
        send(1);
        lane.tick(before + ACK_NANOS / 2);
        assertThat(answered).isEmpty();

        lane.tick(System.nanoTime() + 2 * ACK_NANOS);

        assertThat(answered).containsExactly(0);
        assertThat(verdicts).containsExactly(SnapshotVerdict.UNANSWERED);
        assertThat(sent()).containsExactly(0, 1);
    }

    @Test
    void everythingIsDroppedAndItsSendersToldWhenThePeerIsLost() {
        send(0);
        send(1);
        send(2);

        lane.lost();
        send(3);

        assertThat(answered).containsExactly(0, 1, 2);
        assertThat(sent()).containsExactly(0, 3);
    }
}
