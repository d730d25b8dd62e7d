package io.flotilla.node.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.settings.FlowSettings;
import io.flotilla.config.settings.RaftSettings;
import io.flotilla.config.settings.ReadMode;
import io.flotilla.range.lifecycle.ReplicaSets;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A leader with a peer that needs the whole state. */
class SnapshotDemandTest {
    private static final int BEHIND = 3;
    private static final int ENTRIES_AT_ONCE = 500;

    private final ReplicaLab lab = new ReplicaLab(3, FlowSettings.DEFAULT, ReadMode.LEASE);
    private final ReplicaLab.Node leader = lab.node(1);

    @BeforeEach
    void oneIsBehindTheLog() {
        lab.lead(1);
        lab.snapshotsAllowed = true;
        isolate();
        lab.ask(1, ReplicaLab.put("k", "v"));
        lab.advance(3_000);
        leader.log.compact(
                ReplicaLab.RANGE.value(),
                leader.replica.applied().index(),
                leader.replica.applied().term());
    }

    private void isolate() {
        lab.cut = (from, to) -> from.value() == BEHIND || to.value() == BEHIND;
    }

    /** Else a range that is written while its snapshot is on its way needs the next one before the first is through, and so on (B24). */
    @Test
    void theLogIsKeptFromTheIndexOfASnapshotThatIsOnItsWay() {
        lab.cut = (from, to) -> false;
        lab.advance(500);
        assertThat(lab.snapshots).isNotEmpty();
        long begun = lab.snapshots.get(lab.snapshots.size() - 1).index();
        isolate();
        for (int i = 0; i <= RaftSettings.DEFAULT.logEntriesKept(); i++) {
            lab.send(1, reply -> {}, ReplicaLab.put("k" + i, "v"));
            if (i % ENTRIES_AT_ONCE == 0) {
                lab.settle();
            }
        }
        lab.settle();
        long applied = leader.replica.applied().index();
        assertThat(applied).isGreaterThan(begun + RaftSettings.DEFAULT.logEntriesKept());
        List<Long> forgotten = new ArrayList<>();
        leader.replica.flushed(applied, 0, (upTo, term) -> forgotten.add(upTo));
        leader.replica.flushed(applied, applied, (upTo, term) -> forgotten.add(upTo));
        assertThat(forgotten).allMatch(upTo -> upTo <= begun);
    }

    @Test
    void onePeerLessThatNeededItIsNothingToStayAwakeFor() {
        lab.roomForSnapshots = false;
        lab.cut = (from, to) -> false;
        lab.advance(500);
        isolate();
        RangeDescriptor before = leader.replica.descriptor();
        change(before.with(leaving(before), before.nextReplicaId()));
        RangeDescriptor joint = leader.replica.descriptor();
        change(joint.with(ReplicaSets.left(joint), joint.nextReplicaId()));
        assertThat(leader.replica.descriptor().replicaOn(new NodeId(BEHIND))).isEmpty();
        leader.tell(() -> leader.replica.snapshotTurn(BEHIND));
        lab.settle();
        lab.advance(10_000);
        assertThat(leader.replica.isQuiet()).isTrue();
    }

    private void change(RangeDescriptor next) {
        lab.change(1, next, reply -> {});
        lab.settle();
        lab.advance(500);
        assertThat(leader.replica.descriptor()).isEqualTo(next);
    }

    private static List<ReplicaInfo> leaving(RangeDescriptor range) {
        List<ReplicaInfo> replicas = new ArrayList<>();
        for (ReplicaInfo replica : range.replicas()) {
            replicas.add(replica.replicaId() == BEHIND ? replica.as(ReplicaInfo.Kind.OUTGOING) : replica);
        }
        return replicas;
    }
}
