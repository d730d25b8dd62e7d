package io.flotilla.range.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The cache against a slow model, fed with the descriptors of a history of splits in random order. */
class RangeCachePropertyTest {
    private static final int KEYS = 40;

    @Test
    void behavesLikeTheSlowModel() {
        for (long seed = 0; seed < 60; seed++) {
            Random random = new Random(seed);
            List<RangeDescriptor> history = historyOfSplits(random);
            RangeCache cache = new RangeCache();
            List<RangeDescriptor> model = new ArrayList<>();
            for (int step = 0; step < 60; step++) {
                if (random.nextInt(8) == 0) {
                    evict(cache, model, key(random.nextInt(KEYS)));
                } else {
                    RangeDescriptor descriptor = history.get(random.nextInt(history.size()));
                    boolean changed = insertSlowly(model, descriptor);
                    assertThat(cache.insert(descriptor))
                            .as("seed %d step %d", seed, step)
                            .isEqualTo(changed);
                }
                assertThat(cache.snapshot())
                        .as("seed %d step %d", seed, step)
                        .containsExactlyInAnyOrderElementsOf(model);
                checkLookups(cache, model, seed);
            }
        }
    }

    @Test
    void knowsTheNewestRangesOnceItWasToldOfThem() {
        for (long seed = 0; seed < 100; seed++) {
            Random random = new Random(seed);
            List<RangeDescriptor> history = historyOfSplits(random);
            RangeCache cache = new RangeCache();
            for (RangeDescriptor descriptor : history) {
                cache.insert(descriptor);
            }
            List<RangeDescriptor> newest = cache.snapshot();
            for (int i = 0; i < 50; i++) {
                cache.insert(history.get(random.nextInt(history.size())));
            }
            assertThat(cache.snapshot()).as("seed %d", seed).isEqualTo(newest);
        }
    }

    private static void checkLookups(RangeCache cache, List<RangeDescriptor> model, long seed) {
        for (int i = 0; i < KEYS; i++) {
            Key key = key(i);
            RangeDescriptor expected = null;
            for (RangeDescriptor range : model) {
                expected = range.span().contains(key) ? range : expected;
            }
            RangeDescriptor found = cache.lookup(key).orElse(null);
            if (!Objects.equals(found, expected)) {
                fail("seed %d key %s: %s, not %s", seed, key, found, expected);
            }
        }
    }

    private static void evict(RangeCache cache, List<RangeDescriptor> model, Key key) {
        CachedRange range = cache.find(key);
        if (range != null) {
            cache.evict(range);
            model.remove(range.descriptor());
            cache.evict(range);
        }
    }

    private static boolean insertSlowly(List<RangeDescriptor> model, RangeDescriptor descriptor) {
        for (RangeDescriptor known : model) {
            if (known.span().overlaps(descriptor.span())
                    && (known.generation() > descriptor.generation() || known.equals(descriptor))) {
                return false;
            }
        }
        model.removeIf(known -> known.span().overlaps(descriptor.span()));
        model.add(descriptor);
        return true;
    }

    /** Every descriptor that ever was, oldest first. */
    private static List<RangeDescriptor> historyOfSplits(Random random) {
        List<RangeDescriptor> living = new ArrayList<>();
        living.add(new RangeDescriptor(new RangeId(2), 1, new Span(key(0), key(KEYS)), Ranges.REPLICAS, 4));
        List<RangeDescriptor> history = new ArrayList<>(living);
        for (int id = 3; id < 15; id++) {
            RangeDescriptor parent = living.get(random.nextInt(living.size()));
            Key at = key(1 + random.nextInt(KEYS - 1));
            if (!parent.span().contains(at) || parent.span().start().equals(at)) {
                continue;
            }
            living.remove(parent);
            long generation = parent.generation() + 1;
            RangeDescriptor left = new RangeDescriptor(
                    parent.id(), generation, new Span(parent.span().start(), at), Ranges.REPLICAS, 4);
            RangeDescriptor right = new RangeDescriptor(
                    new RangeId(id), generation, new Span(at, parent.span().end()), Ranges.REPLICAS, 4);
            living.addAll(List.of(left, right));
            history.addAll(List.of(left, right));
        }
        return history;
    }

    private static Key key(int number) {
        return Ranges.key(String.format("%03d", number));
    }

    @Test
    void theLeftSideOfASplitKeepsTheLastKnownLeaseholder() {
        RangeCache cache = new RangeCache();
        cache.insert(Ranges.range(2, 1, "", ""));
        CachedRange whole = Ranges.cached(cache, Ranges.key("a"));
        whole.learnLeaseholder(Ranges.N3);
        cache.insert(Ranges.range(2, 2, "", "m"));
        assertThat(cache.leaseholder(Ranges.key("a"))).isEqualTo(Ranges.N3);
        assertThat(cache.lookup(Ranges.key("z"))).isEmpty();
        assertThat(cache.leaseholder(Ranges.key("z"))).isEqualTo(NodeId.NONE);
    }

    @Test
    void theMetaRangeIsNeverForgotten() {
        RangeCache cache = new RangeCache(3);
        cache.insert(Ranges.META);
        CachedRange meta = Ranges.cached(cache, Key.MIN);
        cache.evict(meta);
        for (int i = 0; i < 20; i += 2) {
            cache.insert(new RangeDescriptor(new RangeId(i + 2), 1, new Span(key(i), key(i + 1)), Ranges.REPLICAS, 4));
            assertThat(cache.snapshot()).hasSizeLessThanOrEqualTo(3).contains(Ranges.META);
            assertThat(cache.lookup(key(i))).isPresent();
        }
    }
}
