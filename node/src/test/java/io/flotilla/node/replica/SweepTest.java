package io.flotilla.node.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.key.Span;
import io.flotilla.config.key.Value;
import io.flotilla.config.settings.FlowSettings;
import io.flotilla.config.settings.ReadMode;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnRecord;
import io.flotilla.config.txn.TxnStatus;
import io.flotilla.node.mvcc.Mutation;
import io.flotilla.node.mvcc.MutationWriter;
import io.flotilla.node.mvcc.MvccKeys;
import io.flotilla.node.mvcc.RecordCodec;
import io.flotilla.node.mvcc.StateChecksum;
import io.flotilla.node.mvcc.VersionCodec;
import io.flotilla.node.mvcc.VersionSweep;
import io.flotilla.node.storage.Engine.Cursor;
import io.flotilla.node.storage.Engine.Space;
import io.flotilla.node.storage.MemoryEngine;
import io.flotilla.range.lifecycle.SplitTrigger;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.ReplicaInfo;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Every replica takes away the same, however it applies it. */
class SweepTest {
    private static final List<ReplicaInfo> REPLICAS = List.of(new ReplicaInfo(new NodeId(1), 1));
    private static final RangeDescriptor WHOLE = new RangeDescriptor(new RangeId(7), 1, KeySpace.USERS, REPLICAS, 2);
    private static final Timestamp THRESHOLD = new Timestamp(100);

    @Test
    void whoCatchesUpInOneBatchEndsWhereTheOthersAre() {
        List<byte[]> payloads = new ArrayList<>();
        payloads.add(put("a", 1));
        payloads.add(put("a", 2));
        payloads.add(put("a", 3));
        MemoryEngine first = new MemoryEngine();
        StateApplier step = new StateApplier(first, WHOLE, 1);
        payloads.forEach(payload -> Applying.apply(step, payload));
        byte[] sweep = found(first, KeySpace.USERS, 1);
        Applying.apply(step, sweep);
        byte[] last = put("a", 200);
        Applying.apply(step, last);

        payloads.add(sweep);
        payloads.add(last);
        MemoryEngine second = new MemoryEngine();
        StateApplier atOnce = new StateApplier(second, WHOLE, 1);
        Applying.apply(atOnce, payloads.toArray(new byte[0][]));
        assertThat(atOnce.applied()).isEqualTo(step.applied());
        assertThat(versions(second)).isEqualTo(versions(first)).isEqualTo(2);
        assertThat(atOnce.applied().checksum().sum()).isEqualTo(StateCounter.sumOf(second, KeySpace.USERS));
        assertThat(atOnce.applied().swept()).isEqualTo(THRESHOLD);
    }

    /** The two come in one batch to who catches up, and in two to the others. */
    @Test
    void aRecordThatIsSweptAndDroppedLeavesTheChecksumOnce() {
        TxnMeta meta = new TxnMeta(new TxnId(2, 1), user("a"), new Timestamp(10), 1);
        TxnRecord record = new TxnRecord(meta, TxnStatus.ABORTED, new Timestamp(10), new Timestamp(10), List.of());
        byte[] key = MvccKeys.record(user("a"), meta.id());
        MutationWriter written = new MutationWriter();
        written.put(Space.RECORD, key, RecordCodec.encode(record));
        MutationWriter dropped = new MutationWriter();
        dropped.delete(Space.RECORD, key);
        MemoryEngine engine = new MemoryEngine();
        Applying.apply(new StateApplier(engine, WHOLE, 1), written.toBytes());
        StateApplier afterRestart = new StateApplier(engine, WHOLE, 1);
        Applying.apply(afterRestart, foundRecords(engine), dropped.toBytes());
        assertThat(engine.get(Space.RECORD, key)).isNull();
        assertThat(afterRestart.applied().checksum()).isEqualTo(StateChecksum.EMPTY);
    }

    @Test
    void whatWasFoundBeforeASplitIsNotTakenAwayAfterIt() {
        MemoryEngine engine = new MemoryEngine();
        StateApplier applier = new StateApplier(engine, WHOLE, 1);
        Applying.apply(applier, put("x", 1), put("x", 2));
        byte[] sweep = found(engine, KeySpace.USERS, 1);
        Applying.apply(applier, split(), sweep);
        assertThat(versions(engine)).isEqualTo(2);
        assertThat(applier.applied().swept()).isEqualTo(Timestamp.ZERO);
    }

    @Test
    void bothHalvesOfASplitRememberWhatWasSwept() {
        MemoryEngine engine = new MemoryEngine();
        StateApplier applier = new StateApplier(engine, WHOLE, 1);
        Applying.apply(applier, put("x", 1), put("x", 2));
        Applying.apply(applier, found(engine, KeySpace.USERS, 1));
        Applying.apply(applier, split());
        assertThat(applier.applied().swept()).isEqualTo(THRESHOLD);
        assertThat(new StateApplier(engine, right(), 1).applied().swept()).isEqualTo(THRESHOLD);
        assertThat(new StateApplier(engine, applier.descriptor(), 1).applied().swept())
                .as("after a restart")
                .isEqualTo(THRESHOLD);
    }

    @Test
    void threeReplicasTakeTheSameAwayAndOldReadersAreRefused() {
        ReplicaLab lab = new ReplicaLab(3, FlowSettings.DEFAULT, ReadMode.LEASE);
        lab.lead(1);
        for (int i = 0; i < 20; i++) {
            lab.ask(1, ReplicaLab.put("a", "v" + i));
            lab.ask(1, ReplicaLab.put("b", "v" + i));
            lab.advance(50);
        }
        Timestamp threshold = lab.node(1).clock.now();
        lab.advance(50);
        List<Boolean> done = sweep(lab, 1, threshold, 1);
        assertThat(done).containsExactly(true);
        lab.advance(1_000);
        for (int number = 1; number <= 3; number++) {
            assertThat(versions(lab.node(number).engine)).as("node " + number).isEqualTo(2);
            LocalState.Applied applied = lab.node(number).replica.applied();
            assertThat(applied.swept()).isEqualTo(threshold);
            assertThat(applied.checksum().sum()).isEqualTo(StateCounter.sumOf(lab.node(number).engine, KeySpace.USERS));
        }
        assertThat(ReplicaLab.read(lab.ask(1, ReplicaLab.get("a")).get(0))).isEqualTo("v19");
        lab.advance(20_000);
        assertThat(lab.verdicts).isEmpty();
        assertThat(lab.alarms).isEmpty();
    }

    @Test
    void whoDoesNotLeadOrHasAnotherShapeIsNotSwept() {
        ReplicaLab lab = new ReplicaLab(3, FlowSettings.DEFAULT, ReadMode.LEASE);
        lab.lead(1);
        lab.ask(1, ReplicaLab.put("a", "one"));
        lab.ask(1, ReplicaLab.put("a", "two"));
        Timestamp threshold = lab.node(1).clock.now();
        assertThat(sweep(lab, 2, threshold, 1)).containsExactly(false);
        assertThat(sweep(lab, 1, threshold, 2)).containsExactly(false);
        assertThat(versions(lab.node(1).engine)).isEqualTo(2);
    }

    @Test
    void aLeaderThatIsDeposedTellsThatItWasNotDone() {
        ReplicaLab lab = new ReplicaLab(3, FlowSettings.DEFAULT, ReadMode.LEASE);
        lab.lead(1);
        lab.ask(1, ReplicaLab.put("a", "one"));
        lab.ask(1, ReplicaLab.put("a", "two"));
        Timestamp threshold = lab.node(1).clock.now();
        lab.cut = (from, to) -> from.value() == 1 || to.value() == 1;
        List<Boolean> done = sweep(lab, 1, threshold, 1);
        assertThat(done).isEmpty();
        assertThat(lab.node(1).replica.isQuiet()).isFalse();
        lab.advance(5_000);
        lab.cut = (from, to) -> false;
        lab.advance(5_000);
        assertThat(done).containsExactly(false);
        assertThat(versions(lab.node(1).engine)).isEqualTo(2);
    }

    private static List<Boolean> sweep(ReplicaLab lab, int number, Timestamp threshold, long generation) {
        ReplicaLab.Node node = lab.node(number);
        VersionSweep look = new VersionSweep(node.engine, KeySpace.USERS, threshold);
        Mutation.Sweep sweep = new Mutation.Sweep(threshold, generation, look.step());
        List<Boolean> done = new ArrayList<>();
        node.tell(() -> node.replica.takeAway(new Sweeping.Wish(sweep, done::add)));
        lab.settle();
        lab.advance(100);
        return done;
    }

    private static byte[] found(MemoryEngine engine, Span span, long generation) {
        VersionSweep look = new VersionSweep(engine, span, THRESHOLD);
        return new Mutation.Sweep(THRESHOLD, generation, look.step()).payload();
    }

    private static byte[] foundRecords(MemoryEngine engine) {
        VersionSweep look = new VersionSweep(engine, KeySpace.USERS, THRESHOLD);
        look.step(); // the versions come first
        return new Mutation.Sweep(THRESHOLD, 1, look.step()).payload();
    }

    private static int versions(MemoryEngine engine) {
        MvccKeys.Bounds all = MvccKeys.dataBounds(KeySpace.USERS);
        int count = 0;
        try (Cursor cursor = engine.cursor(Space.DATA, all.from(), all.to())) {
            for (; cursor.isValid(); cursor.next()) {
                count++;
            }
        }
        return count;
    }

    private static Key user(String key) {
        return KeySpace.user(key.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] put(String key, long at) {
        MutationWriter writes = new MutationWriter();
        writes.put(
                Space.DATA,
                MvccKeys.data(user(key), new Timestamp(at)),
                VersionCodec.encode(new TxnId(1, at), Value.of(key + at)));
        return writes.toBytes();
    }

    private static RangeDescriptor right() {
        return new RangeDescriptor(new RangeId(8), 2, new Span(user("m"), KeySpace.USERS.end()), REPLICAS, 2);
    }

    private static byte[] split() {
        RangeDescriptor left =
                new RangeDescriptor(new RangeId(7), 2, new Span(KeySpace.USERS.start(), user("m")), REPLICAS, 2);
        return Mutation.payload(new byte[0], new SplitTrigger(left, right()).encode());
    }
}
