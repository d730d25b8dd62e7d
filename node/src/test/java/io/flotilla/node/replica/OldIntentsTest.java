package io.flotilla.node.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.Value;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.node.mvcc.Intent;
import io.flotilla.node.mvcc.IntentCodec;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.MemoryEngine;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class OldIntentsTest {
    private static final Timestamp OLD = new Timestamp(50);
    private static final Timestamp BEFORE = new Timestamp(100);

    private final MemoryEngine engine = new MemoryEngine();
    private final List<Key> read = new ArrayList<>();
    private final OldIntents intents = new OldIntents(engine, read::add);

    @Test
    void onlyOldOnesAreRead() {
        lay(1, OLD);
        lay(2, BEFORE);
        assertThat(intents.look(BEFORE)).isEqualTo(1);
        assertThat(read).containsExactly(key(1));
        assertThat(intents.look(BEFORE)).as("it is still there").isEqualTo(1);
        assertThat(read).containsExactly(key(1), key(1));
    }

    /** Those at the beginning cannot be ended, since their records cannot be reached: the others have their turn all the same. */
    @Test
    void moreThanOneLookTakesAreReadInTurn() {
        int all = OldIntents.ONE_LOOK_MAX * 5 / 2;
        for (int i = 0; i < all; i++) {
            lay(i, OLD);
        }
        for (int i = 1; i <= 2; i++) {
            assertThat(intents.look(BEFORE)).isEqualTo(OldIntents.ONE_LOOK_MAX);
            assertThat(new TreeSet<>(read)).hasSize(OldIntents.ONE_LOOK_MAX * i);
        }
        assertThat(intents.look(BEFORE)).as("round the end").isEqualTo(OldIntents.ONE_LOOK_MAX);
        assertThat(new TreeSet<>(read)).hasSize(all);
        assertThat(read.get(read.size() - 1)).isEqualTo(key(OldIntents.ONE_LOOK_MAX / 2 - 1));
    }

    private void lay(int i, Timestamp at) {
        TxnMeta txn = new TxnMeta(new TxnId(1, i), key(i), at, 1);
        try (Engine.Batch batch = engine.newBatch()) {
            batch.put(Engine.Space.INTENT, key(i).bytes(), IntentCodec.encode(new Intent(txn, at, Value.of("v"))));
            engine.write(batch);
        }
    }

    private static Key key(int i) {
        return Key.of(String.format(Locale.ROOT, "k%05d", i));
    }
}
