package io.flotilla.node.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.settings.FlowSettings;
import io.flotilla.config.settings.ReadMode;
import io.flotilla.config.time.Timestamp;
import io.flotilla.node.raft.RaftStatus;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeReply;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Published bugs of other systems that would sit in what is around the consensus core: real replicas, logs and engines over virtual time. */
class ShellBugClassTest {
    private static final long HOUR_MICROS = 3_600_000_000L;

    private static final int ROUNDS_MAX = 200;
    private static final int ROUNDS_AFTER_ELECTION = 10;

    private final ReplicaLab lab = new ReplicaLab(3, FlowSettings.DEFAULT, ReadMode.LEASE);

    /** A change of replicas is in the log and not committed when a peer needs a snapshot: it is of the range as it was before. */
    @Test
    void b31ASnapshotKnowsOnlyOfCommittedChangesOfReplicas() {
        lab.lead(1);
        lab.snapshotsAllowed = true;
        isolate(3);
        for (int i = 0; i < 5; i++) {
            lab.ask(1, ReplicaLab.put("k" + i, "v"));
        }
        lab.advance(3_000);
        ReplicaLab.Node leader = lab.node(1);
        long committed = leader.replica.applied().index();
        leader.log.compact(
                ReplicaLab.RANGE.value(), committed, leader.replica.applied().term());
        RangeDescriptor before = leader.replica.descriptor();
        lab.cut = (from, to) -> from.value() == 2 && to.value() == 1 || from.value() == 3 || to.value() == 3;
        List<RangeReply> replies = new ArrayList<>();
        lab.change(1, withLearnerOn(before, 4), replies::add);
        lab.settle();
        assertThat(leader.replica.status().lastIndex()).isEqualTo(committed + 1);
        lab.cut = (from, to) -> from.value() == 2 && to.value() == 1;
        lab.advance(500);

        assertThat(replies).as("the change is not committed").isEmpty();
        assertThat(lab.snapshots).isNotEmpty().allSatisfy(snapshot -> {
            assertThat(snapshot.toReplica()).isEqualTo(3);
            assertThat(snapshot.descriptor()).isEqualTo(before);
            assertThat(snapshot.index()).isEqualTo(committed);
        });
    }

    /**
     * The engine comes back older than the log. The new leader knows that its term's first entry is committed, which its own disk has not taken yet, so
     * the state is not the latest: nothing is read from it.
     */
    @Test
    void b33NothingIsReadAfterARestartBeforeTheLogIsReplayed() {
        lab.lead(1);
        lab.ask(1, ReplicaLab.put("k", "old"));
        lab.advance(1_000);
        for (int number = 1; number <= 3; number++) {
            lab.node(number).engine.flush();
        }
        assertThat(lab.ask(1, ReplicaLab.put("k", "new"))).hasSize(1);
        lab.cut = (from, to) -> true;
        lab.advance(4_000);
        for (int number = 1; number <= 3; number++) {
            lab.node(number).restart();
        }
        lab.cut = (from, to) -> false;
        lab.autoSync = false;
        int leader = 0;
        int rounds = 0;
        for (int left = ROUNDS_AFTER_ELECTION; left > 0; left -= leader == 0 ? 0 : 1) {
            assertThat(rounds++).as("rounds without a leader").isLessThan(ROUNDS_MAX);
            for (int number = 1; number <= 3; number++) {
                if (lab.node(number).replica.status().role() == RaftStatus.Role.LEADER) {
                    leader = number;
                } else {
                    lab.node(number).log.sync();
                }
            }
            lab.advance(50);
        }
        ReplicaLab.Node first = lab.node(leader);
        assertThat(first.replica.status().commit())
                .isEqualTo(first.replica.status().lastIndex());
        List<RangeReply> early = lab.ask(leader, ReplicaLab.get("k"));
        assertThat(early).noneMatch(RangeReply.Served.class::isInstance);

        lab.autoSync = true;
        lab.settle();
        lab.advance(100);
        assertThat(lab.ask(leader, ReplicaLab.get("k")).stream().map(ReplicaLab::read))
                .containsExactly("new");
    }

    /** Whoever serves the range hands out timestamps above all before, whatever its wall clock does. */
    @Test
    void b45TimestampsGoOnAlthoughTheLeaseholdersClockStepsBack() {
        lab.lead(1);
        Timestamp last = done(lab.ask(1, ReplicaLab.put("k", "1"))).timestamp();
        lab.node(1).skewMicros = -HOUR_MICROS;
        for (int i = 2; i <= 20; i++) {
            int leaseholder = leaseholder();
            KvReply.Done write = done(lab.ask(leaseholder, ReplicaLab.put("k", Integer.toString(i))));
            assertThat(write.timestamp().isAfter(last))
                    .as("write %d on %d", i, leaseholder)
                    .isTrue();
            List<RangeReply> reads = lab.ask(leaseholder(), ReplicaLab.get("k"));
            assertThat(reads.stream().map(ReplicaLab::read)).containsExactly(Integer.toString(i));
            assertThat(done(reads).timestamp().isAfter(write.timestamp())).isTrue();
            last = done(reads).timestamp();
            lab.advance(500);
        }
    }

    /** Waits until there is one. */
    private int leaseholder() {
        for (int waited = 0; waited < 100; waited++) {
            for (int number = 1; number <= 3; number++) {
                if (lab.node(number).replica.isLeaseholder()) {
                    return number;
                }
            }
            lab.advance(100);
        }
        throw new AssertionError("no leaseholder");
    }

    private static KvReply.Done done(List<RangeReply> replies) {
        assertThat(replies).hasSize(1);
        return (KvReply.Done) ((RangeReply.Served) replies.get(0)).reply();
    }

    private void isolate(int number) {
        lab.cut = (from, to) -> from.value() == number || to.value() == number;
    }

    private static RangeDescriptor withLearnerOn(RangeDescriptor range, int node) {
        List<ReplicaInfo> replicas = new ArrayList<>(range.replicas());
        replicas.add(new ReplicaInfo(new NodeId(node), range.nextReplicaId(), ReplicaInfo.Kind.LEARNER, false));
        return new RangeDescriptor(
                range.id(), range.generation() + 1, range.span(), replicas, range.nextReplicaId() + 1);
    }
}
