package io.flotilla.txn.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.key.Key;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.settings.TxnLimits;
import io.flotilla.config.txn.TxnId;
import java.util.List;
import org.junit.jupiter.api.Test;

class ForgettingMachineTest {
    private static final long DELAY_MICROS = TxnLimits.FORGETTING_DELAY_MILLIS * 1_000;

    private final ForgettingMachine machine = new ForgettingMachine();

    @Test
    void manyRecordsGoWithOneBatchAfterAWhile() {
        assertThat(machine.add(forget(1))).isTrue();
        Script script = new Script(machine);
        assertThat(machine.add(forget(2))).isTrue();
        assertThat(script.pass(DELAY_MICROS - 1).isIdle()).isTrue();
        script.pass(1);
        assertThat(script.pending().ops()).isEqualTo(List.of(forget(1), forget(2)));
        assertThat(machine.add(forget(3))).as("on its way").isFalse();
        assertThat(machine.isDone()).isFalse();
        script.acknowledge();
        assertThat(machine.isDone()).isTrue();
    }

    @Test
    void whatIsFullGoesAtOnce() {
        machine.add(forget(0));
        Script script = new Script(machine);
        for (int i = 1; i < TxnLimits.FORGOTTEN_AT_ONCE_MAX; i++) {
            assertThat(machine.add(forget(i))).isTrue();
        }
        assertThat(machine.add(forget(-1))).isFalse();
        script.pass(0);
        assertThat(script.pending().ops()).hasSize(TxnLimits.FORGOTTEN_AT_ONCE_MAX);
    }

    @Test
    void itIsTriedAFewTimesAndThenLeft() {
        machine.add(forget(1));
        Script script = new Script(machine).pass(DELAY_MICROS);
        int attempts = 0;
        for (; !machine.isDone(); attempts++) {
            script.refuse(Script.LOST).pass(1_000_000);
        }
        assertThat(attempts).isEqualTo(TxnLimits.CLEANUP_ATTEMPTS_MAX + 1);
        assertThat(script.isIdle()).isTrue();
    }

    private static KvOp.ForgetTxn forget(long id) {
        return new KvOp.ForgetTxn(Key.of("a" + id), new TxnId(1, id));
    }
}
