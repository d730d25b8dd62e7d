package io.flotilla.node.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.kv.KvReply;
import io.flotilla.config.settings.FlowSettings;
import io.flotilla.config.settings.ReadMode;
import io.flotilla.config.time.Timestamp;
import io.flotilla.node.raft.RaftEvent;
import io.flotilla.range.routing.RangeReply;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Replicas of a range without traffic are not there, and nobody who asks notices. */
class SleepTest {
    /** What was written is compared between the replicas before they may sleep. */
    private static final long UNTIL_CHECKED_MILLIS = ConsistencyCheck.AFTER_MICROS / 1_000 + 500;

    private final ReplicaLab lab = new ReplicaLab(3, FlowSettings.DEFAULT, ReadMode.LEASE);

    @Test
    void aRangeWithoutTrafficSendsNothingAndFallsAsleepOnAllItsNodes() {
        lab.lead(1);
        lab.ask(1, ReplicaLab.put("k", "v"));
        lab.advance(UNTIL_CHECKED_MILLIS);
        long sent = lab.messages;
        sleep(1, 2, 3);
        lab.advance(60_000);
        assertThat(lab.messages).isEqualTo(sent);
        assertThat(List.of(1, 2, 3)).allMatch(node -> lab.node(node).isAsleep());
    }

    @Test
    void aRangeAtRestSendsNothingAlthoughItIsGivenTicks() {
        lab.lead(1);
        lab.advance(UNTIL_CHECKED_MILLIS);
        long sent = lab.messages;
        lab.advance(60_000);
        assertThat(lab.messages).isEqualTo(sent);
    }

    @Test
    void aLeaseholderThatSleptAnswersAtOnceAndWakesNobodyElseToRead() {
        lab.lead(1);
        lab.ask(1, ReplicaLab.put("k", "v"));
        lab.advance(UNTIL_CHECKED_MILLIS);
        sleep(1, 2, 3);
        lab.advance(60_000);
        assertThat(lab.ask(1, ReplicaLab.get("k")).stream().map(ReplicaLab::read))
                .containsExactly("v");
        assertThat(lab.node(1).isAsleep()).isFalse();
        assertThat(lab.node(2).isAsleep()).isTrue();
        assertThat(lab.node(3).isAsleep()).isTrue();
    }

    @Test
    void aWriteWakesTheFollowersToo() {
        lab.lead(1);
        lab.advance(UNTIL_CHECKED_MILLIS);
        sleep(1, 2, 3);
        lab.advance(10_000);
        assertThat(lab.ask(1, ReplicaLab.put("k", "v")))
                .singleElement()
                .matches(reply -> reply instanceof RangeReply.Served served && served.reply() instanceof KvReply.Done);
        lab.advance(UNTIL_CHECKED_MILLIS);
        assertThat(lab.node(3).replica.applied().index())
                .isEqualTo(lab.node(1).replica.applied().index());
        sleep(1, 2, 3);
    }

    @Test
    void followersAsleepElectAnotherWhenTheirLeadersStoreIsGone() {
        lab.lead(1);
        lab.ask(1, ReplicaLab.put("k", "v"));
        lab.advance(UNTIL_CHECKED_MILLIS);
        sleep(1, 2, 3);
        lab.advance(10_000);
        lab.cut = (from, to) -> from.value() == 1 || to.value() == 1;
        lab.advance(2_000);
        int next = lab.node(2).replica.isLeaseholder() ? 2 : 3;
        assertThat(lab.ask(next, ReplicaLab.get("k")).stream().map(ReplicaLab::read))
                .containsExactly("v");
        assertThat(lab.ask(next, ReplicaLab.put("k", "new"))).hasSize(1);
        // The third is waited for, as it may have something else; not for ever.
        lab.advance(3 * UNTIL_CHECKED_MILLIS);
        sleep(2, 3);
        lab.advance(10_000);
        lab.cut = (from, to) -> false;
        lab.advance(2_000);
        assertThat(lab.node(1).replica.applied().index())
                .as("who was away is told what it lacks")
                .isEqualTo(lab.node(next).replica.applied().index());
    }

    @Test
    void theLossOfAnotherStoreWakesNobody() {
        lab.lead(1);
        lab.advance(UNTIL_CHECKED_MILLIS);
        sleep(1, 2);
        lab.cut = (from, to) -> from.value() == 3 || to.value() == 3;
        lab.advance(10_000);
        assertThat(lab.node(1).isAsleep()).isTrue();
        assertThat(lab.node(2).isAsleep()).isTrue();
    }

    /** The leaseholder forgets which keys were read, and must not forget that something was. */
    @Test
    void aWriteDoesNotSlipBelowAReadFromBeforeTheSleep() {
        lab.lead(1);
        lab.ask(1, ReplicaLab.put("k", "v"));
        lab.advance(UNTIL_CHECKED_MILLIS);
        Timestamp before = lab.node(1).clock.now();
        lab.advance(100);
        RangeReply.Served read =
                (RangeReply.Served) lab.ask(1, ReplicaLab.get("k")).get(0);
        Timestamp readAt = ((KvReply.Done) read.reply()).timestamp();
        lab.advance(100);
        sleep(1, 2, 3);
        assertThat(readAt.isAfter(before)).isTrue();
        RangeReply.Served write = (RangeReply.Served) lab.writeAt(1, before, "k", "later");
        assertThat(((KvReply.Done) write.reply()).timestamp().isAfter(readAt)).isTrue();
    }

    @Test
    void whoHasWorkDoesNotFallAsleep() {
        lab.lead(1);
        lab.advance(UNTIL_CHECKED_MILLIS);
        lab.autoSync = false;
        List<RangeReply> replies = new ArrayList<>();
        lab.send(1, replies::add, ReplicaLab.put("k", "v"));
        assertThat(lab.node(1).fallAsleep()).as("told something").isFalse();
        lab.settle();
        assertThat(lab.node(1).fallAsleep()).as("a write under way").isFalse();
        assertThat(lab.node(2).fallAsleep()).as("nothing durable yet").isFalse();
        lab.autoSync = true;
        lab.advance(UNTIL_CHECKED_MILLIS);
        assertThat(replies).hasSize(1);
        sleep(1, 2, 3);
    }

    /** The leader takes its followers to know what is committed; one that is back before its promise is over has forgotten it. */
    @Test
    void whoIsStartedAgainIsToldWhatIsCommittedAlthoughTheLeaderSleeps() {
        lab.lead(1);
        lab.ask(1, ReplicaLab.put("k", "v"));
        lab.advance(UNTIL_CHECKED_MILLIS);
        long committed = lab.node(1).replica.applied().index();
        sleep(1, 3);
        lab.node(2).restart();
        assertThat(lab.node(2).replica.applied().index()).isLessThan(committed);
        lab.advance(UNTIL_CHECKED_MILLIS);
        assertThat(lab.node(2).replica.applied().index()).isEqualTo(committed);
        lab.advance(UNTIL_CHECKED_MILLIS);
        sleep(1, 2);
        assertThat(lab.node(3).isAsleep()).as("nobody asked it").isTrue();
    }

    @Test
    void leadershipIsHandedOverByOneThatSlept() {
        lab.lead(1);
        lab.advance(UNTIL_CHECKED_MILLIS);
        sleep(1, 2, 3);
        lab.advance(10_000);
        lab.node(1).tell(() -> lab.node(1).replica.event(new RaftEvent.TransferLeadership(2)));
        lab.settle();
        lab.advance(200);
        assertThat(lab.node(2).replica.isLeaseholder()).isTrue();
    }

    private void sleep(int... nodes) {
        for (int node : nodes) {
            assertThat(lab.node(node).fallAsleep())
                    .as("node " + node + " falls asleep")
                    .isTrue();
        }
    }
}
