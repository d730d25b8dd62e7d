package io.flotilla.node.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.settings.FlowSettings;
import io.flotilla.config.settings.ReadMode;
import io.flotilla.range.routing.RangeReply;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A range without a quorum says so at once, and serves again as soon as it has one. */
class NoQuorumTest {
    private final ReplicaLab lab = new ReplicaLab(3, FlowSettings.DEFAULT, ReadMode.LEASE);

    private List<RangeReply> put(int node) {
        return lab.ask(node, ReplicaLab.put("key", "value"));
    }

    private static boolean isServed(List<RangeReply> replies) {
        return replies.size() == 1 && replies.get(0) instanceof RangeReply.Served;
    }

    @Test
    void aLeaderWhoseFollowersAreGoneSaysSoWithinThreeSeconds() {
        lab.lead(1);
        lab.cut = (from, to) -> true;
        List<RangeReply> underWay = put(1);
        assertThat(underWay).isEmpty();

        lab.advance(3_000);

        assertThat(underWay)
                .as("perhaps in the log for good")
                .singleElement()
                .isInstanceOfSatisfying(
                        RangeReply.Lost.class,
                        lost -> assertThat(lost.maybeExecuted()).isTrue());
        assertThat(put(1)).singleElement().isInstanceOf(RangeReply.NoQuorum.class);
        assertThat(lab.ask(1, ReplicaLab.get("other"))).singleElement().isInstanceOf(RangeReply.NoQuorum.class);
        assertThat(lab.node(1).replica.progress()).isEqualTo(QuorumWatch.Progress.STOPPED);
    }

    @Test
    void aFollowerThatIsLeftAloneSaysSoWithinThreeSeconds() {
        lab.lead(1);
        lab.cut = (from, to) -> true;
        lab.advance(3_000);
        assertThat(put(3)).singleElement().isInstanceOf(RangeReply.NoQuorum.class);
    }

    @Test
    void aPairThatCanElectALeaderSaysNoSuchThing() {
        lab.lead(1);
        lab.cut = (from, to) -> from.value() == 1 || to.value() == 1;
        for (int millis = 0; millis < 5_000; millis += 300) {
            List<RangeReply> replies = put(2);
            lab.advance(300);
            assertThat(replies)
                    .as("answered, though perhaps not before it is known who leads")
                    .isNotEmpty()
                    .noneMatch(reply -> reply instanceof RangeReply.NoQuorum);
        }
        assertThat(isServed(put(2)) || isServed(put(3))).isTrue();
    }

    @Test
    void theFirstThatComesBackEndsIt() {
        lab.lead(1);
        lab.cut = (from, to) -> true;
        lab.advance(10_000);
        assertThat(put(1)).singleElement().isInstanceOf(RangeReply.NoQuorum.class);

        lab.cut = (from, to) -> from.value() == 3 || to.value() == 3;
        lab.advance(2_000);

        assertThat(isServed(put(1)) || isServed(put(2))).isTrue();
        assertThat(put(3)).singleElement().isInstanceOf(RangeReply.NoQuorum.class);
    }

    @Test
    void writesThatWaitInVainAreToldAndNewOnesAreNotLetInWhileReadsAreServed() {
        lab.lead(1);
        put(1);
        lab.autoSync = false;
        List<RangeReply> underWay = put(1);
        lab.advance(1_500);
        assertThat(underWay).as("slow is not stopped").isEmpty();
        assertThat(lab.node(1).replica.progress()).isEqualTo(QuorumWatch.Progress.SLOW);
        List<RangeReply> behindIt = lab.ask(1, ReplicaLab.get("key"));

        lab.advance(1_500);

        assertThat(underWay).singleElement().isInstanceOf(RangeReply.Lost.class);
        assertThat(behindIt).singleElement().isInstanceOf(RangeReply.NoQuorum.class);
        assertThat(put(1)).singleElement().isInstanceOf(RangeReply.NoQuorum.class);
        assertThat(isServed(lab.ask(1, ReplicaLab.get("other")))).isTrue();
        assertThat(lab.node(1).replica.progress()).isEqualTo(QuorumWatch.Progress.STOPPED);

        lab.autoSync = true;
        lab.advance(500);
        assertThat(isServed(put(1))).isTrue();
        assertThat(underWay).as("told once").hasSize(1);
        assertThat(lab.node(1).replica.progress()).isEqualTo(QuorumWatch.Progress.FLOWING);
    }

    @Test
    void aWriteThatIsStuckIsToldOnlyOnce() {
        lab.lead(1);
        lab.autoSync = false;
        List<RangeReply> replies = new ArrayList<>();
        lab.send(1, replies::add, ReplicaLab.put("key", "value"));
        lab.advance(6_000);
        assertThat(replies).hasSize(1);
    }
}
