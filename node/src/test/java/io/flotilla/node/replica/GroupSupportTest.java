package io.flotilla.node.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.settings.LivenessSettings;
import io.flotilla.config.time.Timestamp;
import io.flotilla.node.liveness.ClockMark;
import io.flotilla.node.liveness.Liveness;
import io.flotilla.node.liveness.LivenessConfig;
import io.flotilla.node.liveness.LivenessMessage;
import io.flotilla.node.liveness.LivenessReady;
import io.flotilla.node.liveness.LivenessState;
import io.flotilla.node.liveness.LivenessView;
import io.flotilla.node.liveness.StoreLiveness;
import io.flotilla.node.raft.Now;
import io.flotilla.node.raft.Support;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class GroupSupportTest {
    private static final Timestamp CLOCK = new Timestamp(1L << 40);

    private final RangeDescriptor descriptor = new RangeDescriptor(
            new RangeId(9),
            4,
            Span.of(Key.of("k")),
            List.of(
                    new ReplicaInfo(new NodeId(1), 11),
                    new ReplicaInfo(new NodeId(2), 12),
                    new ReplicaInfo(new NodeId(3), 13)),
            14);
    private final StoreLiveness core = new StoreLiveness(
            new LivenessConfig(1, LivenessSettings.DEFAULT, 800, 0, ClockMark.NO_BOOT, ClockMark.STEP_MICROS),
            LivenessState.INITIAL,
            at(0));
    private long micros;
    private final Support support = new GroupSupport(
            new Liveness() {
                @Override
                public LivenessView view() {
                    return core.view();
                }

                @Override
                public void received(NodeId from, LivenessMessage message) {}
            },
            () -> descriptor,
            () -> micros);

    private static Now at(long micros) {
        return new Now(micros, CLOCK);
    }

    /** Node 2 and this store, node 1, come to support each other. */
    private void meet() {
        LivenessReady ready = core.know(at(0), 2);
        core.received(at(0), 2, new LivenessMessage.Heartbeat(5, 1, CLOCK.next(), LivenessMessage.NO_STAMP));
        LivenessReady.Persist persist = Objects.requireNonNull(ready.persist());
        core.persisted(at(0), persist.number() + 1);
        core.received(at(0), 2, new LivenessMessage.Reply(1, 1, 1_000_000, 1, 0));
    }

    @Test
    void whatStoresPromiseIsFoundByReplica() {
        assertThat(support.givenTo(12)).isZero();
        meet();
        assertThat(support.givenTo(12)).isEqualTo(5);
        assertThat(support.boundOf(12, 5)).isEqualTo(CLOCK.next());
        assertThat(support.receivedEpoch(12)).isEqualTo(1);
        assertThat(support.receivedUntilMicros(12, 1)).isEqualTo(800_000);
        assertThat(support.boundAcknowledged(12, 1)).isEqualTo(CLOCK.plusMicros(800_000));
        assertThat(support.receivedUntilMicros(12, 2)).isEqualTo(Support.NEVER);
        micros = 800_000;
        assertThat(support.receivedEpoch(12)).isZero();
    }

    @Test
    void replicasThatAreNotNamedOrNotHeardHaveNothing() {
        meet();
        for (int replica : new int[] {2, 13, 99}) {
            assertThat(support.givenTo(replica)).isZero();
            assertThat(support.receivedEpoch(replica)).isZero();
            assertThat(support.receivedUntilMicros(replica, 1)).isEqualTo(Support.NEVER);
            assertThat(support.boundAcknowledged(replica, 1)).isEqualTo(Timestamp.ZERO);
            assertThat(support.boundOf(replica, 1)).isEqualTo(CLOCK.plusMicros(800_000));
        }
    }
}
