package io.flotilla.client;

import io.flotilla.v1.Error;
import io.flotilla.v1.Request;
import io.flotilla.v1.Response;
import java.util.function.Function;

/** Something that changes nothing (or, a fence, nothing more when done twice), and may therefore be asked again at will. */
final class ReadOperation<T> extends Operation<T> {
    private final Function<Response, T> reader;
    private final boolean inTransaction;
    private final boolean fences;

    /** @param inTransaction a conflict or an uncertainty is then the transaction's to resolve */
    ReadOperation(
            Endpoints endpoints,
            long deadlineNanos,
            Request.Builder request,
            boolean inTransaction,
            Function<Response, T> reader) {
        super(endpoints, deadlineNanos);
        this.request = request;
        this.fences = request.hasOutcome() && request.getOutcome().getFence();
        this.inTransaction = inTransaction;
        this.reader = reader;
    }

    @Override
    void start() {
        submit(attemptNanos());
    }

    @Override
    void succeeded(Response response) {
        finish(reader.apply(response));
    }

    @Override
    void attemptFailed(Failure reported) {
        Failure failure = fences ? reported : reported.nothingWritten();
        note(failure);
        if (!worthRepeating(failure) || endpoints.isClosed()) {
            finish(failure);
            return;
        }
        long delay = Backoff.nanos(failureCount(), failure.retryAfterMillis());
        if (remainingNanos() <= delay) {
            finish(giveUp(failure));
        } else {
            submitLater(attemptNanos(), delay);
        }
    }

    private boolean worthRepeating(Failure failure) {
        boolean transactionsOwn = failure.kind() == Error.Code.CONFLICT || failure.kind() == Error.Code.READ_UNCERTAIN;
        return endpoints.isWorthRepeating(failure, startedAtNanos) && !(inTransaction && transactionsOwn);
    }

    private long attemptNanos() {
        long remaining = remainingNanos();
        return Math.max(1_000_000, Math.min(remaining, Math.max(1_000_000_000L, remaining / 2)));
    }
}
