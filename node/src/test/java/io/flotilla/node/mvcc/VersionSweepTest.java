package io.flotilla.node.mvcc;

import static io.flotilla.node.mvcc.Bench.key;
import static io.flotilla.node.mvcc.Bench.ts;
import static io.flotilla.node.mvcc.Bench.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.key.Value;
import io.flotilla.config.txn.TxnId;
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
