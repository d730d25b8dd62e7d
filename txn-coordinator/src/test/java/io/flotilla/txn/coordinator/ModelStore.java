package io.flotilla.txn.coordinator;

import io.flotilla.config.key.Key;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvHeader;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnRecord;
import io.flotilla.config.txn.TxnStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The smallest store that keeps the participants' side of the protocol: each key is a range of its own. */
final class ModelStore {
    static final class Cell {
        @Nullable
        TxnMeta intentOf;

        Timestamp intentAt = Timestamp.ZERO;
        Timestamp readAt = Timestamp.ZERO;
        TxnId readBy = TxnId.NONE;
        final TreeMap<Timestamp, TxnId> versions = new TreeMap<>();

        @Nullable
        Timestamp versionOf(TxnId id) {
            for (var version : versions.entrySet()) {
                if (version.getValue().equals(id)) {
                    return version.getKey();
                }
            }
            return null;
        }

        /** Where a write of {@code id} may go that wants to be at {@code at}. */
        Timestamp floor(TxnId id, Timestamp at) {
            Timestamp floor = at;
            if (!readAt.isBefore(floor) && (readBy.equals(TxnId.NONE) || !readBy.equals(id))) {
                floor = readAt.next();
            }
            if (!versions.isEmpty() && !versions.lastKey().isBefore(floor)) {
                floor = versions.lastKey().next();
            }
            return floor;
        }
    }

    private static final class Refusal extends RuntimeException {
        private static final long serialVersionUID = 1L;
        final transient KvError error;

        Refusal(KvError error) {
            super(error.message(), null, false, false);
            this.error = error;
        }
    }

    final TreeMap<Key, Cell> cells = new TreeMap<>();
    final TreeMap<TxnId, TxnRecord> records = new TreeMap<>();

    /** Who met an intent last; for the test to start a conflict. */
    @Nullable
    TxnMeta metIntentOf;

    Cell cell(Key key) {
        return cells.computeIfAbsent(key, k -> new Cell());
    }

    void read(Key key, Timestamp at) {
        Cell cell = cell(key);
        if (at.isAfter(cell.readAt)) {
            cell.readAt = at;
            cell.readBy = TxnId.NONE;
        }
    }

    /** The key is overwritten, and what it held before is taken away. */
    void sweep(Key key) {
        cell(key).versions.clear();
    }

    /** Evaluates and applies a part that stays within one key. */
    KvReply execute(KvBatch part, Timestamp now) {
        try {
            return executeOrThrow(part, now);
        } catch (Refusal refusal) {
            return new KvReply.Refused(refusal.error);
        }
    }

    private KvReply executeOrThrow(KvBatch part, Timestamp now) {
        KvHeader header = part.header();
        KvOp.EndTxn end = null;
        KvOp.DataWrite write = null;
        for (KvOp op : part.ops()) {
            if (op instanceof KvOp.EndTxn found) {
                end = found;
            } else if (op instanceof KvOp.DataWrite found) {
                write = found;
            }
        }
        if (end != null) {
            TxnRecord record = records.get(header.txn().id());
            if (record != null && record.status() == TxnStatus.ABORTED && end.status() != TxnStatus.ABORTED) {
                throw new Refusal(new KvError.TxnAborted(header.txn().id(), "record"));
            }
        }
        Timestamp at = header.timestamp();
        boolean onePhase = end != null
                && write != null
                && end.status() == TxnStatus.STAGING
                && end.writes().size() == 1;
        if (write != null) {
            at = write(write.key(), header, at, onePhase);
        }
        List<KvResult> results = new ArrayList<>();
        for (KvOp op : part.ops()) {
            if (op instanceof KvOp.EndTxn ending) {
                results.add(onePhase ? new KvResult.Ended(TxnStatus.COMMITTED, at) : end(ending, header, at, now));
            } else if (op instanceof KvOp.DataWrite) {
                results.add(KvResult.Acknowledged.INSTANCE);
            } else {
                results.add(other(op, header, now));
            }
        }
        return new KvReply.Done(results, at, List.of());
    }

    private Timestamp write(Key key, KvHeader header, Timestamp wanted, boolean onePhase) {
        Cell cell = cell(key);
        TxnId id = header.txn().id();
        Timestamp already = cell.versionOf(id);
        if (already != null) {
            return already;
        }
        if (cell.intentOf != null) {
            if (cell.intentOf.id().equals(id)) {
                return cell.intentAt;
            }
            metIntentOf = cell.intentOf;
            throw new Refusal(new KvError.LockTimeout(key, cell.intentOf));
        }
        Timestamp at = cell.floor(id, wanted);
        if (onePhase) {
            if (at.isAfter(wanted) && !header.forwardable()) {
                throw new Refusal(new KvError.Pushed(key, at));
            }
            cell.versions.put(at, id);
            records.remove(id); // a heartbeat's PENDING record must not hide the commit
        } else {
            cell.intentOf = header.txn();
            cell.intentAt = at;
        }
        return at;
    }

    private KvResult end(KvOp.EndTxn end, KvHeader header, Timestamp at, Timestamp now) {
        TxnId id = header.txn().id();
        TxnRecord record = records.get(id);
        Timestamp version = cell(end.key()).versionOf(id);
        if (version != null && (record == null || !record.status().isFinal())) {
            return new KvResult.Ended(TxnStatus.COMMITTED, version);
        }
        if (record != null && (record.status().isFinal() || record.status() == end.status())) {
            return new KvResult.Ended(record.status(), record.timestamp());
        }
        // A transaction that has read stages where it read; the write beside it may be above.
        Timestamp recordAt = end.status() == TxnStatus.STAGING && !header.forwardable() ? header.timestamp() : at;
        records.put(id, new TxnRecord(header.txn(), end.status(), recordAt, now, end.writes()));
        return new KvResult.Ended(end.status(), recordAt);
    }

    private KvResult other(KvOp op, KvHeader header, Timestamp now) {
        if (op instanceof KvOp.Refresh refresh) {
            return refresh(refresh, header);
        }
        if (op instanceof KvOp.QueryIntent query) {
            return query(query);
        }
        if (op instanceof KvOp.ResolveIntent resolve) {
            Cell cell = cell(resolve.key());
            if (cell.intentOf != null && cell.intentOf.id().equals(resolve.id())) {
                cell.intentOf = null;
                if (resolve.status() == TxnStatus.COMMITTED) {
                    cell.versions.put(resolve.timestamp(), resolve.id());
                }
            }
            return KvResult.Acknowledged.INSTANCE;
        }
        if (op instanceof KvOp.ForgetTxn forget) {
            TxnRecord record = records.get(forget.id());
            if (record != null && (record.status() == TxnStatus.COMMITTED || record.status() == TxnStatus.PENDING)) {
                records.remove(forget.id());
            }
            return KvResult.Acknowledged.INSTANCE;
        }
        return new KvResult.Record(recordOp(op, header, now));
    }

    private @Nullable TxnRecord recordOp(KvOp op, KvHeader header, Timestamp now) {
        if (op instanceof KvOp.HeartbeatTxn heartbeat) {
            TxnRecord record = find(heartbeat.key(), header.txn().id(), header.txn());
            if (record == null || !record.status().isFinal()) {
                TxnStatus status = record == null ? TxnStatus.PENDING : record.status();
                record = new TxnRecord(
                        header.txn(),
                        status,
                        record == null ? header.timestamp() : record.timestamp(),
                        now,
                        record == null ? List.of() : record.inFlight());
                records.put(header.txn().id(), record);
            }
            return record;
        }
        if (op instanceof KvOp.LookupTxn lookup) {
            TxnRecord record = find(lookup.key(), lookup.id(), null);
            if (record == null && lookup.fence()) {
                record = abort(new TxnMeta(lookup.id(), lookup.key(), now, Long.MAX_VALUE), now);
            }
            return record;
        }
        if (op instanceof KvOp.PushTxn push) {
            TxnRecord record = find(push.key(), push.pushee().id(), push.pushee());
            boolean wins = push.force()
                    || header.txn().isPresent() && header.txn().outranks(push.pushee())
                    || (record == null ? push.pushee().started() : record.heartbeat())
                            .plusMicros(5_000_000)
                            .isBefore(now);
            if (wins && (record == null || record.status() == TxnStatus.PENDING)) {
                return abort(push.pushee(), now);
            }
            return record != null
                    ? record
                    : new TxnRecord(
                            push.pushee(),
                            TxnStatus.PENDING,
                            push.pushee().started(),
                            push.pushee().started(),
                            List.of());
        }
        KvOp.RecoverTxn recover = (KvOp.RecoverTxn) op;
        TxnRecord record = find(recover.key(), recover.id(), null);
        if (record != null
                && record.status() == TxnStatus.STAGING
                && record.timestamp().equals(recover.stagedAt())) {
            record = record.with(recover.allPresent() ? TxnStatus.COMMITTED : TxnStatus.ABORTED, record.timestamp());
            records.put(recover.id(), record);
        }
        return record;
    }

    private TxnRecord abort(TxnMeta meta, Timestamp now) {
        TxnRecord record = new TxnRecord(meta, TxnStatus.ABORTED, now, now, List.of());
        records.put(meta.id(), record);
        return record;
    }

    private @Nullable TxnRecord find(Key anchor, TxnId id, @Nullable TxnMeta meta) {
        TxnRecord record = records.get(id);
        if (record != null) {
            return record;
        }
        Timestamp version = cell(anchor).versionOf(id);
        TxnMeta known = meta != null ? meta : new TxnMeta(id, anchor, Timestamp.ZERO, Long.MAX_VALUE);
        return version == null ? null : new TxnRecord(known, TxnStatus.COMMITTED, version, version, List.of());
    }

    private KvResult refresh(KvOp.Refresh refresh, KvHeader header) {
        Key key = refresh.span().start();
        Cell cell = cell(key);
        for (var version : cell.versions
                .subMap(refresh.from(), false, header.timestamp(), true)
                .entrySet()) {
            if (!version.getValue().equals(header.txn().id())) {
                throw new Refusal(new KvError.RefreshFailed(key));
            }
        }
        if (header.timestamp().isAfter(cell.readAt)) {
            cell.readAt = header.timestamp();
            cell.readBy = cell.readBy.equals(header.txn().id()) ? cell.readBy : TxnId.NONE;
        }
        return KvResult.Acknowledged.INSTANCE;
    }

    private KvResult query(KvOp.QueryIntent query) {
        Cell cell = cell(query.key());
        Timestamp version = cell.versionOf(query.id());
        boolean present = version != null && !version.isAfter(query.timestamp())
                || cell.intentOf != null
                        && cell.intentOf.id().equals(query.id())
                        && !cell.intentAt.isAfter(query.timestamp());
        if (!present) {
            read(query.key(), query.timestamp());
        }
        return new KvResult.IntentQueried(present);
    }
}
