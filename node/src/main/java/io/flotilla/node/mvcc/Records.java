package io.flotilla.node.mvcc;

import io.flotilla.config.key.Key;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnRecord;
import io.flotilla.node.storage.Engine.Space;
import io.flotilla.txn.record.Decision;
import io.flotilla.txn.record.RecordMachine;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Evaluates operations on transaction records: reads the record, asks the {@link RecordMachine}, notes the effect. */
final class Records {
    private record Id(Key anchor, TxnId txn) implements Comparable<Id> {
        @Override
        public int compareTo(Id other) {
            int byAnchor = anchor.compareTo(other.anchor);
            return byAnchor != 0 ? byAnchor : txn.compareTo(other.txn);
        }
    }

    private final Work work;
    private final RecordMachine machine;

    /** What operations of this batch made of records, so that a later one sees it; present with a null record if dropped. */
    private final Map<Id, Change> changed = new TreeMap<>();

    private record Change(@Nullable TxnRecord record) {}

    Records(Work work, RecordMachine machine) {
        this.work = work;
        this.machine = machine;
    }

    RecordMachine machine() {
        return machine;
    }

    @Nullable
    TxnRecord find(Key anchor, TxnId txn) {
        Change change = changed.isEmpty() ? null : changed.get(new Id(anchor, txn));
        return change != null ? change.record() : work.reader.record(anchor, txn);
    }

    RecordMachine.Situation situation(Key anchor, Timestamp writtenAt) {
        // Nothing bounds how long before the record was asked for its transaction committed, and a wrong "no" would be
        // fatal.
        RecordMachine.Evidence evidence =
                id -> work.reader.committedBy(id, anchor, Timestamp.ZERO, Timestamp.MAX, Integer.MAX_VALUE);
        return new RecordMachine.Situation(
                work.header, work.base, writtenAt, work.context.now(), work.context.oldest(), evidence);
    }

    /** Evaluates one operation; null if all went well, else the answer to the batch. */
    @Nullable
    Evaluation evaluate(int index, KvOp.RecordOp op, Timestamp writtenAt) {
        TxnRecord record = find(op.key(), RecordMachine.subject(work.header, op));
        return carryOut(index, op, record, machine.decide(record, op, situation(op.key(), writtenAt)));
    }

    /** Notes the effects of {@code decision}; null if all went well, else the answer to the batch. */
    @Nullable
    Evaluation carryOut(int index, KvOp.RecordOp op, @Nullable TxnRecord before, Decision decision) {
        Key anchor = op.key();
        TxnId subject = RecordMachine.subject(work.header, op);
        boolean commits = false;
        if (decision instanceof Decision.Write write) {
            byte[] key = MvccKeys.record(anchor, subject);
            byte[] value = RecordCodec.encode(write.record());
            if (before == null) {
                work.writes().put(Space.RECORD, key, value);
            } else {
                work.writes().replace(Space.RECORD, key, value);
            }
            changed.put(new Id(anchor, subject), new Change(write.record()));
            work.result(index, write.result());
            commits = write.commits();
        } else if (decision instanceof Decision.Erase erase) {
            if (before != null) {
                work.writes().delete(Space.RECORD, MvccKeys.record(anchor, subject));
                changed.put(new Id(anchor, subject), new Change(null));
            }
            work.result(index, erase.result());
            commits = erase.commits();
        } else if (decision instanceof Decision.Leave leave) {
            work.result(index, leave.result());
        } else if (decision instanceof Decision.Refuse refuse) {
            return Work.refused(refuse.error());
        }
        if (commits && op instanceof KvOp.EndTxn end) {
            work.trigger(end.trigger().bytes());
        }
        return null;
    }
}
