package io.flotilla.node.mvcc;

import static io.flotilla.node.mvcc.Bench.key;
import static io.flotilla.node.mvcc.Bench.ts;
import static io.flotilla.node.mvcc.Bench.value;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnRecord;
import io.flotilla.config.txn.TxnStatus;
import io.flotilla.node.storage.Engine.Space;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What nobody can see goes, and nothing else. */
class VersionSweepTest {
    private final Bench bench = new Bench();

    private void version(String key, long at, String text) {
        Value value = text.isEmpty() ? null : value(text);
        bench.engine
                .in(Space.DATA)
                .put(MvccKeys.data(Key.of(key), ts(at)), VersionCodec.encode(new TxnId(1, at), value));
    }

    private String read(String key, long at) {
        Version version = bench.reader.version(key(key), ts(at));
        return version == null || version.value() == null
                ? ""
                : new String(version.value().bytes(), java.nio.charset.StandardCharsets.UTF_8);
    }

    /** Returns how many steps took something away. */
    private int sweep(long threshold) {
        VersionSweep look = new VersionSweep(bench.engine, Span.ALL, ts(threshold));
        int steps = 0;
        while (!look.isDone()) {
            List<Mutation.Garbage> found = look.step();
            if (!found.isEmpty()) {
                steps++;
                bench.apply(new Mutation.Sweep(ts(threshold), 1, found));
            }
        }
        return steps;
    }

    private static byte[] record(long id, TxnStatus status, long started) {
        TxnMeta meta = new TxnMeta(new TxnId(2, id), key("a"), ts(started), id);
        return RecordCodec.encode(new TxnRecord(meta, status, ts(started + 5), ts(started + 50), List.of(key("a"))));
    }

    private void put(long id, byte[] record) {
        bench.engine.in(Space.RECORD).put(MvccKeys.record(key("a"), new TxnId(2, id)), record);
    }

    private boolean has(long id) {
        return bench.reader.record(key("a"), new TxnId(2, id)) != null;
    }

    @Test
    void recordsOfAbortedTransactionsThatBeganBelowTheThresholdGoAndNoOthers() {
        version("a", 10, "one");
        version("a", 20, "two");
        put(1, record(1, TxnStatus.ABORTED, 24));
        put(2, record(2, TxnStatus.ABORTED, 25));
        put(3, record(3, TxnStatus.COMMITTED, 10));
        put(4, record(4, TxnStatus.STAGING, 10));
        put(5, record(5, TxnStatus.PENDING, 10));
        sweep(25);
        assertThat(has(1)).isFalse();
        assertThat(has(2) && has(3) && has(4) && has(5)).isTrue();
        assertThat(bench.size(Space.DATA)).isEqualTo(1);
    }

    @Test
    void manyRecordsGoInManySteps() {
        for (int id = 1; id <= 5_000; id++) {
            put(id, record(id, id % 10 == 0 ? TxnStatus.COMMITTED : TxnStatus.ABORTED, 10));
        }
        assertThat(sweep(25)).isGreaterThan(3);
        assertThat(bench.size(Space.RECORD)).isEqualTo(500);
    }

    /** An aborted one never is; but what a sweep names is looked at once more when it is applied. */
    @Test
    void aRecordThatIsAnotherByThenStays() {
        put(1, record(1, TxnStatus.ABORTED, 10));
        VersionSweep look = new VersionSweep(bench.engine, Span.ALL, ts(25));
        look.step();
        List<Mutation.Garbage> found = look.step();
        assertThat(found).hasSize(1);
        put(1, record(1, TxnStatus.STAGING, 10));
        bench.apply(new Mutation.Sweep(ts(25), 1, found));
        assertThat(has(1)).isTrue();
    }

    /** A sweep holds nobody up: what was evaluated before it is applied after it. */
    @Test
    void aRecordThatItsCoordinatorDropsWhileItIsSweptLeavesTheChecksumOnce() {
        TxnMeta own = new TxnMeta(new TxnId(2, 1), key("a"), ts(10), 1);
        bench.done(Bench.fixed(own, 30), Bench.end(TxnStatus.ABORTED, "a"));
        Evaluation forget = bench.look(Bench.fixed(own, 30), new KvOp.ForgetTxn(key("a"), own.id()));
        assertThat(sweep(25)).isEqualTo(1);
        assertThat(has(1)).isFalse();
        bench.apply(Mutation.payload(requireNonNull(((Evaluation.Evaluated) forget).mutation()), new byte[0]));
    }

    /** Its record is gone, which would have told. */
    @Test
    void aLateCopyOfAnAbortedTransactionsCommitDoesNotCommitIt() {
        TxnMeta late = new TxnMeta(new TxnId(2, 1), key("a"), ts(10), 1);
        put(1, record(1, TxnStatus.ABORTED, 10));
        KvOp commit = new KvOp.EndTxn(key("a"), TxnStatus.COMMITTED, List.of(key("a")), Value.EMPTY);
        assertThat(bench.refused(Bench.fixed(late, 30), commit)).isInstanceOf(KvError.TxnAborted.class);
        sweep(25);
        assertThat(has(1)).isFalse();
        assertThat(bench.refused(Bench.fixed(late, 30), commit)).isInstanceOf(KvError.TooOld.class);
        assertThat(has(1)).isFalse();
    }

    @Test
    void aVersionGoesOnceANewerOneAtOrBelowTheThresholdCoversIt() {
        version("a", 10, "one");
        version("a", 20, "two");
        version("a", 30, "three");
        sweep(25);
        assertThat(read("a", 25)).isEqualTo("two");
        assertThat(read("a", 30)).isEqualTo("three");
        assertThat(bench.size(Space.DATA)).isEqualTo(2);
        sweep(30);
        assertThat(bench.size(Space.DATA)).isEqualTo(1);
        assertThat(read("a", 30)).isEqualTo("three");
    }

    @Test
    void aDeletionGoesWithAllBelowItOnceNobodyReadsBelowIt() {
        version("a", 10, "one");
        version("a", 20, "");
        version("b", 10, "other");
        sweep(20);
        assertThat(bench.size(Space.DATA)).as("at 20 a write may still come").isEqualTo(2);
        sweep(21);
        assertThat(bench.size(Space.DATA)).isEqualTo(1);
        assertThat(read("b", 21)).isEqualTo("other");
    }

    /** One key with more versions than a step takes away, beside others. */
    @Test
    void aKeyWithManyVersionsGoesInManySteps() {
        version("a", 5, "before");
        for (int at = 1; at <= 10_000; at++) {
            version("m", at, "v" + at);
        }
        version("z", 5, "behind");
        assertThat(sweep(9_990)).isGreaterThan(5);
        assertThat(bench.size(Space.DATA)).isEqualTo(2 + 11);
        assertThat(read("m", 9_990)).isEqualTo("v9990");
        assertThat(read("m", 10_000)).isEqualTo("v10000");
    }

    /** The steps are entries of the log: between two of them, readers see what the first has left. */
    @ParameterizedTest
    @ValueSource(ints = {2_998, 2_999, 3_000, 3_001, 3_998, 3_999, 4_000, 4_001, 9_000})
    void whatADeletionHidesNeverComesBackBetweenTwoSteps(int versions) {
        for (int at = 1; at <= 3_000; at++) {
            version("a" + at, 1, "in the way");
        }
        for (int at = 1; at <= versions; at++) {
            version("m", at, "v" + at);
        }
        version("m", versions + 1, "");
        VersionSweep look = new VersionSweep(bench.engine, Span.ALL, ts(20_000));
        while (!look.isDone()) {
            List<Mutation.Garbage> found = look.step();
            if (!found.isEmpty()) {
                bench.apply(new Mutation.Sweep(ts(20_000), 1, found));
            }
            assertThat(read("m", 20_000)).isEmpty();
        }
        sweep(20_000);
        assertThat(bench.size(Space.DATA)).isEqualTo(3_000);
    }

    /** Each replica reads what goes in its turn, and values may be large. */
    @Test
    void aStepTakesNoMoreThanAReplicasTurnMay() {
        String large = "x".repeat(100_000);
        for (int at = 1; at <= 40; at++) {
            version("m", at, large);
        }
        VersionSweep look = new VersionSweep(bench.engine, Span.ALL, ts(100));
        assertThat(look.step())
                .singleElement()
                .satisfies(run -> assertThat(run.count()).isBetween(5, 12));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void whoReadsAtOrAboveTheThresholdSeesWhatItSawBefore(int seed) {
        Random random = new Random(seed);
        List<String> keys = List.of("a", "a\0", "a\0b", "b", "ba", "c");
        for (int i = 0; i < 400; i++) {
            version(
                    keys.get(random.nextInt(keys.size())),
                    1 + random.nextInt(200),
                    random.nextInt(4) == 0 ? "" : "v" + i);
        }
        long threshold = 50L + random.nextInt(150);
        String before = visible(keys, threshold);
        sweep(threshold);
        assertThat(visible(keys, threshold)).isEqualTo(before);
        for (String key : keys) {
            long below = bench.engine.in(Space.DATA).keySet().stream()
                    .filter(entry -> MvccKeys.userKeyOfData(entry).equals(Key.of(key)))
                    .filter(entry -> MvccKeys.packedOfData(entry) <= threshold)
                    .count();
            assertThat(below).as("versions of %s that are left below", key).isLessThanOrEqualTo(1);
        }
    }

    private String visible(List<String> keys, long from) {
        StringBuilder seen = new StringBuilder();
        for (String key : keys) {
            for (long at = from; at <= 200; at++) {
                seen.append(read(key, at)).append(' ');
            }
        }
        return seen.toString();
    }
}
