package io.flotilla.node.mvcc;

import io.flotilla.config.key.Key;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnRecord;
import io.flotilla.config.txn.TxnStatus;
import io.flotilla.txn.record.Decision;
import io.flotilla.txn.record.RecordMachine;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A batch that holds more than reads: finds its one write timestamp, reads, then writes and decides records. Everything that can stop the batch
 * happens before anything is noted that the others would have to take back.
 */
final class WriteBatch {
    private final Work work;
    private final DataWrites writes;
    private final Records records;
    private final Intents intents;
    private boolean reads;
    private KvOp.@Nullable EndTxn end;
    private int endIndex;
    private @Nullable TxnRecord endsRecord;

    /** Set if the batch's transaction has ended before, or has committed by an earlier copy of this batch. */
    private KvResult.@Nullable Ended ended;

    WriteBatch(Work work, RecordMachine machine) {
        this.work = work;
        this.writes = new DataWrites(work);
        this.records = new Records(work, machine);
        this.intents = new Intents(work);
    }

    Evaluation evaluate() {
        Evaluation stop = sort();
        if (stop == null) {
            stop = look();
        }
        if (stop == null && reads) {
            stop = read();
        }
        if (stop == null) {
            stop = write();
        }
        if (stop == null) {
            stop = decideOthers();
        }
        return stop != null ? stop : work.done();
    }

    /** Finds out what kinds of operations there are. */
    private @Nullable Evaluation sort() {
        List<KvOp> ops = work.ops;
        boolean needsTxn = false;
        for (int i = 0; i < ops.size(); i++) {
            KvOp op = ops.get(i);
            if (op instanceof KvOp.DataWrite write) {
                writes.add(i, write);
                needsTxn = true;
            } else if (op instanceof KvOp.EndTxn ending) {
                if (end != null) {
                    return Work.refused(new KvError.Invalid("a batch ends its transaction once, not twice"));
                }
                end = ending;
                endIndex = i;
                needsTxn = true;
            } else if (op instanceof KvOp.HeartbeatTxn) {
                needsTxn = true;
            } else if (Reads.isRead(op)) {
                reads = true;
            }
        }
        if (needsTxn && !work.header.txn().isPresent()) {
            return Work.refused(new KvError.Invalid("writes need a transaction, if only one of their own"));
        }
        if (end != null && end.status() != TxnStatus.STAGING && !writes.isEmpty()) {
            return Work.refused(new KvError.Invalid("writes can come with EndTxn(STAGING) only, not " + end.status()));
        }
        return null;
    }

    /** Looks at what the writes meet; sets {@link #ended} if there is nothing left to be done. */
    private @Nullable Evaluation look() {
        KvOp.EndTxn ending = end;
        if (ending == null || ending.status() != TxnStatus.STAGING) {
            return writes.prepare();
        }
        endsRecord = records.find(ending.key(), work.own);
        Decision before = records.machine().endedBefore(endsRecord, ending);
        if (before instanceof Decision.Refuse refuse) {
            return Work.refused(refuse.error());
        }
        if (before != null) {
            ended = new KvResult.Ended(
                    TxnStatus.COMMITTED, Objects.requireNonNull(endsRecord).timestamp());
            return null;
        }
        Evaluation stop = writes.prepare();
        if (stop != null) {
            return stop;
        }
        Timestamp committedAt = writes.committedAt();
        if (!committedAt.isSet() && endsRecord == null && !writes.writes(ending.key())) {
            committedAt = work.reader.committedBy(
                    work.own, ending.key(), work.ownVersionsFrom(), Timestamp.MAX, Integer.MAX_VALUE);
        }
        if (committedAt.isSet()) {
            ended = new KvResult.Ended(TxnStatus.COMMITTED, committedAt);
        }
        return null;
    }

    private @Nullable Evaluation read() {
        boolean together = work.mayMove() && ended == null && !writes.isEmpty();
        if (together) {
            work.at = work.at.max(writes.timestamp()); // so that reads and writes stand at one timestamp
        }
        Evaluation stop = new Reads(work).evaluate();
        if (stop == null && together) {
            writes.raise(work.at);
        }
        return stop;
    }

    private @Nullable Evaluation write() {
        if (ended != null) {
            writes.acknowledge();
            work.result(endIndex, ended);
            work.at = ended.timestamp();
            return null;
        }
        KvOp.EndTxn ending = end;
        if (ending == null || ending.status() != TxnStatus.STAGING) {
            return writes.isEmpty() ? null : layIntents();
        }
        boolean anyRecord = endsRecord != null && endsRecord.status() == TxnStatus.STAGING;
        boolean onePhase = !anyRecord && !writes.latestIntent().isSet() && writes.covers(ending.writes());
        return onePhase ? commitAtOnce(ending) : stage(ending);
    }

    private @Nullable Evaluation layIntents() {
        Evaluation stop = writes.checkConditions();
        if (stop != null) {
            return stop;
        }
        writes.layIntents();
        work.at = writes.stands();
        return null;
    }

    private @Nullable Evaluation commitAtOnce(KvOp.EndTxn ending) {
        Key pushedBy = writes.pushedBy();
        if (pushedBy != null && !work.mayMove()) {
            return Work.refused(new KvError.Pushed(pushedBy, writes.timestamp()));
        }
        Evaluation stop = writes.checkConditions();
        if (stop != null) {
            return stop;
        }
        writes.commitVersions();
        work.at = writes.timestamp();
        RecordMachine.Situation situation = records.situation(ending.key(), work.at);
        boolean anchorWritten = writes.writes(ending.key());
        Decision decision = records.machine().commitAtOnce(endsRecord, ending, situation, anchorWritten);
        return records.carryOut(endIndex, ending, endsRecord, decision);
    }

    private @Nullable Evaluation stage(KvOp.EndTxn ending) {
        Evaluation stop = layIntents();
        if (stop != null) {
            return stop;
        }
        RecordMachine.Situation situation = records.situation(ending.key(), work.at);
        Decision decision = records.machine().stage(endsRecord, ending, situation);
        return records.carryOut(endIndex, ending, endsRecord, decision);
    }

    /** The operations that are neither reads nor this transaction's writes, in order. */
    private @Nullable Evaluation decideOthers() {
        List<KvOp> ops = work.ops;
        for (int i = 0; i < ops.size(); i++) {
            KvOp op = ops.get(i);
            if (op instanceof KvOp.QueryIntent query) {
                intents.query(i, query);
            } else if (op instanceof KvOp.ResolveIntent resolve) {
                intents.resolve(i, resolve);
            } else if (op instanceof KvOp.RecordOp record && !isStaging(op)) {
                Evaluation stop = records.evaluate(i, record, work.at);
                if (stop != null) {
                    return stop;
                }
            }
        }
        return null;
    }

    private static boolean isStaging(KvOp op) {
        return op instanceof KvOp.EndTxn ending && ending.status() == TxnStatus.STAGING;
    }
}
