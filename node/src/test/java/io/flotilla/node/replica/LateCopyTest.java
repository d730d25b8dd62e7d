package io.flotilla.node.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.settings.FlowSettings;
import io.flotilla.config.settings.ReadMode;
import io.flotilla.range.routing.RangeReply;
import io.flotilla.range.routing.RangeRequest;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A copy of a write that was held up in the network while another one was refused: what a replica makes of it. */
class LateCopyTest {
    private final ReplicaLab lab = new ReplicaLab(3, FlowSettings.DEFAULT, ReadMode.LEASE);

    private final KvBatch cas = lab.onePhase(
            ReplicaLab.key("k"), new KvOp.CompareAndSet(ReplicaLab.key("k"), Value.of("free"), Value.of("mine")));

    /** So a refusal settles nothing for copies that were sent before, and whoever routes must not say that it does. */
    @Test
    void isJudgedByWhatItFindsAndNotByWhatAnotherCopyWasTold() {
        refuseOneCopyThenFreeTheKey();
        assertThat(serve(cas)).isInstanceOf(KvReply.Done.class);
        assertThat(ReplicaLab.read(lab.ask(1, ReplicaLab.get("k")).get(0))).isEqualTo("mine");
    }

    @Test
    void isRefusedOnceTheOutcomeWasLookedUpWithAFence() {
        refuseOneCopyThenFreeTheKey();
        lab.ask(1, new KvOp.LookupTxn(ReplicaLab.key("k"), cas.header().txn().id(), true));
        assertThat(serve(cas))
                .isInstanceOfSatisfying(
                        KvReply.Refused.class,
                        refused -> assertThat(refused.error()).isInstanceOf(KvError.TxnAborted.class));
        assertThat(ReplicaLab.read(lab.ask(1, ReplicaLab.get("k")).get(0))).isEqualTo("free");
    }

    private void refuseOneCopyThenFreeTheKey() {
        lab.lead(1);
        lab.ask(1, ReplicaLab.put("k", "theirs"));
        assertThat(serve(cas))
                .isInstanceOfSatisfying(
                        KvReply.Refused.class,
                        refused -> assertThat(refused.error()).isInstanceOf(KvError.ConditionFailed.class));
        lab.ask(1, ReplicaLab.put("k", "free"));
    }

    private KvReply serve(KvBatch batch) {
        List<RangeReply> replies = new ArrayList<>();
        lab.node(1).tell(() -> lab.node(1).replica.serve(new RangeRequest(ReplicaLab.RANGE, 1, batch), replies::add));
        lab.settle();
        lab.advance(100);
        return ((RangeReply.Served) replies.get(0)).reply();
    }
}
