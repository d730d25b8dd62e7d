package io.flotilla.txn.actor;

import io.flotilla.config.time.HybridClock;
import io.flotilla.txn.coordinator.TxnTime;
import java.util.function.Supplier;

/** Reads both clocks for the machines. Thread-safe. */
final class ShellClock implements Supplier<TxnTime> {
    private final HybridClock clock;

    ShellClock(HybridClock clock) {
        this.clock = clock;
    }

    @Override
    public TxnTime get() {
        return new TxnTime(System.nanoTime() / 1_000, clock.now());
    }
}
