package io.flotilla.range.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import io.flotilla.config.id.NodeId;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.Ranges;
import io.flotilla.range.routing.ReplicaInfo;
import io.flotilla.range.routing.ReplicaInfo.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ReplicaSetsTest {
    private static final RangeDescriptor RANGE = Ranges.range(2, 3, "b", "m");
    private static final RangeDescriptor JOINT = RANGE.with(
            List.of(
                    new ReplicaInfo(Ranges.N1, 1),
                    new ReplicaInfo(Ranges.N2, 2, Kind.OUTGOING, false),
                    new ReplicaInfo(Ranges.N3, 3, Kind.VOTER, true),
                    new ReplicaInfo(new NodeId(4), 4, Kind.INCOMING, false),
                    new ReplicaInfo(new NodeId(5), 5, Kind.LEARNER, false)),
            6);

    @Test
    void triggerBytesAreGolden() {
        byte[] bytes = new ReplicaChangeTrigger(JOINT).encode();
        assertThat(HexFormat.of().formatHex(bytes))
                .isEqualTo("02" + "02" + "0000000000000002" + "0000000000000004" + "00000002" + "1062" + "00000002"
                        + "106d" + "00000006" + "0005" + "000000010000000100" + "000000020000000203"
                        + "000000030000000310" + "000000040000000402" + "000000050000000501");
        assertThat(CommitTrigger.decode(bytes)).isEqualTo(new ReplicaChangeTrigger(JOINT));
        for (int length = 0; length < bytes.length; length++) {
            byte[] cut = Arrays.copyOf(bytes, length);
            assertThatThrownBy(() -> CommitTrigger.decode(cut)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void aJointConfigurationIsFollowedOnlyByItsOwnEnd() {
        assertThat(ReplicaSets.objection(JOINT, JOINT.with(ReplicaSets.left(JOINT), 6)))
                .isEmpty();
        assertThat(ReplicaSets.objection(JOINT, JOINT.with(RANGE.replicas(), 6)))
                .isPresent();
        List<ReplicaInfo> withoutLearner = new ArrayList<>(JOINT.replicas());
        withoutLearner.remove(4);
        assertThat(ReplicaSets.objection(JOINT, JOINT.with(withoutLearner, 6))).isPresent();
    }

    @Test
    void anotherShapeOrGenerationIsRefused() {
        List<ReplicaInfo> same = RANGE.replicas();
        assertThat(ReplicaSets.objection(RANGE, RANGE)).isPresent();
        assertThat(ReplicaSets.objection(RANGE, RANGE.with(same, 3))).isPresent();
        assertThat(ReplicaSets.objection(RANGE, Ranges.range(2, 4, "b", "l"))).isPresent();
        assertThat(ReplicaSets.objection(RANGE, Ranges.range(3, 4, "b", "m"))).isPresent();
    }

    @Test
    void aReplicaKeepsItsNodeAndItsKindOfCopyForEver() {
        assertThat(ReplicaSets.objection(RANGE, swapped(new ReplicaInfo(new NodeId(4), 3))))
                .isPresent();
        assertThat(ReplicaSets.objection(RANGE, swapped(new ReplicaInfo(Ranges.N3, 3, Kind.VOTER, true))))
                .isPresent();
    }

    /**
     * Against a slow, obvious version: whatever replaces a set of replicas in one step, every majority of the one meets every majority of the other, and
     * no majority is without data.
     */
    @Test
    void majoritiesOfOneAndTheNextAlwaysMeet() {
        Random random = new Random(7);
        int accepted = 0;
        for (int i = 0; i < 40_000; i++) {
            RangeDescriptor from = random(random, RANGE.with(List.of(new ReplicaInfo(Ranges.N1, 1)), 1));
            if (ReplicaSets.objection(from.replicas()).isPresent()) {
                continue;
            }
            RangeDescriptor to = random(random, from);
            if (ReplicaSets.objection(from, to).isPresent()) {
                continue;
            }
            accepted++;
            for (int votes = 0; votes < 1 << 8; votes++) {
                boolean meet = !decides(from, votes) || !decides(to, ~votes & 0xFF);
                boolean data =
                        (!decides(from, votes) || hasData(from, votes)) && (!decides(to, votes) || hasData(to, votes));
                if (!meet || !data) {
                    fail(from + " -> " + to + " " + votes);
                }
            }
        }
        assertThat(accepted).isGreaterThan(200);
    }

    private static boolean decides(RangeDescriptor range, int votes) {
        int all = 0;
        int yes = 0;
        int allBefore = 0;
        int yesBefore = 0;
        for (ReplicaInfo replica : range.replicas()) {
            int vote = votes >> replica.replicaId() & 1;
            if (replica.staysVoter()) {
                all++;
                yes += vote;
            }
            if (replica.wasVoter()) {
                allBefore++;
                yesBefore += vote;
            }
        }
        return 2 * yes > all && (!range.isJoint() || 2 * yesBefore > allBefore);
    }

    private static boolean hasData(RangeDescriptor range, int votes) {
        for (ReplicaInfo replica : range.replicas()) {
            if (!replica.witness() && replica.kind() != Kind.LEARNER && (votes >> replica.replicaId() & 1) == 1) {
                return true;
            }
        }
        return false;
    }

    /** Some of the replicas before, in perhaps other roles, and perhaps new ones. */
    private static RangeDescriptor random(Random random, RangeDescriptor before) {
        List<ReplicaInfo> replicas = new ArrayList<>();
        boolean calm = random.nextBoolean();
        for (ReplicaInfo replica : before.replicas()) {
            if (random.nextInt(8) != 0) {
                replicas.add(random.nextInt(3) != 0 ? replica : replica.as(kind(random, calm)));
            }
        }
        int next = before.nextReplicaId();
        while (next < 7 && random.nextBoolean()) {
            replicas.add(new ReplicaInfo(new NodeId(next), next, kind(random, calm), random.nextInt(3) == 0));
            next++;
        }
        if (replicas.isEmpty()) {
            replicas.add(before.replicas().get(0));
        }
        return before.with(replicas, next);
    }

    private static Kind kind(Random random, boolean calm) {
        return Kind.values()[random.nextInt(calm ? 2 : 4)];
    }

    private static RangeDescriptor swapped(ReplicaInfo third) {
        return RANGE.with(List.of(RANGE.replicas().get(0), RANGE.replicas().get(1), third), 5);
    }
}
