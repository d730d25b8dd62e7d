package io.flotilla.client;

import com.google.protobuf.ByteString;
import io.flotilla.config.txn.TxnId;
import io.flotilla.v1.Error;
import io.flotilla.v1.Mutation;
import io.flotilla.v1.Request;
import io.flotilla.v1.Response;

/**
 * One put, delete or compare-and-set, exactly once. Its result is the commit timestamp, or {@link #CONDITION_FAILED}.
 */
final class SingleWrite extends WriteOperation<Long> {
    static final long CONDITION_FAILED = -1;

    private final Mutation mutation;

    SingleWrite(Endpoints endpoints, long deadlineNanos, Mutation mutation) {
        super(endpoints, deadlineNanos);
        this.mutation = mutation;
    }

    @Override
    Request.Builder requestUnder(TxnId id) {
        Request.Builder built = Request.newBuilder();
        built.getWriteBuilder().setId(Protocol.id(id)).setMutation(mutation);
        return built;
    }

    @Override
    ByteString anchor() {
        return mutation.getKey();
    }

    @Override
    void committed(TxnId id, Response response) {
        finish(response.getWrite().getCommitTimestamp());
    }

    @Override
    void committed(TxnId id, long commitTimestamp) {
        finish(commitTimestamp);
    }

    @Override
    void notCommitted(Failure failure) {
        if (failure.kind() == Error.Code.CONDITION_FAILED) {
            finish(CONDITION_FAILED);
            return;
        }
        long delay = Backoff.nanos(failureCount(), failure.retryAfterMillis());
        if (!endpoints.isWorthRepeating(failure, startedAtNanos) || endpoints.isClosed()) {
            finish(failure);
        } else if (!canRepeat(delay + failure.retryAfterMillis() * 1_000_000)) {
            // Who is overloaded takes about as long to answer as it wants others to wait.
            finish(giveUp(failure));
        } else {
            again(delay);
        }
    }
}
