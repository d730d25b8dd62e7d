package io.flotilla.txn.actor;

import io.flotilla.config.time.HybridClock;
import io.flotilla.txn.coordinator.TxnTime;

/** Reads both clocks for the machines. Thread-safe. */
final class ShellClock {
    private final HybridClock clock;

    ShellClock(HybridClock clock) {
        this.clock = clock;
    }

    TxnTime now() {
        return new TxnTime(System.nanoTime() / 1_000, clock.now());
    }
}
