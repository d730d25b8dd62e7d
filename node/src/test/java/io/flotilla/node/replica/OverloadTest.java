package io.flotilla.node.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.settings.FlowSettings;
import io.flotilla.config.settings.ReadMode;
import io.flotilla.range.routing.RangeReply;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What happens to writes that come faster than the log takes them. */
class OverloadTest {
    private static final FlowSettings TIGHT = new FlowSettings(64 * 1024, 100, 1, 1, 1);
    private static final String KILOBYTE = "x".repeat(1024);

    private final ReplicaLab lab = new ReplicaLab(3, TIGHT, ReadMode.LEASE);

    @Test
    void whatTheBudgetDoesNotHoldIsRefusedWithAHintAndNothingOfItIsDone() {
        lab.lead(1);
        lab.autoSync = false;
        List<RangeReply> replies = flood(200);
        List<KvError.Overloaded> refused = overloaded(replies);
        assertThat(refused).isNotEmpty();
        assertThat(refused).allMatch(error -> error.retryAfterMillis() >= 20 && error.provenNotExecuted());
        assertThat(lab.node(1).serving.budget().bytesInLog())
                .isLessThanOrEqualTo(TIGHT.proposalBytesMax() + 2 * KILOBYTE.length());

        lab.autoSync = true;
        lab.settle();
        assertThat(replies).hasSize(200);
        assertThat(overloaded(replies)).as("who was let in is served").hasSameSizeAs(refused);
        assertThat(lab.node(1).serving.budget().bytesInLog()).isZero();
        assertThat(overloaded(lab.ask(1, ReplicaLab.put("later", KILOBYTE)))).isEmpty();
    }

    @Test
    void readsAreServedWhileWritesAreRefused() {
        lab.lead(1);
        lab.ask(1, ReplicaLab.put("read", "me"));
        lab.autoSync = false;
        assertThat(overloaded(flood(200))).isNotEmpty();
        assertThat(lab.ask(1, ReplicaLab.get("read")).stream().map(ReplicaLab::read))
                .containsExactly("me");
    }

    @Test
    void aLeaderThatIsDeposedGivesItsShareBack() {
        lab.lead(1);
        lab.autoSync = false;
        flood(200);
        lab.autoSync = true;
        lab.cut = (from, to) -> from.value() == 1 || to.value() == 1;
        lab.advance(5_000);
        assertThat(lab.node(1).replica.isLeaseholder()).isFalse();
        assertThat(lab.node(1).serving.budget().bytesInLog()).isZero();
        assertThat(lab.node(1).serving.budget().inLog()).isZero();
    }

    @Test
    void aSlowFollowerIsNotWaitedFor() {
        lab.lead(1);
        lab.cut = (from, to) -> from.value() == 3;
        List<RangeReply> replies = flood(40);
        assertThat(replies).hasSize(40);
        assertThat(overloaded(replies)).isEmpty();
        assertThat(lab.node(1).serving.budget().bytesInLog()).isZero();
    }

    private List<RangeReply> flood(int writes) {
        List<RangeReply> replies = new ArrayList<>();
        for (int i = 0; i < writes; i++) {
            lab.send(1, replies::add, ReplicaLab.put("key" + i, KILOBYTE));
        }
        lab.settle();
        return replies;
    }

    private static List<KvError.Overloaded> overloaded(List<RangeReply> replies) {
        List<KvError.Overloaded> found = new ArrayList<>();
        for (RangeReply reply : replies) {
            if (reply instanceof RangeReply.Served served
                    && served.reply() instanceof KvReply.Refused refused
                    && refused.error() instanceof KvError.Overloaded overloaded) {
                found.add(overloaded);
            }
        }
        return found;
    }
}
