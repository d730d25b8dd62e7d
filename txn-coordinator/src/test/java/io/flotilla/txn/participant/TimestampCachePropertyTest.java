package io.flotilla.txn.participant;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Against a list of everything that was ever read. */
class TimestampCachePropertyTest {
    private record Read(Span span, Timestamp timestamp, TxnId txn) {}

    private final List<Read> reads = new ArrayList<>();

    @Test
    void unboundedCacheAnswersExactlyAsTheModel() {
        for (long seed = 1; seed <= 60; seed++) {
            reads.clear();
            TimestampCache cache = new TimestampCache(ts(5));
            Random random = new Random(seed);
            for (int i = 0; i < 200; i++) {
                step(cache, random, 40);
                Span span = span(random);
                TxnId txn = txn(random);
                assertThat(cache.latestRead(span, txn))
                        .as("seed %d step %d %s %s", seed, i, span, txn)
                        .isEqualTo(model(span, txn, ts(5)));
            }
            assertThat(cache.lowWater()).isEqualTo(ts(5));
        }
    }

    @Test
    void boundedCacheLosesResolutionOnlyUpwardsAndOnlyToTheLowWaterMark() {
        for (long seed = 1; seed <= 60; seed++) {
            reads.clear();
            TimestampCache cache = new TimestampCache(ts(1), 4, 3);
            Random random = new Random(seed);
            boolean raised = false;
            for (int i = 0; i < 300; i++) {
                step(cache, random, 10 + i);
                Span span = span(random);
                TxnId txn = txn(random);
                Timestamp low = cache.lowWater();
                assertThat(cache.latestRead(span, txn))
                        .as("seed %d step %d %s %s", seed, i, span, txn)
                        .isEqualTo(model(span, txn, low).max(low));
                raised |= low.isAfter(ts(1));
            }
            assertThat(raised).as("seed %d evicted something", seed).isTrue();
        }
    }

    @Test
    void ownLatestReadDoesNotHideAnEarlierOneOfSomebodyElse() {
        TimestampCache cache = new TimestampCache(ts(1));
        TxnId own = new TxnId(0, 1);
        cache.add(Key.of("a"), ts(10), new TxnId(0, 2));
        cache.add(Key.of("a"), ts(20), own);
        assertThat(cache.latestRead(Key.of("a"), own)).isEqualTo(ts(10));
        assertThat(cache.latestRead(Key.of("a"), new TxnId(0, 3))).isEqualTo(ts(20));
    }

    @Test
    void twoReadersAtOneTimestampCountAgainstBoth() {
        TimestampCache cache = new TimestampCache(ts(1));
        cache.add(Key.of("a"), ts(10), new TxnId(0, 1));
        cache.add(Key.of("a"), ts(10), new TxnId(0, 2));
        assertThat(cache.latestRead(Key.of("a"), new TxnId(0, 1))).isEqualTo(ts(10));
        assertThat(cache.latestRead(Key.of("a"), new TxnId(0, 2))).isEqualTo(ts(10));
    }

    private void step(TimestampCache cache, Random random, int timestampMax) {
        Read read = new Read(span(random), ts(1 + random.nextInt(timestampMax)), txn(random));
        reads.add(read);
        cache.add(read.span(), read.timestamp(), read.txn());
    }

    private Timestamp model(Span span, TxnId txn, Timestamp floor) {
        Timestamp latest = floor;
        for (Read read : reads) {
            if (read.span().overlaps(span)
                    && (read.txn().equals(TxnId.NONE) || !read.txn().equals(txn))) {
                latest = latest.max(read.timestamp());
            }
        }
        return latest;
    }

    private static Span span(Random random) {
        int from = random.nextInt(12);
        return random.nextBoolean() ? Span.of(key(from)) : new Span(key(from), key(from + 1 + random.nextInt(6)));
    }

    private static TxnId txn(Random random) {
        return new TxnId(0, random.nextInt(4));
    }

    private static Key key(int n) {
        return Key.of(String.format("k%02d", n));
    }

    private static Timestamp ts(long packed) {
        return new Timestamp(packed);
    }
}
