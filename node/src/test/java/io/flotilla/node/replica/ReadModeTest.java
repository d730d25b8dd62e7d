package io.flotilla.node.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.settings.FlowSettings;
import io.flotilla.config.settings.ReadMode;
import io.flotilla.range.routing.RangeReply;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Reads under a lease and reads by read index, and both at a leaseholder that was paused for longer than its lease. */
class ReadModeTest {
    @ParameterizedTest
    @EnumSource(ReadMode.class)
    void aReadSeesEveryWriteThatWasAcknowledgedBefore(ReadMode mode) {
        ReplicaLab lab = new ReplicaLab(3, FlowSettings.DEFAULT, mode);
        lab.lead(1);
        for (int i = 0; i < 20; i++) {
            assertThat(lab.ask(1, ReplicaLab.put("k", "v" + i))).hasSize(1);
            assertThat(lab.ask(1, ReplicaLab.get("k")).stream().map(ReplicaLab::read))
                    .containsExactly("v" + i);
        }
    }

    @ParameterizedTest
    @EnumSource(ReadMode.class)
    void aLeaseholderPausedForLongerThanItsLeaseAnswersNoReadFromItsQueue(ReadMode mode) {
        ReplicaLab lab = new ReplicaLab(3, FlowSettings.DEFAULT, mode);
        lab.lead(1);
        lab.ask(1, ReplicaLab.put("k", "old"));
        lab.node(1).paused = true;
        List<RangeReply> queued = new ArrayList<>();
        lab.send(1, queued::add, ReplicaLab.get("k"));
        lab.advance(5_000);
        int next = lab.node(2).replica.isLeaseholder() ? 2 : 3;
        assertThat(lab.node(next).replica.isLeaseholder()).isTrue();
        assertThat(lab.ask(next, ReplicaLab.put("k", "new"))).hasSize(1);
        lab.send(1, queued::add, ReplicaLab.get("k"));

        lab.node(1).paused = false;
        lab.settle();
        assertThat(queued).hasSize(2).allMatch(reply -> reply instanceof RangeReply.NotLeaseholder);
        assertThat(lab.ask(next, ReplicaLab.get("k")).stream().map(ReplicaLab::read))
                .containsExactly("new");
    }

    /** In the middle of a turn, at any look at the clock: of what was read before nothing leaves afterwards. */
    @Test
    void noReadLeavesAfterAPauseInWhichTheLeaseRanOut() {
        int refused = 0;
        boolean stoodStill = true;
        for (int look = 1; stoodStill; look++) {
            ReplicaLab lab = new ReplicaLab(3, FlowSettings.DEFAULT, ReadMode.LEASE);
            lab.lead(1);
            lab.ask(1, ReplicaLab.put("k", "v"));
            ReplicaLab.Node node = lab.node(1);
            List<RangeReply> late = new ArrayList<>();
            node.standsStillAtLook(look);
            lab.send(
                    1,
                    reply -> {
                        if (node.hasStoodStill()) {
                            late.add(reply);
                        }
                    },
                    ReplicaLab.get("k"));
            lab.settle();
            assertThat(late).as("look %d", look).noneMatch(reply -> reply instanceof RangeReply.Served);
            refused += late.size();
            stoodStill = node.hasStoodStill();
        }
        assertThat(refused).isGreaterThan(1);
    }

    /** Its clock has jumped ahead, and the others have not heard of it: who comes after it would not know what was read. */
    @Test
    void nothingIsReadAboveWhatTheLeaseProtects() {
        ReplicaLab lab = new ReplicaLab(3, FlowSettings.DEFAULT, ReadMode.LEASE);
        lab.lead(1);
        lab.ask(1, ReplicaLab.put("k", "v"));
        lab.node(1).skewMicros += 5_000_000;
        assertThat(lab.ask(1, ReplicaLab.get("k"))).noneMatch(reply -> reply instanceof RangeReply.Served);
    }

    /** Its clocks say that no time has passed, so its lease looks good: a read index does not care. */
    @Test
    void aReadByReadIndexIsRightEvenIfTheLeaseholdersClockStoodStill() {
        ReplicaLab lab = new ReplicaLab(3, FlowSettings.DEFAULT, ReadMode.READ_INDEX);
        lab.lead(1);
        lab.ask(1, ReplicaLab.put("k", "old"));
        lab.cut = (from, to) -> from.value() == 1 || to.value() == 1;
        List<RangeReply> replies = lab.ask(1, ReplicaLab.get("k"));
        assertThat(replies).as("no quorum has confirmed it").isEmpty();
        lab.advance(5_000);
        assertThat(replies)
                .hasSize(1)
                .noneMatch(reply -> reply instanceof RangeReply.Served served
                        && served.reply() instanceof io.flotilla.config.kv.KvReply.Done);
    }

    @Test
    void readsOfOneTurnAreConfirmedTogether() {
        ReplicaLab lab = new ReplicaLab(3, FlowSettings.DEFAULT, ReadMode.READ_INDEX);
        lab.lead(1);
        List<RangeReply> replies = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            lab.send(1, replies::add, ReplicaLab.get("k" + i));
        }
        lab.settle();
        assertThat(replies).hasSize(50);
        assertThat(lab.node(1).serving.margins().buckets().stream()
                        .mapToLong(LeaseMargins.Bucket::count)
                        .sum())
                .isEqualTo(50);
    }

    @Test
    void whatIsLeftOfTheLeaseIsCountedAsAnswersLeave() {
        ReplicaLab lab = new ReplicaLab(3, FlowSettings.DEFAULT, ReadMode.LEASE);
        lab.lead(1);
        lab.cut = (from, to) -> from.value() == 1 || to.value() == 1;
        lab.skip(50);
        lab.ask(1, ReplicaLab.get("k"));
        lab.skip(500);
        lab.ask(1, ReplicaLab.get("k"));
        List<LeaseMargins.Bucket> used = lab.node(1).serving.margins().buckets().stream()
                .filter(bucket -> bucket.count() > 0)
                .toList();
        assertThat(used).hasSize(2);
        assertThat(used.get(0).belowMillis()).isLessThanOrEqualTo(300);
        assertThat(used.get(1).belowMillis()).isGreaterThan(500);
    }
}
