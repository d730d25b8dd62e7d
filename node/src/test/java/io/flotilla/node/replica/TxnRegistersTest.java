package io.flotilla.node.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.client.load.check.Txn.Outcome;
import org.junit.jupiter.api.Test;

class TxnRegistersTest {
    private final TxnRegisters registers = new TxnRegisters();

    @Test
    void whatWasWrittenLastIsFound() {
        registers.wrote("a", 1, 10, 20, Outcome.COMMITTED);
        registers.wrote("a", 2, 30, 40, Outcome.COMMITTED);
        registers.read("a", TxnRegisters.ABSENT, 5, 15);
        registers.read("a", 1, 15, 35);
        registers.read("a", 2, 50, 60);
        assertThat(registers.check()).isEmpty();
    }

    @Test
    void whatWasOverwrittenBeforeIsStale() {
        registers.wrote("a", 1, 10, 20, Outcome.COMMITTED);
        registers.wrote("a", TxnRegisters.ABSENT, 30, 40, Outcome.COMMITTED);
        registers.read("a", 1, 50, 60);
        assertThat(registers.check()).isPresent();
    }

    @Test
    void whatIsMissingAfterItWasAcknowledgedIsLost() {
        registers.wrote("a", 1, 10, 20, Outcome.COMMITTED);
        registers.read("a", TxnRegisters.ABSENT, 30, 40);
        assertThat(registers.check()).isPresent();
    }

    @Test
    void whatIsSaidNotToBeWrittenIsNotFound() {
        registers.wrote("a", 1, 10, 20, Outcome.ABORTED);
        registers.read("a", 1, 15, 40);
        assertThat(registers.check()).isPresent();
    }

    @Test
    void whatIsUnknownMayComeAtAnyTime() {
        registers.wrote("a", 1, 10, 20, Outcome.UNKNOWN);
        registers.wrote("a", 2, 30, 40, Outcome.COMMITTED);
        registers.read("a", 2, 50, 60);
        registers.read("a", 1, 70, 80);
        assertThat(registers.check()).isEmpty();
    }
}
