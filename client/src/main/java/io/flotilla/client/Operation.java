package io.flotilla.client;

import io.flotilla.v1.Error;
import io.flotilla.v1.Response;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One call of the library from its first attempt to its end: a state machine that runs on whatever thread brings the next event, one at
 * a time, and at the end wakes the caller or completes its future.
 */
abstract class Operation<T> extends Exchange {
    /** Earlier failures kept for the exception; the first tell most. */
    private static final int FAILURES_KEPT = 16;

    final Endpoints endpoints;
    final long startedAtNanos = System.nanoTime();
    final long deadlineNanos;

    private final List<Failure> failures = new ArrayList<>(0);
    private int failureCount;

    private @Nullable T result;
    private @Nullable Failure failure;
    private volatile boolean done;
    private volatile @Nullable Thread waiter;
    private @Nullable CompletableFuture<T> future;

    Operation(Endpoints endpoints, long deadlineNanos) {
        this.endpoints = endpoints;
        this.deadlineNanos = deadlineNanos;
    }

    /** Sends the first attempt. */
    abstract void start();

    /** One attempt was answered without an error. */
    abstract void succeeded(Response response);

    /** One attempt failed, here or there. */
    abstract void attemptFailed(Failure failure);

    @Override
    final void answered(Response response) {
        try {
            if (response.getKindCase() == Response.KindCase.ERROR) {
                attemptFailed(Failure.of(response.getError()));
            } else {
                succeeded(response);
            }
        } catch (RuntimeException e) {
            finish(Failure.local(Error.Code.INTERNAL, "an answer was not understood: " + e, true, "ANSWER"));
        }
    }

    @Override
    final void failed(Failure failure) {
        attemptFailed(failure);
    }

    /**
     * Starts, and waits without regard to interrupts, which are kept: the deadline bounds the wait.
     *
     * @throws IllegalStateException on a thread of the client's own
     */
    T await() {
        awaitQuietly();
        if (failure != null) {
            throw failure.toException(failures);
        }
        return Objects.requireNonNull(result);
    }

    /** As {@link #await}, but null for a failure, which {@link #failureOrNull} has. */
    @Nullable
    T awaitQuietly() {
        endpoints.refuseOwnThread();
        waiter = Thread.currentThread();
        start();
        boolean interrupted = false;
        while (!done) {
            LockSupport.park(this);
            interrupted |= Thread.interrupted();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return result;
    }

    @Nullable
    Failure failureOrNull() {
        return failure;
    }

    List<Failure> failures() {
        return failures;
    }

    CompletableFuture<T> async() {
        CompletableFuture<T> promise = new CompletableFuture<>();
        future = promise;
        start();
        return promise;
    }

    final long remainingNanos() {
        return deadlineNanos - System.nanoTime();
    }

    /** Hands this to a connection for at most {@code attemptNanos}. */
    final void submit(long attemptNanos) {
        expiresAtNanos = System.nanoTime() + attemptNanos;
        endpoints.submit(this);
    }

    final void submitLater(long attemptNanos, long delayNanos) {
        expiresAtNanos = System.nanoTime() + attemptNanos + delayNanos;
        endpoints.submitLater(this, delayNanos);
    }

    final void note(Failure failure) {
        failureCount++;
        if (failures.size() < FAILURES_KEPT) {
            failures.add(failure);
        }
    }

    final int failureCount() {
        return failureCount;
    }

    final void finish(T value) {
        result = value;
        complete();
    }

    final void finish(Failure end) {
        failure = end;
        complete();
    }

    /** The end after the deadline: what went wrong last says more than that the time is up, unless that is all there is. */
    final Failure giveUp(Failure last) {
        long millis = (System.nanoTime() - startedAtNanos) / 1_000_000;
        return last.withMessage(last.message() + " (gave up after " + failureCount + " attempt(s), " + millis + " ms)");
    }

    private void complete() {
        CompletableFuture<T> promise = future;
        Thread thread = waiter;
        done = true;
        if (thread != null) {
            LockSupport.unpark(thread);
        }
        if (promise != null) {
            if (failure != null) {
                promise.completeExceptionally(failure.toException(failures));
            } else {
                promise.complete(result);
            }
        }
    }
}
