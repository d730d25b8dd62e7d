package io.flotilla.node.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.key.Key;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnRecord;
import io.flotilla.config.txn.TxnStatus;
import io.flotilla.node.mvcc.MvccKeys;
import io.flotilla.node.mvcc.RecordCodec;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.MemoryEngine;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class OldRecordsTest {
    private static final Timestamp OLD = new Timestamp(50);
    private static final Timestamp BEFORE = new Timestamp(100);

    private final MemoryEngine engine = new MemoryEngine();
    private final List<Long> finished = new ArrayList<>();
    private final List<Long> pushed = new ArrayList<>();
    private final OldRecords records = new OldRecords(
            engine,
            key -> !key.equals(key(4)),
            record -> finished.add(record.meta().id().low()),
            txn -> pushed.add(txn.id().low()));

    @Test
    void onlyOldCommittedOnesOfRangesLedHereAreFinished() {
        note(1, TxnStatus.COMMITTED, OLD, OLD);
        note(2, TxnStatus.STAGING, OLD, OLD);
        note(3, TxnStatus.ABORTED, OLD, OLD);
        note(4, TxnStatus.COMMITTED, OLD, OLD);
        note(5, TxnStatus.COMMITTED, BEFORE, BEFORE);
        note(6, TxnStatus.COMMITTED, OLD, BEFORE);
        assertThat(records.look(BEFORE)).isEqualTo(1);
        assertThat(finished).containsExactly(1L);
        assertThat(pushed).isEmpty();
    }

    /** Its coordinator waited for others wherever it wanted to write, told its record that it was alive, and died: nobody ever met an intent of it. */
    @Test
    void whoseRecordIsPendingAndWhoIsSilentForLongIsPushed() {
        note(1, TxnStatus.PENDING, OLD, OLD);
        note(2, TxnStatus.PENDING, OLD, BEFORE);
        note(4, TxnStatus.PENDING, OLD, OLD);
        assertThat(records.look(BEFORE)).isEqualTo(1);
        assertThat(pushed).containsExactly(1L);
        assertThat(finished).isEmpty();
    }

    @Test
    void moreThanOneLookTakesAreFinishedInTurn() {
        int all = OldRecords.ONE_LOOK_MAX * 2 + 10;
        for (int i = 10; i < 10 + all; i++) {
            note(i, TxnStatus.COMMITTED, OLD, OLD);
        }
        assertThat(records.look(BEFORE)).isEqualTo(OldRecords.ONE_LOOK_MAX);
        assertThat(records.look(BEFORE)).isEqualTo(OldRecords.ONE_LOOK_MAX);
        assertThat(records.look(BEFORE)).isEqualTo(10);
        assertThat(new TreeSet<>(finished)).hasSize(all);
        assertThat(records.look(BEFORE)).as("from the beginning again").isEqualTo(OldRecords.ONE_LOOK_MAX);
    }

    private void note(int i, TxnStatus status, Timestamp started, Timestamp heartbeat) {
        TxnMeta meta = new TxnMeta(new TxnId(1, i), key(i), started, 1);
        TxnRecord record = new TxnRecord(meta, status, OLD, heartbeat, List.of(key(i)));
        try (Engine.Batch batch = engine.newBatch()) {
            batch.put(Engine.Space.RECORD, MvccKeys.record(key(i), meta.id()), RecordCodec.encode(record));
            engine.write(batch);
        }
    }

    private static Key key(int i) {
        return Key.of(String.format(Locale.ROOT, "k%05d", i));
    }
}
