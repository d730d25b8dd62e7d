package io.flotilla.txn.record;

import io.flotilla.config.key.Key;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvHeader;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.settings.TxnSettings;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnRecord;
import io.flotilla.config.txn.TxnStatus;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decides what an operation makes of a transaction record. Stateless and pure; safe for use by any thread.
 *
 * <pre>
 *   (none) ──heartbeat──▶ PENDING ──end STAGING──▶ STAGING ──end / recover──▶ COMMITTED
 *      │                     │                        │
 *      └──push, fence, end───┴──push, fence, end──────┴──end / recover──▶ ABORTED
 * </pre>
 *
 * A final record never changes; it can only be forgotten, an ABORTED one also with old versions. A missing record means one of two things, told apart by
 * the evidence: a version with the transaction's id at its anchor proves that it committed; without one it has not, yet.
 */
public final class RecordMachine {
    private final TxnSettings settings;

    public RecordMachine(TxnSettings settings) {
        this.settings = settings;
    }

    /** Looks for a committed version of a transaction at the key that the operation is addressed to. Asked only when needed. */
    @FunctionalInterface
    public interface Evidence {
        /** The version's timestamp, or {@link Timestamp#ZERO} if there is none. */
        Timestamp committedAt(TxnId id);
    }

    /**
     * What a decision rests on, besides the record.
     *
     * @param at the batch's timestamp, set even if the header leaves it to the leaseholder
     * @param writtenAt where the batch's own writes stand; {@code at} if it has none
     * @param now a reading of the leaseholder's clock
     * @param oldest ABORTED records of transactions that began below it may be gone
     */
    public record Situation(
            KvHeader header, Timestamp at, Timestamp writtenAt, Timestamp now, Timestamp oldest, Evidence evidence) {}

    /** Which transaction's record {@code op} is about. */
    public static TxnId subject(KvHeader header, KvOp.RecordOp op) {
        if (op instanceof KvOp.PushTxn push) {
            return push.pushee().id();
        } else if (op instanceof KvOp.LookupTxn lookup) {
            return lookup.id();
        } else if (op instanceof KvOp.RecoverTxn recover) {
            return recover.id();
        } else if (op instanceof KvOp.ForgetTxn forget) {
            return forget.id();
        }
        return header.txn().id();
    }

    /** Decides {@code op} on {@code record}, null for none. */
    public Decision decide(@Nullable TxnRecord record, KvOp.RecordOp op, Situation s) {
        if (op instanceof KvOp.EndTxn end) {
            return end(record, end, s);
        } else if (op instanceof KvOp.HeartbeatTxn) {
            return heartbeat(record, s);
        } else if (op instanceof KvOp.PushTxn push) {
            return push(record, push, s);
        } else if (op instanceof KvOp.LookupTxn lookup) {
            return lookup(record, lookup, s);
        } else if (op instanceof KvOp.RecoverTxn recover) {
            return recover(record, recover, s);
        } else if (op instanceof KvOp.ForgetTxn forget) {
            return forget(record, forget, s);
        }
        throw new IllegalArgumentException("not an operation on a record: " + op);
    }

    /**
     * What a record that is there says at once to its own transaction's wish to commit; null if the commit may go on. Asked before the
     * writes are looked at, so that an aborted transaction does not first wait for others.
     */
    public @Nullable Decision endedBefore(@Nullable TxnRecord record, KvOp.EndTxn op) {
        if (record == null || !record.status().isFinal()) {
            return null;
        }
        if (record.status() == TxnStatus.COMMITTED || op.status() == TxnStatus.ABORTED) {
            return new Decision.Leave(ended(record));
        }
        return new Decision.Refuse(new KvError.TxnAborted(record.meta().id(), "its record says ABORTED"));
    }

    /**
     * The record's part of a commit in one phase: all writes become versions with this very batch.
     *
     * @param anchorWritten whether the anchor gets such a version, which proves the outcome as well as a record would
     */
    public Decision commitAtOnce(@Nullable TxnRecord record, KvOp.EndTxn op, Situation s, boolean anchorWritten) {
        Decision before = endedBefore(record, op);
        if (before != null) {
            return before;
        }
        KvResult result = new KvResult.Ended(TxnStatus.COMMITTED, s.writtenAt());
        if (anchorWritten) {
            // A PENDING record left beside a committed version would let a look-up's fence abort what has committed.
            return new Decision.Erase(result, true);
        }
        TxnRecord committed = new TxnRecord(s.header().txn(), TxnStatus.COMMITTED, s.writtenAt(), s.now(), op.writes());
        return new Decision.Write(committed, result, true);
    }

    // ---- the transaction itself ----------------------------------------------------------------------------------

    private Decision end(@Nullable TxnRecord record, KvOp.EndTxn op, Situation s) {
        Decision before = endedBefore(record, op);
        if (before != null) {
            return before;
        }
        if (record == null) {
            Timestamp committedAt = s.evidence().committedAt(s.header().txn().id());
            if (committedAt.isSet()) {
                return new Decision.Leave(new KvResult.Ended(TxnStatus.COMMITTED, committedAt));
            }
            if (op.status() != TxnStatus.ABORTED && s.header().txn().started().isBefore(s.oldest())) {
                return new Decision.Refuse(new KvError.TooOld(op.key(), s.oldest(), true));
            }
        }
        return switch (op.status()) {
            case STAGING -> stage(record, op, s);
            case COMMITTED -> finish(record, op, TxnStatus.COMMITTED, s.at(), s);
            case ABORTED -> finish(record, op, TxnStatus.ABORTED, record == null ? s.at() : record.timestamp(), s);
            case PENDING -> throw new IllegalArgumentException("a transaction cannot end as PENDING");
        };
    }

    /**
     * The record's part of a parallel commit, after {@link #endedBefore} had no objection and no committed version was found.
     */
    public Decision stage(@Nullable TxnRecord record, KvOp.EndTxn op, Situation s) {
        Timestamp at = s.header().forwardable() ? s.writtenAt() : s.at();
        if (record != null
                && record.status() == TxnStatus.STAGING
                && record.timestamp().isAfter(at)) {
            return new Decision.Leave(ended(record)); // an old copy of a request that has been overtaken
        }
        TxnRecord staged = new TxnRecord(s.header().txn(), TxnStatus.STAGING, at, s.now(), op.writes());
        return new Decision.Write(staged, ended(staged), false);
    }

    private static Decision finish(
            @Nullable TxnRecord record, KvOp.EndTxn op, TxnStatus status, Timestamp at, Situation s) {
        List<Key> writes = record != null && op.writes().isEmpty() ? record.inFlight() : op.writes();
        TxnRecord last = new TxnRecord(s.header().txn(), status, at, s.now(), writes);
        return new Decision.Write(last, ended(last), status == TxnStatus.COMMITTED);
    }

    private static Decision heartbeat(@Nullable TxnRecord record, Situation s) {
        TxnMeta txn = s.header().txn();
        if (record == null) {
            Timestamp committedAt = s.evidence().committedAt(txn.id());
            if (committedAt.isSet()) {
                return leave(forgotten(txn, committedAt));
            }
            return write(new TxnRecord(txn, TxnStatus.PENDING, s.at(), s.now(), List.of()));
        }
        if (record.status().isFinal()) {
            return leave(record);
        }
        return write(new TxnRecord(
                record.meta(),
                record.status(),
                record.timestamp(),
                s.now().max(record.heartbeat()),
                record.inFlight()));
    }

    // ---- others ----------------------------------------------------------------------------------------------------

    private Decision push(@Nullable TxnRecord record, KvOp.PushTxn op, Situation s) {
        TxnMeta pushee = op.pushee();
        if (record != null && record.status() != TxnStatus.PENDING) {
            return leave(record); // final; or STAGING, which may be committed already: only its writes can tell
        }
        Timestamp heard = record == null ? pushee.started() : record.heartbeat().max(pushee.started());
        TxnMeta pusher = s.header().txn();
        boolean loses = op.force() || isExpired(heard, s.now()) || (pusher.isPresent() && pusher.outranks(pushee));
        if (!loses) {
            return leave(
                    record != null
                            ? record
                            : new TxnRecord(pushee, TxnStatus.PENDING, pushee.started(), pushee.started(), List.of()));
        }
        return abortUnlessCommitted(record, pushee, s);
    }

    private Decision lookup(@Nullable TxnRecord record, KvOp.LookupTxn op, Situation s) {
        if (record != null) {
            boolean abandoned = record.status() == TxnStatus.PENDING && isExpired(record.heartbeat(), s.now());
            return op.fence() && abandoned ? abortUnlessCommitted(record, record.meta(), s) : leave(record);
        }
        // Whoever looks up knows nothing but the id and the anchor.
        TxnMeta meta = new TxnMeta(op.id(), op.key(), s.now(), Long.MAX_VALUE);
        if (op.fence()) {
            return abortUnlessCommitted(null, meta, s);
        }
        Timestamp committedAt = s.evidence().committedAt(op.id());
        return leave(committedAt.isSet() ? forgotten(meta, committedAt) : null);
    }

    /** A PENDING record may have been left by a heartbeat that arrived after the commit, so it is no proof either. */
    private static Decision abortUnlessCommitted(@Nullable TxnRecord record, TxnMeta meta, Situation s) {
        Timestamp committedAt = s.evidence().committedAt(meta.id());
        if (committedAt.isSet()) {
            return leave(forgotten(meta, committedAt));
        }
        return write(aborted(record, meta, s.now()));
    }

    private static Decision recover(@Nullable TxnRecord record, KvOp.RecoverTxn op, Situation s) {
        if (record == null) {
            Timestamp committedAt = s.evidence().committedAt(op.id());
            TxnMeta meta = new TxnMeta(op.id(), op.key(), s.now(), Long.MAX_VALUE);
            return leave(committedAt.isSet() ? forgotten(meta, committedAt) : null);
        }
        if (record.status() != TxnStatus.STAGING || !record.timestamp().equals(op.stagedAt())) {
            return leave(record); // it moved on: what was found about its writes no longer decides
        }
        return write(
                op.allPresent()
                        ? record.with(TxnStatus.COMMITTED, record.timestamp())
                        : aborted(record, record.meta(), s.now()));
    }

    private static Decision forget(@Nullable TxnRecord record, KvOp.ForgetTxn op, Situation s) {
        KvResult done = KvResult.Acknowledged.INSTANCE;
        if (record == null) {
            return new Decision.Leave(done);
        }
        // A STAGING record is what recovery begins with: whatever is still an intent would look as if nobody had
        // committed it. An ABORTED one fences late copies of the commit; only the coordinator knows that there can be
        // none, until they are too old.
        boolean own = s.header().txn().id().equals(op.id());
        boolean dropped = record.status() == TxnStatus.COMMITTED || own && record.status() != TxnStatus.STAGING;
        return dropped ? new Decision.Erase(done, false) : new Decision.Leave(done);
    }

    // ---- small words -----------------------------------------------------------------------------------------------

    private boolean isExpired(Timestamp heard, Timestamp now) {
        return now.microsSince(heard) > settings.expiryMillis() * 1_000;
    }

    private static TxnRecord aborted(@Nullable TxnRecord record, TxnMeta meta, Timestamp now) {
        return record == null
                ? new TxnRecord(meta, TxnStatus.ABORTED, meta.started(), now, List.of())
                : new TxnRecord(record.meta(), TxnStatus.ABORTED, record.timestamp(), now, record.inFlight());
    }

    /** The record of a transaction that committed and whose record was dropped, or never written. */
    private static TxnRecord forgotten(TxnMeta meta, Timestamp committedAt) {
        return new TxnRecord(meta, TxnStatus.COMMITTED, committedAt, committedAt, List.of());
    }

    private static KvResult ended(TxnRecord record) {
        return new KvResult.Ended(record.status(), record.timestamp());
    }

    private static Decision write(TxnRecord record) {
        return new Decision.Write(record, new KvResult.Record(record), false);
    }

    private static Decision leave(@Nullable TxnRecord record) {
        return new Decision.Leave(new KvResult.Record(record));
    }
}
