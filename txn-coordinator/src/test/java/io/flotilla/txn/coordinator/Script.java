package io.flotilla.txn.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.key.Key;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnRecord;
import io.flotilla.config.txn.TxnStatus;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Plays the world for one machine: collects what it sends and answers, and replies by hand. */
final class Script {
    static final KvError LOST = new KvError.Unavailable("UNREACHABLE", Key.of("a"), "", true);
    static final KvError REFUSED = new KvError.Unavailable("NO_QUORUM", Key.of("a"), "", false);

    private final TxnMachine machine;
    private final List<TxnEffect.Send> sent = new ArrayList<>();
    final List<TxnEffect> answers = new ArrayList<>();
    final List<KvOp.ForgetTxn> forgotten = new ArrayList<>();
    long micros = 1_000;

    Script(TxnMachine machine) {
        this.machine = machine;
        take(machine.start(now()));
    }

    static TxnTime time(long micros) {
        return new TxnTime(micros, Timestamp.ofMicros(Timestamp.EPOCH_MICROS + micros));
    }

    TxnTime now() {
        return time(micros);
    }

    /** The only batch under way. */
    KvBatch pending() {
        assertThat(sent).as("one batch is under way").hasSize(1);
        return sent.get(0).batch();
    }

    boolean isIdle() {
        return sent.isEmpty();
    }

    Script done(Timestamp at, KvResult... results) {
        return reply(new KvReply.Done(Arrays.asList(results), at, List.of()));
    }

    /** Every operation is acknowledged. */
    Script acknowledge() {
        KvBatch batch = pending();
        KvResult[] results = new KvResult[batch.ops().size()];
        Arrays.fill(results, KvResult.Acknowledged.INSTANCE);
        return done(batch.header().timestamp(), results);
    }

    Script refuse(KvError error) {
        return reply(new KvReply.Refused(error));
    }

    Script reply(KvReply reply) {
        pending();
        TxnEffect.Send send = sent.remove(0);
        take(machine.reply(now(), send.call(), reply));
        return this;
    }

    Script record(TxnMeta meta, TxnStatus status, Timestamp at, Key... inFlight) {
        return done(at, new KvResult.Record(new TxnRecord(meta, status, at, at, List.of(inFlight))));
    }

    Script pass(long byMicros) {
        micros += byMicros;
        take(machine.tick(now()));
        return this;
    }

    <T extends KvOp> T only(Class<T> type) {
        assertThat(pending().ops()).hasSize(1);
        return type.cast(pending().ops().get(0));
    }

    KvError failure() {
        assertThat(answers).hasSize(1);
        return ((TxnCoordinator.CommitFailed) ((TxnEffect.AnswerCommit) answers.get(0)).reply()).error();
    }

    Timestamp committedAt() {
        assertThat(answers).hasSize(1);
        return ((TxnCoordinator.Committed) ((TxnEffect.AnswerCommit) answers.get(0)).reply()).timestamp();
    }

    private void take(List<TxnEffect> effects) {
        for (TxnEffect effect : effects) {
            if (effect instanceof TxnEffect.Send send) {
                sent.add(send);
            } else if (effect instanceof TxnEffect.Forget forget) {
                forgotten.add(forget.op());
            } else {
                answers.add(effect);
            }
        }
    }
}
