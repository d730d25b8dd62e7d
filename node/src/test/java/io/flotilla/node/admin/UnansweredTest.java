package io.flotilla.node.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.KeySpace;
import io.flotilla.node.raft.RaftStatus;
import io.flotilla.node.replica.QuorumWatch;
import io.flotilla.node.replica.ReplicaReport;
import io.flotilla.node.transport.control.AdminReply;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.ReplicaInfo;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** A replica that stops between being found and being asked says nothing any more, and nobody waits for it for ever. */
class UnansweredTest {
    private static final NodeId SELF = new NodeId(1);

    private final Timers timers = new Timers();
    private final List<AdminReply> replies = new ArrayList<>();

    @Test
    void theReplicasOfAStoreAreToldWithoutTheOneThatNeverAnswers() {
        List<List<AdminCalls.ReplicaLine>> told = new ArrayList<>();
        AdminCalls.Gathering gathering = new AdminCalls.Gathering(timers, told::add);
        gathering.add(report(1));
        gathering.expect(3);
        gathering.add(report(2));
        assertThat(told).isEmpty();

        timers.runUntil(AdminCalls.REPORTS_MICROS_MAX);
        gathering.add(report(3));
        assertThat(told)
                .singleElement()
                .satisfies(lines -> assertThat(lines)
                        .extracting(AdminCalls.ReplicaLine::range)
                        .containsExactly(1L, 2L));
    }

    @Test
    void whoeverGetsAllAnswersWaitsForNoTimer() {
        List<List<AdminCalls.ReplicaLine>> told = new ArrayList<>();
        AdminCalls.Gathering gathering = new AdminCalls.Gathering(timers, told::add);
        gathering.add(report(1));
        gathering.expect(1);
        new AdminCalls.Gathering(timers, told::add).expect(0);
        assertThat(told).hasSize(2);
        assertThat(timers.waiting).isEmpty();
    }

    @Test
    void aCallOfANodeToItselfFailsInTimeAsOneToAnotherDoes() {
        List<Consumer<AdminReply>> asked = new ArrayList<>();
        OneAnswer.within(Duration.ofSeconds(1), SELF, timers, replies::add, asked::add);
        assertThat(replies).isEmpty();
        timers.runUntil(1_000_000);
        asked.get(0).accept(AdminReply.of(new byte[0]));
        assertThat(replies).extracting(AdminReply::error).containsExactly("n1 did not answer in time");
    }

    @Test
    void aCallOfANodeToItselfThatThrowsFails() {
        OneAnswer.within(Duration.ofSeconds(1), SELF, timers, replies::add, answer -> {
            throw new IllegalArgumentException("not a list of steps");
        });
        assertThat(replies).extracting(AdminReply::error).containsExactly("n1 failed: not a list of steps");
        assertThat(timers.waiting).isEmpty();
    }

    private static ReplicaReport report(long range) {
        RangeDescriptor descriptor =
                new RangeDescriptor(new RangeId(range), 1, KeySpace.USERS, List.of(new ReplicaInfo(SELF, 1)), 2);
        RaftStatus raft = new RaftStatus(RaftStatus.Role.LEADER, 5, 1, 10, 10, 10, true, false);
        return new ReplicaReport(descriptor, raft, true, 10, QuorumWatch.Progress.FLOWING, false);
    }
}
