package io.flotilla.node.transport.wire;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnStatus;
import java.nio.ByteBuffer;
import java.util.List;

/** One operation of a batch: a kind byte and its fields. */
final class KvOpWire {
    private static final byte GET = 1;
    private static final byte SCAN = 2;
    private static final byte REFRESH = 3;
    private static final byte PUT = 4;
    private static final byte DELETE = 5;
    private static final byte COMPARE_AND_SET = 6;
    private static final byte END_TXN = 7;
    private static final byte HEARTBEAT_TXN = 8;
    private static final byte PUSH_TXN = 9;
    private static final byte LOOKUP_TXN = 10;
    private static final byte RECOVER_TXN = 11;
    private static final byte FORGET_TXN = 12;
    private static final byte QUERY_INTENT = 13;
    private static final byte RESOLVE_INTENT = 14;
    private static final byte SCAN_INCONSISTENT = 15;

    private KvOpWire() {}

    static void put(ByteBuffer out, KvOp op) {
        if (op instanceof KvOp.Get get) {
            head(out, GET, get.key());
        } else if (op instanceof KvOp.Put put) {
            head(out, PUT, put.key());
            Wire.putValue(out, put.value());
        } else if (op instanceof KvOp.Delete delete) {
            head(out, DELETE, delete.key());
        } else if (op instanceof KvOp.CompareAndSet cas) {
            head(out, COMPARE_AND_SET, cas.key());
            Wire.putOptionalValue(out, cas.expected());
            Wire.putOptionalValue(out, cas.value());
        } else if (op instanceof KvOp.RecordOp record) {
            putRecordOp(out, record);
        } else {
            putOther(out, op);
        }
    }

    private static void putRecordOp(ByteBuffer out, KvOp.RecordOp op) {
        if (op instanceof KvOp.EndTxn end) {
            head(out, END_TXN, end.key());
            TxnWire.putStatus(out, end.status());
            TxnWire.putKeys(out, end.writes());
            Wire.putValue(out, end.trigger());
        } else if (op instanceof KvOp.HeartbeatTxn heartbeat) {
            head(out, HEARTBEAT_TXN, heartbeat.key());
        } else if (op instanceof KvOp.PushTxn push) {
            head(out, PUSH_TXN, push.key());
            TxnWire.putMeta(out, push.pushee());
            Wire.putFlag(out, push.force());
        } else if (op instanceof KvOp.LookupTxn lookup) {
            head(out, LOOKUP_TXN, lookup.key());
            TxnWire.putId(out, lookup.id());
            Wire.putFlag(out, lookup.fence());
        } else if (op instanceof KvOp.RecoverTxn recover) {
            head(out, RECOVER_TXN, recover.key());
            TxnWire.putId(out, recover.id());
            Wire.putTimestamp(out, recover.stagedAt());
            Wire.putFlag(out, recover.allPresent());
        } else if (op instanceof KvOp.ForgetTxn forget) {
            head(out, FORGET_TXN, forget.key());
            TxnWire.putId(out, forget.id());
        } else {
            throw new IllegalStateException("no encoding for " + op.getClass());
        }
    }

    private static void putOther(ByteBuffer out, KvOp op) {
        if (op instanceof KvOp.Scan scan) {
            out.put(scan.inconsistent() ? SCAN_INCONSISTENT : SCAN);
            Wire.putSpan(out, scan.span());
            Wire.putVarint(out, scan.rowsMax());
            Wire.putVarint(out, scan.bytesMax());
        } else if (op instanceof KvOp.Refresh refresh) {
            out.put(REFRESH);
            Wire.putSpan(out, refresh.span());
            Wire.putTimestamp(out, refresh.from());
        } else if (op instanceof KvOp.QueryIntent query) {
            head(out, QUERY_INTENT, query.key());
            TxnWire.putId(out, query.id());
            Wire.putTimestamp(out, query.timestamp());
        } else if (op instanceof KvOp.ResolveIntent resolve) {
            head(out, RESOLVE_INTENT, resolve.key());
            TxnWire.putId(out, resolve.id());
            TxnWire.putStatus(out, resolve.status());
            Wire.putTimestamp(out, resolve.timestamp());
        } else {
            throw new IllegalStateException("no encoding for " + op.getClass());
        }
    }

    private static void head(ByteBuffer out, byte kind, Key key) {
        out.put(kind);
        Wire.putKey(out, key);
    }

    static KvOp get(ByteBuffer in) {
        byte kind = in.get();
        return switch (kind) {
            case GET -> new KvOp.Get(Wire.getKey(in));
            case SCAN, SCAN_INCONSISTENT -> {
                Span span = Wire.getSpan(in);
                int rowsMax = Wire.getInt(in);
                yield new KvOp.Scan(span, rowsMax, Wire.getVarint(in), kind == SCAN_INCONSISTENT);
            }
            case REFRESH -> {
                Span span = Wire.getSpan(in);
                yield new KvOp.Refresh(span, Wire.getTimestamp(in));
            }
            case PUT -> {
                Key key = Wire.getKey(in);
                yield new KvOp.Put(key, Wire.getValue(in));
            }
            case DELETE -> new KvOp.Delete(Wire.getKey(in));
            case COMPARE_AND_SET -> {
                Key key = Wire.getKey(in);
                Value expected = Wire.getOptionalValue(in);
                yield new KvOp.CompareAndSet(key, expected, Wire.getOptionalValue(in));
            }
            case QUERY_INTENT -> {
                Key key = Wire.getKey(in);
                TxnId id = TxnWire.getId(in);
                yield new KvOp.QueryIntent(key, id, Wire.getTimestamp(in));
            }
            case RESOLVE_INTENT -> {
                Key key = Wire.getKey(in);
                TxnId id = TxnWire.getId(in);
                TxnStatus status = TxnWire.getStatus(in);
                yield new KvOp.ResolveIntent(key, id, status, Wire.getTimestamp(in));
            }
            default -> getRecordOp(kind, in);
        };
    }

    private static KvOp getRecordOp(byte kind, ByteBuffer in) {
        return switch (kind) {
            case END_TXN -> {
                Key key = Wire.getKey(in);
                TxnStatus status = TxnWire.getStatus(in);
                List<Key> writes = Wire.getList(in, Wire::getKey);
                yield new KvOp.EndTxn(key, status, writes, Wire.getValue(in));
            }
            case HEARTBEAT_TXN -> new KvOp.HeartbeatTxn(Wire.getKey(in));
            case PUSH_TXN -> {
                Key key = Wire.getKey(in);
                TxnMeta pushee = TxnWire.getMeta(in);
                yield new KvOp.PushTxn(key, pushee, Wire.getFlag(in));
            }
            case LOOKUP_TXN -> {
                Key key = Wire.getKey(in);
                TxnId id = TxnWire.getId(in);
                yield new KvOp.LookupTxn(key, id, Wire.getFlag(in));
            }
            case RECOVER_TXN -> {
                Key key = Wire.getKey(in);
                TxnId id = TxnWire.getId(in);
                Timestamp stagedAt = Wire.getTimestamp(in);
                yield new KvOp.RecoverTxn(key, id, stagedAt, Wire.getFlag(in));
            }
            case FORGET_TXN -> {
                Key key = Wire.getKey(in);
                yield new KvOp.ForgetTxn(key, TxnWire.getId(in));
            }
            default -> throw Wire.unknownKind("operation", kind);
        };
    }
}
