package io.flotilla.client;

import com.google.protobuf.ByteString;
import io.flotilla.config.txn.TxnId;
import io.flotilla.v1.Commit;
import io.flotilla.v1.Request;
import io.flotilla.v1.Response;

/** One attempt's commit. Whether the body is run again after a failure is decided by {@link TransactionRunner}. */
final class CommitOperation extends WriteOperation<CommitOperation.Committed> {
    record Committed(TxnId id, long timestamp) {}

    private final TxnId id;
    private final Commit commit;

    /**
     * @param id the one the transaction has read under
     * @param commit without an id; at least one write
     */
    CommitOperation(Endpoints endpoints, long deadlineNanos, TxnId id, Commit commit) {
        super(endpoints, deadlineNanos);
        this.id = id;
        this.commit = commit;
    }

    @Override
    TxnId firstId() {
        return id;
    }

    @Override
    Request.Builder requestUnder(TxnId id) {
        return Request.newBuilder().setCommit(commit.toBuilder().setId(Protocol.id(id)));
    }

    @Override
    ByteString anchor() {
        return commit.getWrites(0).getKey();
    }

    @Override
    void committed(TxnId id, Response response) {
        finish(new Committed(id, response.getCommit().getCommitTimestamp()));
    }

    @Override
    void committed(TxnId id, long commitTimestamp) {
        finish(new Committed(id, commitTimestamp));
    }

    @Override
    void notCommitted(Failure failure) {
        finish(failure);
    }
}
