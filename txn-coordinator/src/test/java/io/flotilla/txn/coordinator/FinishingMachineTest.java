package io.flotilla.txn.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.key.Key;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.settings.TxnLimits;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnRecord;
import io.flotilla.config.txn.TxnStatus;
import java.util.List;
import org.junit.jupiter.api.Test;

class FinishingMachineTest {
    private static final Key ANCHOR = Key.of("a");
    private static final Key OTHER = Key.of("b");
    private static final Timestamp COMMITTED_AT = new Timestamp(70);
    private static final TxnMeta META = new TxnMeta(new TxnId(1, 2), ANCHOR, new Timestamp(50), 50);

    private final FinishingMachine machine = new FinishingMachine(
            new TxnRecord(META, TxnStatus.COMMITTED, COMMITTED_AT, new Timestamp(60), List.of(ANCHOR, OTHER)));

    @Test
    void everyIntentIsResolvedBeforeTheRecordGoes() {
        Script script = new Script(machine);
        assertThat(script.pending().ops())
                .containsExactly(
                        new KvOp.ResolveIntent(ANCHOR, META.id(), TxnStatus.COMMITTED, COMMITTED_AT),
                        new KvOp.ResolveIntent(OTHER, META.id(), TxnStatus.COMMITTED, COMMITTED_AT));
        script.acknowledge();
        assertThat(script.pending().ops()).isEqualTo(List.of(new KvOp.ForgetTxn(ANCHOR, META.id())));
        assertThat(machine.isDone()).isFalse();
        script.acknowledge();
        assertThat(machine.isDone()).isTrue();
        assertThat(script.isIdle()).isTrue();
    }

    /** Whoever meets that intent later needs the record to know that it was committed. */
    @Test
    void theRecordStaysWhileAnIntentIsOutOfReach() {
        Script script = new Script(machine);
        int attempts = 0;
        for (; !machine.isDone(); attempts++) {
            assertThat(script.pending().ops()).allMatch(op -> op instanceof KvOp.ResolveIntent);
            script.refuse(Script.LOST).pass(1_000_000);
        }
        assertThat(attempts).isBetween(2, TxnLimits.CLEANUP_ATTEMPTS_MAX + 1);
        assertThat(script.isIdle()).isTrue();
    }
}
