package io.flotilla.range.lifecycle;

import static io.flotilla.range.routing.Ranges.key;
import static io.flotilla.range.routing.Ranges.range;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeDescriptorCodec;
import io.flotilla.range.routing.Ranges;
import io.flotilla.range.routing.VirtualScheduler;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SplitMachineTest {
    private static final long TIMEOUT_MICROS = 5_000_000;

    private record Commit(Key anchor, List<KvOp.DataWrite> writes, Value trigger) {}

    private final VirtualScheduler scheduler = new VirtualScheduler();
    private final TreeMap<Key, Value> meta = new TreeMap<>();
    private final List<Commit> commits = new ArrayList<>();

    /** What happens just before the next commits. */
    private final Deque<Runnable> before = new ArrayDeque<>();

    /** Errors told for the next commits, after they took effect; null for none. */
    private final Deque<KvError> lies = new ArrayDeque<>();

    /** What every read comes to; null if it is answered. */
    private @Nullable KvError unreadable;

    private final SplitMachine machine = new SplitMachine(this::read, this::commit, scheduler);

    SplitMachineTest() {
        put(Ranges.META);
        put(range(2, 3, "", "m"));
        put(range(3, 3, "m", ""));
        meta.put(KeySpace.rangeIdAllocator(), number(40));
    }

    @Test
    void bothHalvesAreCommittedWithATriggerAnchoredInTheLeftOne() {
        SplitResult result = split("c");
        RangeDescriptor left = range(2, 4, "", "c");
        RangeDescriptor right = range(40, 4, "c", "m");
        assertThat(result).isEqualTo(new SplitResult.Split(left, right));
        assertThat(descriptors()).containsExactly(Ranges.META, left, right, range(3, 3, "m", ""));
        assertThat(meta).containsEntry(KeySpace.rangeIdAllocator(), number(41));
        Commit last = commits.get(commits.size() - 1);
        assertThat(left.span().contains(last.anchor())).isTrue();
        assertThat(CommitTrigger.decode(last.trigger().bytes())).isEqualTo(new SplitTrigger(left, right));
    }

    @Test
    void aBorderThatIsThereAlreadyIsNoChange() {
        assertThat(split("m")).isEqualTo(new SplitResult.AlreadySplit(range(2, 3, "", "m"), range(3, 3, "m", "")));
        assertThat(commits).isEmpty();
    }

    @Test
    void onlyAUsersKeyCanBeABorder() {
        for (Key key : List.of(Key.MIN, KeySpace.node(3), KeySpace.USERS.start(), KeySpace.meta(key("a")), Key.MAX)) {
            SplitResult result = split(key);
            assertThat(result).isInstanceOf(SplitResult.Failed.class);
            assertThat(((SplitResult.Failed) result).error()).isInstanceOf(KvError.Invalid.class);
        }
        assertThat(commits).isEmpty();
    }

    @Test
    void whoLosesARaceReadsAgainAndSplitsWhatIsThereNow() {
        before.add(() -> {});
        before.add(() -> {
            put(range(2, 4, "", "f"));
            put(range(30, 4, "f", "m"));
        });
        assertThat(split("h")).isEqualTo(new SplitResult.Split(range(30, 5, "f", "h"), range(40, 5, "h", "m")));
        assertThat(descriptors()).contains(range(2, 4, "", "f"));
    }

    @Test
    void whoLosesARaceForTheSameBorderIsToldThatItIsThere() {
        before.add(() -> {});
        before.add(() -> {
            put(range(2, 4, "", "h"));
            put(range(30, 4, "h", "m"));
        });
        assertThat(split("h")).isEqualTo(new SplitResult.AlreadySplit(range(2, 4, "", "h"), range(30, 4, "h", "m")));
    }

    @Test
    void aRaceForARangeIdIsTriedAgain() {
        before.add(() -> meta.put(KeySpace.rangeIdAllocator(), number(50)));
        assertThat(split("c")).isEqualTo(new SplitResult.Split(range(2, 4, "", "c"), range(50, 4, "c", "m")));
    }

    @Test
    void withoutAnAllocatorTheFirstIdIsAboveThoseOfTheBeginning() {
        meta.remove(KeySpace.rangeIdAllocator());
        SplitResult.Split split = (SplitResult.Split) split("c");
        assertThat(split.right().id().value()).isEqualTo(RangeIds.FIRST_ALLOCATED);
        assertThat(meta).containsEntry(KeySpace.rangeIdAllocator(), number(RangeIds.FIRST_ALLOCATED + 1));
    }

    @Test
    void aCommitWhoseAnswerWasLostIsRecognisedAsOurs() {
        before.add(() -> {});
        before.add(() -> lies.add(new KvError.OutcomeUnknown(new TxnId(1, 1), key("a"))));
        assertThat(split("c")).isEqualTo(new SplitResult.Split(range(2, 4, "", "c"), range(40, 4, "c", "m")));
    }

    /** That the meta range could not be read afterwards proves nothing about the commit before. */
    @Test
    void aSplitThatMayHaveBeenMadeIsNeverSaidNotToBe() {
        KvError unknown = new KvError.OutcomeUnknown(new TxnId(1, 1), key("a"));
        before.add(() -> {});
        before.add(() -> {
            lies.add(unknown);
            unreadable = new KvError.Unavailable("NO_QUORUM", Key.MIN, "no quorum", false);
        });
        assertThat(split("c")).isEqualTo(new SplitResult.Failed(unknown));
        assertThat(descriptors()).contains(range(2, 4, "", "c"));
    }

    @Test
    void whoAlwaysLosesGivesUpWithTheReason() {
        for (int i = 0; i < 100; i++) {
            int generation = 4 + i;
            before.add(() -> put(range(2, generation, "", "m")));
        }
        SplitResult result = split("c");
        assertThat(result).isInstanceOf(SplitResult.Failed.class);
        assertThat(((SplitResult.Failed) result).error()).isInstanceOf(KvError.ConditionFailed.class);
        assertThat(commits).hasSizeLessThan(30);
    }

    @Test
    void damagedDescriptorsAreReportedNotSplit() {
        meta.put(KeySpace.meta(key("m")), Value.of("rubbish"));
        SplitResult result = split("c");
        assertThat(((SplitResult.Failed) result).error()).isInstanceOf(KvError.Internal.class);
    }

    private SplitResult split(String userKey) {
        return split(key(userKey));
    }

    private SplitResult split(Key key) {
        List<SplitResult> results = new ArrayList<>();
        machine.split(key, TIMEOUT_MICROS, results::add);
        scheduler.advance(2 * TIMEOUT_MICROS);
        assertThat(results).hasSize(1);
        return results.get(0);
    }

    private List<RangeDescriptor> descriptors() {
        return meta.subMap(KeySpace.METAS.start(), KeySpace.METAS.end()).values().stream()
                .map(value -> RangeDescriptorCodec.decode(value.bytes()))
                .toList();
    }

    private void put(RangeDescriptor range) {
        meta.put(KeySpace.meta(range.span().end()), Value.wrap(RangeDescriptorCodec.encode(range)));
    }

    private static Value number(long number) {
        return Value.wrap(java.nio.ByteBuffer.allocate(8).putLong(number).array());
    }

    private void read(KvBatch batch, Consumer<KvReply> callback) {
        KvError refused = unreadable;
        if (refused != null) {
            scheduler.schedule(100, () -> callback.accept(new KvReply.Refused(refused)));
            return;
        }
        KvOp op = batch.ops().get(0);
        KvResult result;
        if (op instanceof KvOp.Get get) {
            result = new KvResult.Got(meta.get(get.key()), Timestamp.ZERO);
        } else {
            KvOp.Scan scan = (KvOp.Scan) op;
            List<KvResult.Row> rows = new ArrayList<>();
            for (Map.Entry<Key, Value> entry :
                    meta.subMap(scan.span().start(), scan.span().end()).entrySet()) {
                if (rows.size() < scan.rowsMax()) {
                    rows.add(new KvResult.Row(entry.getKey(), entry.getValue()));
                }
            }
            result = new KvResult.Scanned(rows, null);
        }
        KvReply reply = new KvReply.Done(List.of(result), Timestamp.ZERO, List.of());
        scheduler.schedule(100, () -> callback.accept(reply));
    }

    private void commit(
            Key anchor,
            List<KvOp.DataWrite> writes,
            TransactionPort.Seen seen,
            Value trigger,
            long timeoutMicros,
            Consumer<@Nullable KvError> callback) {
        commits.add(new Commit(anchor, writes, trigger));
        if (!before.isEmpty()) {
            before.poll().run();
        }
        for (KvOp.DataWrite write : writes) {
            KvOp.CompareAndSet cas = (KvOp.CompareAndSet) write;
            Value actual = meta.get(cas.key());
            if (!java.util.Objects.equals(actual, cas.expected())) {
                scheduler.schedule(100, () -> callback.accept(new KvError.ConditionFailed(cas.key(), actual)));
                return;
            }
        }
        for (KvOp.DataWrite write : writes) {
            meta.put(write.key(), ((KvOp.CompareAndSet) write).value());
        }
        KvError lie = lies.poll();
        scheduler.schedule(100, () -> callback.accept(lie));
    }
}
