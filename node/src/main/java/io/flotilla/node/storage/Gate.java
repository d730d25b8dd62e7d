package io.flotilla.node.storage;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Counts who is inside native code, so that its memory is freed by the last to leave after closing and never under anybody. */
final class Gate {
    private static final long CLOSED = 1L << 62;

    /** How long closing waits for those inside; a cursor somebody forgot must not keep a store from stopping. */
    private static final long CLOSE_MILLIS_MAX = 2_000;

    private final AtomicLong inside = new AtomicLong();
    private final CountDownLatch freed = new CountDownLatch(1);
    private final Runnable free;

    Gate(Runnable free) {
        this.free = free;
    }

    void enter() {
        if ((inside.incrementAndGet() & CLOSED) != 0) {
            exit();
            throw new StorageException("the engine is closed");
        }
    }

    void exit() {
        if (inside.decrementAndGet() == CLOSED) {
            freeOnce();
        }
    }

    /** For those that are inside for long. */
    void checkOpen() {
        if ((inside.get() & CLOSED) != 0) {
            throw new StorageException("the engine is closed");
        }
    }

    void close() {
        long before = inside.getAndUpdate(value -> value | CLOSED);
        if ((before & CLOSED) == 0 && before == 0) {
            freeOnce();
        }
        try {
            freed.await(CLOSE_MILLIS_MAX, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void freeOnce() {
        if (freed.getCount() > 0) {
            free.run();
            freed.countDown();
        }
    }
}
