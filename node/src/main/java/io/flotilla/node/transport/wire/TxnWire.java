package io.flotilla.node.transport.wire;

import io.flotilla.config.key.Key;
import io.flotilla.config.kv.Observed;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnRecord;
import io.flotilla.config.txn.TxnStatus;
import java.nio.ByteBuffer;
import java.util.List;

/** The vocabulary of transactions, inside other messages. */
final class TxnWire {
    private static final TxnStatus[] STATUSES = TxnStatus.values();

    private TxnWire() {}

    static void putId(ByteBuffer out, TxnId id) {
        Wire.putFixed(out, id.high());
        Wire.putFixed(out, id.low());
    }

    static TxnId getId(ByteBuffer in) {
        long high = Wire.getFixed(in);
        return new TxnId(high, Wire.getFixed(in));
    }

    /** {@link TxnMeta#NONE} is one byte. */
    static void putMeta(ByteBuffer out, TxnMeta meta) {
        boolean present = !meta.equals(TxnMeta.NONE);
        Wire.putFlag(out, present);
        if (present) {
            putId(out, meta.id());
            Wire.putKey(out, meta.anchor());
            Wire.putTimestamp(out, meta.started());
            Wire.putVarint(out, meta.priority());
        }
    }

    static TxnMeta getMeta(ByteBuffer in) {
        if (!Wire.getFlag(in)) {
            return TxnMeta.NONE;
        }
        TxnId id = getId(in);
        Key anchor = Wire.getKey(in);
        Timestamp started = Wire.getTimestamp(in);
        return new TxnMeta(id, anchor, started, Wire.getVarint(in));
    }

    static void putStatus(ByteBuffer out, TxnStatus status) {
        out.put((byte) status.ordinal());
    }

    static TxnStatus getStatus(ByteBuffer in) {
        int ordinal = in.get();
        if (ordinal < 0 || ordinal >= STATUSES.length) {
            throw Wire.unknownKind("transaction status", ordinal);
        }
        return STATUSES[ordinal];
    }

    static void putRecord(ByteBuffer out, TxnRecord record) {
        putMeta(out, record.meta());
        putStatus(out, record.status());
        Wire.putTimestamp(out, record.timestamp());
        Wire.putTimestamp(out, record.heartbeat());
        putKeys(out, record.inFlight());
    }

    static TxnRecord getRecord(ByteBuffer in) {
        TxnMeta meta = getMeta(in);
        TxnStatus status = getStatus(in);
        Timestamp timestamp = Wire.getTimestamp(in);
        Timestamp heartbeat = Wire.getTimestamp(in);
        return new TxnRecord(meta, status, timestamp, heartbeat, Wire.getList(in, Wire::getKey));
    }

    static void putKeys(ByteBuffer out, List<Key> keys) {
        Wire.putVarint(out, keys.size());
        for (int i = 0; i < keys.size(); i++) {
            Wire.putKey(out, keys.get(i));
        }
    }

    static void putObserved(ByteBuffer out, List<Observed> observed) {
        Wire.putVarint(out, observed.size());
        for (int i = 0; i < observed.size(); i++) {
            Wire.putNode(out, observed.get(i).node());
            Wire.putTimestamp(out, observed.get(i).at());
        }
    }

    static List<Observed> getObserved(ByteBuffer in) {
        return Wire.getList(in, TxnWire::getOneObserved);
    }

    private static Observed getOneObserved(ByteBuffer in) {
        return new Observed(Wire.getNode(in), Wire.getTimestamp(in));
    }
}
