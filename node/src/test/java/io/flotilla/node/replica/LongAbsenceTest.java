package io.flotilla.node.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.settings.FlowSettings;
import io.flotilla.config.settings.ReadMode;
import io.flotilla.node.raft.RaftEvent;
import io.flotilla.node.raft.RaftStatus;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A replica whose node was away while the range got other replicas: it does not know who leads now, and where. */
class LongAbsenceTest {
    private static final int BACK = 3;

    /** It came while the other was away. */
    private static final int NEW = 4;

    private final ReplicaLab lab = new ReplicaLab(4, FlowSettings.DEFAULT, ReadMode.LEASE);

    @BeforeEach
    void oneKnowsNothingOfTheNewest() {
        List<ReplicaInfo> then = List.of(
                new ReplicaInfo(new NodeId(1), 1),
                new ReplicaInfo(new NodeId(2), 2),
                new ReplicaInfo(new NodeId(3), 3));
        lab.node(BACK).remembers(new RangeDescriptor(ReplicaLab.RANGE, 0, KeySpace.USERS, then, NEW));
    }

    @Test
    void itIsBroughtUpToDateByALeaderThatItsDescriptorDoesNotName() {
        lab.lead(NEW);
        lab.ask(NEW, ReplicaLab.put("k", "v"));
        lab.advance(1_000);
        assertThat(lab.node(NEW).replica.applied().index()).isGreaterThan(1);
        assertThat(lab.node(BACK).replica.applied().index())
                .isEqualTo(lab.node(NEW).replica.applied().index());
    }

    @Test
    void itsVoteReachesACandidateThatItsDescriptorDoesNotName() {
        lab.node(1).paused = true;
        ReplicaLab.Node candidate = lab.node(NEW);
        candidate.tell(() -> candidate.replica.event(new RaftEvent.Campaign()));
        lab.settle();
        lab.advance(100);
        assertThat(candidate.replica.status().role()).isEqualTo(RaftStatus.Role.LEADER);
    }
}
