package io.flotilla.client;

import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.v1.Error;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Runs one transaction's body until it has committed; see {@link FlotillaClient#transact}. For one call, in the caller's thread. */
final class TransactionRunner {
    private final Endpoints endpoints;
    private final TxnOptions options;
    private final long startedAtNanos = System.nanoTime();
    private final long deadlineNanos;
    private final List<Failure> failures = new ArrayList<>(0);
    private long priority;
    private @Nullable Failure lastFailure;

    TransactionRunner(Endpoints endpoints, TxnOptions options, long timeoutNanos) {
        this.endpoints = endpoints;
        this.options = options;
        this.deadlineNanos = startedAtNanos + timeoutNanos;
    }

    <T extends @Nullable Object, X extends Exception> TxnResult<T> run(TxnBody<T, X> body) throws X {
        long begunMillis = System.currentTimeMillis();
        for (int attempt = 1; ; attempt++) {
            BufferedTransaction tx = new BufferedTransaction(endpoints, deadlineNanos);
            TxnResult<T> result = attempt(body, tx, attempt);
            if (result != null) {
                return result;
            }
            keepAge(tx.readTimestamp(), begunMillis);
            backOffOrFail(Objects.requireNonNull(lastFailure), attempt);
        }
    }

    /** One run of the body and its commit; null, with {@link #lastFailure} set, if it did not commit. */
    private <T extends @Nullable Object, X extends Exception> @Nullable TxnResult<T> attempt(
            TxnBody<T, X> body, BufferedTransaction tx, int attempt) throws X {
        try {
            T value = body.run(tx);
            tx.seal();
            if (tx.doom() == null) {
                return tx.isReadOnly()
                        ? new TxnResult<>(value, TxnId.NONE, tx.readTimestamp(), attempt)
                        : commit(value, tx, attempt);
            }
        } catch (Throwable t) {
            // A doomed attempt's exceptions are consequences of its doom, which decides.
            if (tx.doom() == null || t instanceof java.lang.Error) {
                throw t;
            }
        } finally {
            tx.seal();
        }
        lastFailure = tx.doom();
        return null;
    }

    private <T extends @Nullable Object> @Nullable TxnResult<T> commit(T value, BufferedTransaction tx, int attempt) {
        if (System.nanoTime() - deadlineNanos >= 0) {
            throw fail(Failure.local(Error.Code.DEADLINE, "the time was up before the commit was sent", false, "BODY"));
        }
        CommitOperation commit = new CommitOperation(endpoints, deadlineNanos, tx.id(), tx.commit(priority));
        CommitOperation.Committed committed = commit.awaitQuietly();
        lastFailure = commit.failureOrNull();
        return committed == null ? null : new TxnResult<>(value, committed.id(), committed.timestamp(), attempt);
    }

    /**
     * A transaction that is tried again keeps its age, so that it is not for ever the younger one. HAZARD: one that reads nothing takes
     * its age from this machine's clock; if that is wrong it is treated as older or younger than it is, and nothing else.
     */
    private void keepAge(long readTimestamp, long begunMillis) {
        if (priority == 0) {
            priority = readTimestamp != 0
                    ? readTimestamp
                    : Timestamp.ofMicros(TimeUnit.MILLISECONDS.toMicros(begunMillis))
                            .packed();
        }
    }

    private void backOffOrFail(Failure failure, int attempt) {
        if (failure.kind() == Error.Code.OUTCOME_UNKNOWN
                || !endpoints.isWorthRepeating(failure, startedAtNanos)
                || endpoints.isClosed()) {
            throw fail(failure);
        }
        long delay = Backoff.nanos(attempt, failure.retryAfterMillis());
        if (attempt >= options.attemptsMax() || deadlineNanos - System.nanoTime() <= delay) {
            long millis = (System.nanoTime() - startedAtNanos) / 1_000_000;
            throw fail(failure.withMessage(
                    failure.message() + " (gave up after " + attempt + " run(s) of the body, " + millis + " ms)"));
        }
        note(failure);
        Backoff.pause(delay);
    }

    private FlotillaException fail(Failure failure) {
        Failure named =
                options.name().isEmpty() ? failure : failure.withMessage(options.name() + ": " + failure.message());
        return named.toException(failures);
    }

    private void note(Failure failure) {
        if (failures.size() < 16) {
            failures.add(failure);
        }
    }
}
