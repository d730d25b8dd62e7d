package io.flotilla.client;

import com.google.protobuf.ByteString;
import io.flotilla.config.txn.TxnId;
import io.flotilla.v1.Error;
import io.flotilla.v1.OutcomeResult;
import io.flotilla.v1.Request;
import io.flotilla.v1.Response;

/**
 * Something that writes under an id. It is sent once; if it may have been executed although no answer came, its outcome is looked up,
 * fenced, at whichever gateway can be reached, until the answer is final.
 */
abstract class WriteOperation<T> extends Operation<T> {
    /** Kept back of the deadline for looking up what became of it. */
    private static final long LOOKUP_RESERVE_NANOS = 1_000_000_000L;

    private static final long LOOKUP_ATTEMPT_NANOS = 1_000_000_000L;

    /** A repetition that has less than this left is not begun: it would more likely end as a write of unknown outcome than as a success. */
    private static final long REPETITION_NANOS_MIN = 500_000_000L;

    private TxnId id = TxnId.NONE;
    private boolean lookingUp;

    WriteOperation(Endpoints endpoints, long deadlineNanos) {
        super(endpoints, deadlineNanos);
    }

    /** The request under this id. */
    abstract Request.Builder requestUnder(TxnId id);

    /** The id it is sent under first. */
    TxnId firstId() {
        return Protocol.randomId();
    }

    /** The first key it writes. */
    abstract ByteString anchor();

    /** It committed. */
    abstract void committed(TxnId id, Response response);

    /** It committed, as its outcome tells. */
    abstract void committed(TxnId id, long commitTimestamp);

    /** Proven: nothing of it was written, nor will be. */
    abstract void notCommitted(Failure failure);

    @Override
    void start() {
        under(firstId());
        submit(attemptNanos());
    }

    /** Sends it again under a new id; only after {@link #notCommitted}. */
    final void again(long delayNanos) {
        under(Protocol.randomId());
        submitLater(attemptNanos(), delayNanos);
    }

    @Override
    final void succeeded(Response response) {
        if (!lookingUp) {
            committed(id, response);
            return;
        }
        OutcomeResult outcome = response.getOutcome();
        switch (outcome.getStatus()) {
            case COMMITTED -> committed(id, outcome.getCommitTimestamp());
            case ABORTED -> {
                lookingUp = false;
                notCommitted(Failure.local(
                        Error.Code.UNAVAILABLE, "the answer was lost; nothing was committed", false, "COMMIT"));
            }
            default ->
                lookUpAgain(Failure.local(
                        Error.Code.DEADLINE, "the transaction is " + outcome.getStatus(), true, "OUTCOME"));
        }
    }

    @Override
    final void attemptFailed(Failure failure) {
        note(failure);
        if (lookingUp) {
            lookUpAgain(failure);
        } else if (failure.maybeExecuted()) {
            lookingUp = true;
            lookUpAgain(failure);
        } else {
            long delay = Backoff.nanos(failureCount(), failure.retryAfterMillis());
            if (!failure.sent() && canRepeat(delay) && !endpoints.isClosed()) {
                submitLater(attemptNanos(), delay);
            } else {
                notCommitted(failure);
            }
        }
    }

    /** Whether a write that is proven not to have happened should be tried again after so long. */
    final boolean canRepeat(long delayNanos) {
        return canWait(delayNanos + Math.min(REPETITION_NANOS_MIN, (deadlineNanos - startedAtNanos) / 4));
    }

    final boolean canWait(long delayNanos) {
        return remainingNanos() > delayNanos;
    }

    private void lookUpAgain(Failure why) {
        long delay = failureCount() <= 1 ? 0 : Backoff.nanos(failureCount() - 1, why.retryAfterMillis());
        // The first look comes after the loss of the answer itself.
        boolean hopeless = failureCount() > 1 && !endpoints.isWorthRepeating(why, startedAtNanos);
        if (endpoints.isClosed() || hopeless || !canWait(delay)) {
            finish(giveUp(Failure.unknown(id, anchor(), "the outcome of " + id + " is not known: " + why.message())));
            return;
        }
        Request.Builder lookup = Request.newBuilder();
        lookup.getOutcomeBuilder().setId(Protocol.id(id)).setAnchor(anchor()).setFence(true);
        request = lookup;
        submitLater(Math.min(LOOKUP_ATTEMPT_NANOS, Math.max(1_000_000, remainingNanos() - delay)), delay);
    }

    private void under(TxnId newId) {
        id = newId;
        request = requestUnder(newId);
    }

    private long attemptNanos() {
        long remaining = Math.max(1_000_000, remainingNanos());
        return remaining - Math.min(LOOKUP_RESERVE_NANOS, remaining / 4);
    }
}
