package io.flotilla.node.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvHeader;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.Observed;
import io.flotilla.config.settings.FlowSettings;
import io.flotilla.config.settings.ReadMode;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.node.raft.RaftEvent;
import io.flotilla.range.routing.RangeReply;
import io.flotilla.range.routing.RangeRequest;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a transaction saw of a node's clock is of no use for what others wrote before that node led. */
class ObservedClockTest {
    private final ReplicaLab lab = new ReplicaLab(3, FlowSettings.DEFAULT, ReadMode.LEASE);

    @Test
    void aTransactionThatSawTheNextLeaseholdersClockDoesNotMissWhatTheLastOneWroteBefore() {
        lab.lead(1);
        lab.ask(1, ReplicaLab.put("k", "old"));
        lab.advance(500);
        lab.cut = (from, to) -> from.value() == 3 || to.value() == 3;
        lab.node(1).skewMicros = 50_000;
        assertThat(lab.ask(1, ReplicaLab.put("k", "new"))).as("acknowledged").hasSize(1);

        // Now a transaction begins at node 3, and reads something else there.
        Timestamp begun = lab.node(3).clock.now();
        Observed here = new Observed(new NodeId(3), lab.node(3).clock.now());
        lab.cut = (from, to) -> false;
        lab.advance(500);
        lab.node(1).tell(() -> lab.node(1).replica.event(new RaftEvent.TransferLeadership(3)));
        lab.advance(500);
        assertThat(lab.node(3).replica.isLeaseholder()).isTrue();

        KvHeader header = new KvHeader(
                begun,
                begun.plusMicros(lab.node(3).clock.maxOffsetMicros()),
                List.of(here),
                TxnMeta.NONE,
                false,
                1_000_000);
        KvBatch read = new KvBatch(header, List.of(ReplicaLab.get("k")));
        List<RangeReply> replies = new ArrayList<>();
        lab.node(3).tell(() -> lab.node(3).replica.serve(new RangeRequest(ReplicaLab.RANGE, 1, read), replies::add));
        lab.settle();
        assertThat(replies).singleElement().satisfies(reply -> {
            KvReply served = ((RangeReply.Served) reply).reply();
            assertThat(served).isInstanceOf(KvReply.Refused.class);
            assertThat(((KvReply.Refused) served).error()).isInstanceOf(KvError.ReadUncertain.class);
        });
    }
}
