package io.flotilla.client;

import com.google.protobuf.ByteString;
import io.flotilla.config.txn.TxnId;
import io.flotilla.v1.Error;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Why one attempt failed. A value, because it arises on the event loop; the exception is made by {@link #toException} in the
 * caller's thread, so that its stack trace tells where the call was.
 *
 * @param kind the protocol's code; what the transport reports is put in the same terms
 * @param maybeExecuted false only if it is proven that nothing was written
 * @param sent false if the request never left this client
 * @param retryAfterMillis 0 for no hint
 * @param anchor the first key written, if {@code kind} is OUTCOME_UNKNOWN
 */
record Failure(
        Error.Code kind,
        String message,
        boolean maybeExecuted,
        boolean sent,
        long retryAfterMillis,
        ByteString key,
        @Nullable TxnId txn,
        long retryTimestamp,
        String phase) {

    static Failure of(Error error) {
        boolean maybe = error.getMaybeExecuted() || error.getCode() == Error.Code.OUTCOME_UNKNOWN;
        TxnId other = error.hasOther()
                ? new TxnId(error.getOther().getHigh(), error.getOther().getLow())
                : null;
        return new Failure(
                error.getCode(),
                error.getMessage(),
                maybe,
                true,
                error.getRetryAfterMs(),
                error.getKey(),
                other,
                error.getRetryTimestamp(),
                error.getPhase());
    }

    static Failure local(Error.Code kind, String message, boolean sent, String phase) {
        return new Failure(kind, message, sent, sent, 0, ByteString.EMPTY, null, 0, phase);
    }

    /** Refused here, for good: it was not sent, and there is no use in sending it elsewhere. */
    static Failure refused(Error.Code kind, String message, String phase) {
        return new Failure(kind, message, false, true, 0, ByteString.EMPTY, null, 0, phase);
    }

    /** The outcome of {@code id} could not be found out; {@code anchor} is the first key it wrote. */
    static Failure unknown(TxnId id, ByteString anchor, String message) {
        return new Failure(Error.Code.OUTCOME_UNKNOWN, message, true, true, 0, anchor, id, 0, "");
    }

    /** Whether the same thing, asked again after a while or elsewhere, may succeed. Says nothing about whether it may be asked. */
    boolean transientKind() {
        return switch (kind) {
            case CONFLICT, READ_UNCERTAIN, DEADLINE, NO_QUORUM, UNAVAILABLE, OVERLOADED, OUTCOME_UNKNOWN -> true;
            default -> false;
        };
    }

    /** Nobody has founded a cluster yet, as far as the node knows that was asked. */
    boolean isNotInitialized() {
        return kind == Error.Code.UNAVAILABLE && message.startsWith("NOT_INITIALIZED");
    }

    Failure withMessage(String text) {
        return new Failure(kind, text, maybeExecuted, sent, retryAfterMillis, key, txn, retryTimestamp, phase);
    }

    /** The same, of something tried several times: it may have been executed by any of the attempts. */
    Failure maybeExecutedIf(boolean any) {
        return maybeExecuted || !any
                ? this
                : new Failure(kind, message, true, sent, retryAfterMillis, key, txn, retryTimestamp, phase);
    }

    /** The same, of something that writes nothing, whether it was executed or not. */
    Failure nothingWritten() {
        return maybeExecuted
                ? new Failure(kind, message, false, sent, retryAfterMillis, key, txn, retryTimestamp, phase)
                : this;
    }

    /** @param earlier failures of earlier attempts, oldest first */
    FlotillaException toException(List<Failure> earlier) {
        FlotillaException exception = toException();
        for (Failure failure : earlier) {
            if (!failure.equals(this)) {
                exception.addSuppressed(failure.toException());
            }
        }
        return exception;
    }

    private FlotillaException toException() {
        return switch (kind) {
            case INVALID -> new InvalidRequestException(ErrorCode.INVALID, message, maybeExecuted);
            case NOT_FOUND -> new InvalidRequestException(ErrorCode.NOT_FOUND, message, maybeExecuted);
            case TOO_LARGE -> new LimitExceededException(message);
            case CONFLICT, READ_UNCERTAIN, CONDITION_FAILED -> new ConflictException(message, key.toByteArray(), txn);
            case DEADLINE -> new DeadlineExceededException(phase.isEmpty() ? "ANSWER" : phase, message, maybeExecuted);
            case NO_QUORUM -> new UnavailableException(ErrorCode.NO_QUORUM, message, maybeExecuted);
            case UNAVAILABLE -> new UnavailableException(ErrorCode.UNAVAILABLE, message, maybeExecuted);
            case OVERLOADED -> new OverloadedException(message, maybeExecuted);
            case DISK_FULL -> new DiskFullException(message, maybeExecuted);
            case OUTCOME_UNKNOWN ->
                new CommitOutcomeUnknownException(txn == null ? TxnId.NONE : txn, key.toByteArray(), message);
            default -> new InternalException(message, maybeExecuted);
        };
    }
}
