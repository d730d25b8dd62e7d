package io.flotilla.node.mvcc;

import static io.flotilla.node.mvcc.Bench.key;
import static io.flotilla.node.mvcc.Bench.ts;
import static io.flotilla.node.mvcc.Bench.txn;
import static io.flotilla.node.mvcc.Bench.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.Value;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.Engine.Space;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class KeyCacheTest {
    private static final int SEEDS = 200;
    private static final int BATCHES = 60;
    private static final List<String> KEYS = List.of("a", "b", "b\0", "c");

    private final MapEngine engine = new MapEngine();
    private final StateChecksum.Adding adding = new StateChecksum.Adding(engine);
    private final KeyCache cache = new KeyCache();
    private final KeyCache.View keys = cache.open();

    KeyCacheTest() {
        adding.tell(keys);
    }

    @Test
    void whatIsRememberedIsWhatTheEngineHolds() {
        for (int seed = 0; seed < SEEDS; seed++) {
            Random random = new Random(seed);
            for (int batch = 0; batch < BATCHES; batch++) {
                write(random);
                for (String key : KEYS) {
                    if (random.nextBoolean()) { // so that some are looked up only after several writes
                        compare("seed " + seed + ", batch " + batch + ", key " + key, key(key), random);
                    }
                }
            }
        }
    }

    private void compare(String what, Key key, Random random) {
        MvccReader remembers = new MvccReader(engine, keys);
        MvccReader looks = new MvccReader(engine, new KeyCache().open());
        Timestamp at = ts(1 + random.nextInt(40));
        Timestamp movedUpTo = at.max(ts(1 + random.nextInt(40)));
        TxnId writer = id(random);
        assertThat(remembers.standing(key).newest())
                .as(what)
                .isEqualTo(looks.standing(key).newest());
        assertThat(remembers.intent(key)).as(what).isEqualTo(looks.intent(key));
        assertThat(remembers.version(key, at)).as(what).isEqualTo(looks.version(key, at));
        assertThat(remembers.version(key, remembers.standing(key), at, movedUpTo))
                .as(what)
                .isEqualTo(looks.version(key, looks.standing(key), at, movedUpTo));
        assertThat(remembers.committedBy(writer, key, at, movedUpTo, 8))
                .as(what)
                .isEqualTo(looks.committedBy(writer, key, at, movedUpTo, 8));
    }

    /** A batch of anything that can be applied, and some that cannot. */
    private void write(Random random) {
        try (Engine.Batch batch = engine.newBatch()) {
            adding.to(batch);
            if (random.nextInt(4) == 0) {
                sweep(random);
            }
            for (int i = random.nextInt(3); i > 0; i--) {
                Key key = key(KEYS.get(random.nextInt(KEYS.size())));
                Timestamp at = ts(1 + random.nextInt(40));
                switch (random.nextInt(3)) {
                    case 0 ->
                        adding.put(
                                Space.DATA,
                                MvccKeys.data(key, at),
                                VersionCodec.encode(id(random), anyValue(random), random.nextBoolean()));
                    case 1 ->
                        adding.replace(
                                Space.INTENT,
                                key.bytes(),
                                IntentCodec.encode(new Intent(txn(random.nextInt(4), "a"), at, anyValue(random))));
                    default -> adding.delete(Space.INTENT, key.bytes());
                }
            }
            engine.write(batch);
            adding.written();
        }
    }

    /** Takes away any version, the newest too. */
    private void sweep(Random random) {
        engine.in(Space.DATA).forEach((entry, value) -> {
            if (random.nextInt(3) == 0) {
                adding.removeVersion(entry, value);
            }
        });
    }

    private static TxnId id(Random random) {
        int n = random.nextInt(4);
        return new TxnId(n, n);
    }

    private static @Nullable Value anyValue(Random random) {
        return switch (random.nextInt(3)) {
            case 0 -> null;
            case 1 -> value("v" + random.nextInt(100));
            default -> Value.wrap(new byte[1 + random.nextInt(2_000)]); // some are too large to be remembered
        };
    }

    /** A larger value was looked for three times by each write, and twice by each read. */
    @Test
    void whatIsTooLargeToBeRememberedIsLookedForOnce() {
        Bench bench = new Bench();
        bench.commit(1, 100, "a", "x".repeat(2_000));
        assertThat(searchesOfAWrite(bench, "y".repeat(2_000))).isEqualTo(1);
        assertThat(searchesOfARead(bench)).isEqualTo(1);
    }

    @Test
    void whatIsRememberedIsLookedForNoMore() {
        Bench bench = new Bench();
        bench.commit(1, 100, "a", "x");
        assertThat(searchesOfAWrite(bench, "y")).isZero();
        assertThat(searchesOfARead(bench)).isZero();
    }

    private static int searchesOfAWrite(Bench bench, String text) {
        int before = bench.engine.searches;
        TxnMeta later = new TxnMeta(new TxnId(2, 2), key("a"), ts(200), 2);
        bench.done(Bench.fixed(later, 200), Bench.put("a", text), Bench.staging("a", "a"));
        return bench.engine.searches - before;
    }

    private static int searchesOfARead(Bench bench) {
        int before = bench.engine.searches;
        bench.done(Bench.fixed(TxnMeta.NONE, 300), Bench.get("a"));
        return bench.engine.searches - before;
    }

    @Test
    void viewsKnowNothingOfEachOtherAndNothingAfterTheyForgot() {
        MvccReader reader = new MvccReader(engine, keys);
        assertThat(reader.standing(key("a")).newest()).isNull();
        engine.in(Space.DATA).put(MvccKeys.data(key("a"), ts(5)), VersionCodec.encode(new TxnId(1, 1), value("x")));
        assertThat(reader.standing(key("a")).newest()).as("nobody told it").isNull();
        assertThat(new MvccReader(engine, cache.open()).standing(key("a")).newest())
                .isNotNull();
        keys.forget();
        assertThat(reader.standing(key("a")).newest()).isNotNull();
    }
}
