package io.flotilla.client;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;

/** How long to wait before trying again: exponential with full jitter, so that those who collided do not collide again. */
final class Backoff {
    private static final long BASE_MILLIS = 4;
    private static final long CAP_MILLIS = 500;

    private Backoff() {}

    /**
     * @param attempt failures so far, from 1
     * @param hintMillis what the other side asked for; 0 if nothing
     */
    static long nanos(int attempt, long hintMillis) {
        long ceiling = Math.min(CAP_MILLIS, BASE_MILLIS << Math.min(attempt, 10)) * 1_000_000;
        long jitter = ThreadLocalRandom.current().nextLong(ceiling);
        if (hintMillis <= 0) {
            return jitter;
        }
        // Not all at once when the hint is over: those who were refused together must not come back together.
        long spread = Math.min(CAP_MILLIS, hintMillis * Math.min(attempt, 4)) * 1_000_000;
        return hintMillis * 1_000_000 + ThreadLocalRandom.current().nextLong(spread + 1);
    }

    /** Waits in the calling thread, without regard to interrupts, which are kept. */
    static void pause(long nanos) {
        long until = System.nanoTime() + nanos;
        boolean interrupted = false;
        long left;
        while ((left = until - System.nanoTime()) > 0) {
            LockSupport.parkNanos(left);
            interrupted |= Thread.interrupted();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
