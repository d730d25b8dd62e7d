package io.flotilla.txn.participant;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.txn.TxnId;
import java.util.ArrayList;
import java.util.List;

/**
 * What a batch touches.
 *
 * @param writes keys written
 * @param reads keys read
 * @param ranges spans read
 * @param records transactions whose records are touched
 * @param readsLatest whether a read must see every write in the log, whatever its timestamp
 */
record RequestSpans(List<Key> writes, List<Key> reads, List<Span> ranges, List<TxnId> records, boolean readsLatest) {

    static RequestSpans of(KvBatch batch) {
        List<Key> writes = List.of();
        List<Key> reads = List.of();
        List<Span> ranges = List.of();
        List<TxnId> records = List.of();
        boolean readsLatest = !batch.header().timestamp().isSet();
        int size = batch.ops().size();
        for (int i = 0; i < size; i++) {
            KvOp op = batch.ops().get(i);
            if (op instanceof KvOp.DataWrite || op instanceof KvOp.ResolveIntent) {
                writes = with(writes, op.key(), size);
            } else if (op instanceof KvOp.RecordOp record) {
                records = with(records, recordOf(record, batch), 1);
            } else if (op instanceof KvOp.Scan scan) {
                if (!scan.inconsistent()) {
                    ranges = with(ranges, scan.span(), size);
                }
            } else if (op instanceof KvOp.Refresh refresh && !TimestampCache.isPoint(refresh.span())) {
                ranges = with(ranges, refresh.span(), size);
            } else {
                reads = with(reads, op.key(), size);
                readsLatest |= op instanceof KvOp.QueryIntent;
            }
        }
        return new RequestSpans(writes, reads, ranges, records, readsLatest);
    }

    private static TxnId recordOf(KvOp.RecordOp op, KvBatch batch) {
        if (op instanceof KvOp.PushTxn push) {
            return push.pushee().id();
        }
        if (op instanceof KvOp.LookupTxn lookup) {
            return lookup.id();
        }
        if (op instanceof KvOp.RecoverTxn recover) {
            return recover.id();
        }
        if (op instanceof KvOp.ForgetTxn forget) {
            return forget.id();
        }
        return batch.header().txn().id();
    }

    private static <T> List<T> with(List<T> list, T item, int sizeHint) {
        List<T> target = list.isEmpty() ? new ArrayList<>(sizeHint) : list;
        target.add(item);
        return target;
    }
}
