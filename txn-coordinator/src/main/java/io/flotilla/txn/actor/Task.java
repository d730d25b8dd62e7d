package io.flotilla.txn.actor;

import io.flotilla.txn.coordinator.TxnEffect;
import io.flotilla.txn.coordinator.TxnMachine;
import java.util.function.Consumer;

/** A machine and whoever waits for its answer. Owned by one thread at a time: the caller's, the sender's callback, at last the actor's. */
final class Task {
    final TxnMachine machine;

    /** Takes the answer; called once, with one of the answering effects. */
    final Consumer<TxnEffect> answer;

    Task(TxnMachine machine, Consumer<TxnEffect> answer) {
        this.machine = machine;
        this.answer = answer;
    }
}
