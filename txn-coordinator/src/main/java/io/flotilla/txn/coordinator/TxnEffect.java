package io.flotilla.txn.coordinator;

import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvOp;

/** What a {@link TxnMachine} wants done. */
public sealed interface TxnEffect {
    /** Send {@code batch}; report its reply with {@code call}. */
    record Send(int call, KvBatch batch) implements TxnEffect {}

    /** Have the record dropped some time; see {@link ForgettingMachine}. */
    record Forget(KvOp.ForgetTxn op) implements TxnEffect {}

    record AnswerCommit(TxnCoordinator.CommitReply reply) implements TxnEffect {}

    record AnswerOutcome(TxnCoordinator.OutcomeReply reply) implements TxnEffect {}

    record AnswerResolution(ConflictResolver.Resolution resolution) implements TxnEffect {}
}
