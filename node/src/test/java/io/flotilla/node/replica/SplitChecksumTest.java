package io.flotilla.node.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.key.Span;
import io.flotilla.config.key.Value;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.node.mvcc.Mutation;
import io.flotilla.node.mvcc.MutationWriter;
import io.flotilla.node.mvcc.MvccKeys;
import io.flotilla.node.mvcc.StateChecksum;
import io.flotilla.node.mvcc.VersionCodec;
import io.flotilla.node.storage.Engine.Space;
import io.flotilla.node.storage.MemoryEngine;
import io.flotilla.range.lifecycle.SplitTrigger;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A split divides the state; the checksum goes with both halves until what is foreign in it was counted. */
class SplitChecksumTest {
    private static final List<ReplicaInfo> REPLICAS = List.of(new ReplicaInfo(new NodeId(1), 1));
    private static final Key BORDER = KeySpace.user(new byte[] {'m'});
    private static final Span LEFT_SPAN = new Span(KeySpace.USERS.start(), BORDER);
    private static final Span RIGHT_SPAN = new Span(BORDER, KeySpace.USERS.end());

    private final MemoryEngine engine = new MemoryEngine();
    private final RangeDescriptor whole = new RangeDescriptor(new RangeId(7), 1, KeySpace.USERS, REPLICAS, 2);
    private final RangeDescriptor left = new RangeDescriptor(new RangeId(7), 2, LEFT_SPAN, REPLICAS, 2);
    private final RangeDescriptor right = new RangeDescriptor(new RangeId(8), 2, RIGHT_SPAN, REPLICAS, 2);
    private final StateApplier applier = new StateApplier(engine, whole, 1);
    private long timestamp = 1;

    @Test
    void bothHalvesAddUpAgainOnceTheForeignPartWasCounted() {
        Applying.apply(applier, put("a"), put("b"), put("x"), put("y"));
        StateChecksum before = applier.applied().checksum();
        assertThat(before).isEqualTo(new StateChecksum(StateCounter.sumOf(engine, KeySpace.USERS), 0));

        Applying.apply(applier, Mutation.payload(new byte[0], new SplitTrigger(left, right).encode()));
        StateApplier rightApplier = new StateApplier(engine, right, 1);
        assertThat(applier.applied().checksum()).isEqualTo(new StateChecksum(before.sum(), 5));
        assertThat(rightApplier.applied().checksum())
                .isEqualTo(new StateChecksum(before.sum(), StateApplier.RIGHT_SIDE_START.index()));

        Applying.apply(applier, put("c"));
        Applying.apply(rightApplier, put("z"));
        settle(applier, LEFT_SPAN);
        settle(rightApplier, RIGHT_SPAN);
        Applying.apply(rightApplier, put("zz"));
        assertThat(rightApplier.applied().checksum())
                .isEqualTo(new StateChecksum(StateCounter.sumOf(engine, RIGHT_SPAN), 0));
    }

    @Test
    void whatWasCountedBeforeAnotherSplitIsNotTakenOut() {
        Applying.apply(applier, put("a"), Mutation.payload(new byte[0], new SplitTrigger(left, right).encode()));
        StateChecksum now = applier.applied().checksum();
        Applying.apply(applier, new Mutation.Check(now.since() + 1, 99).payload());
        assertThat(applier.applied().checksum()).isEqualTo(now);
    }

    private void settle(StateApplier of, Span span) {
        StateChecksum now = of.applied().checksum();
        long foreign = now.sum() - StateCounter.sumOf(engine, span);
        Applying.apply(of, put(span.equals(LEFT_SPAN) ? "d" : "w"));
        Applying.apply(of, new Mutation.Check(now.since(), foreign).payload());
        StateChecksum exact = new StateChecksum(StateCounter.sumOf(engine, span), 0);
        assertThat(of.applied().checksum()).isEqualTo(exact);
        assertThat(of.takeChecked())
                .isEqualTo(new StateApplier.Checked(of.applied().index(), exact.sum()));
    }

    private byte[] put(String key) {
        MutationWriter writes = new MutationWriter();
        Timestamp at = new Timestamp(timestamp++);
        Key user = KeySpace.user(key.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        writes.put(Space.DATA, MvccKeys.data(user, at), VersionCodec.encode(new TxnId(1, timestamp), Value.of(key)));
        return writes.toBytes();
    }
}
