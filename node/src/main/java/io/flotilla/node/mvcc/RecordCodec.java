package io.flotilla.node.mvcc;

import io.flotilla.config.key.Key;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnRecord;
import io.flotilla.config.txn.TxnStatus;
import java.util.ArrayList;
import java.util.List;

/**
 * Values in RECORD: format (1), transaction meta as in {@link IntentCodec}, status (0 PENDING, 1 STAGING, 2 COMMITTED, 3 ABORTED),
 * timestamp (8 bytes), heartbeat (8 bytes), number of keys, each key (length and bytes).
 */
public final class RecordCodec {
    static final int FORMAT = 1;
    private static final List<TxnStatus> STATUSES =
            List.of(TxnStatus.PENDING, TxnStatus.STAGING, TxnStatus.COMMITTED, TxnStatus.ABORTED);

    private RecordCodec() {}

    public static byte[] encode(TxnRecord record) {
        ByteWriter out = new ByteWriter(96 + 32 * record.inFlight().size());
        out.u8(FORMAT);
        IntentCodec.putMeta(out, record.meta());
        out.u8(STATUSES.indexOf(record.status()));
        out.i64(record.timestamp().packed()).i64(record.heartbeat().packed());
        out.varint(record.inFlight().size());
        for (Key key : record.inFlight()) {
            out.counted(key.bytes());
        }
        return out.toBytes();
    }

    public static TxnRecord decode(byte[] bytes) {
        ByteReader in = new ByteReader(bytes);
        in.version(FORMAT, "a transaction record");
        TxnMeta meta = IntentCodec.meta(in);
        int status = in.u8();
        if (status >= STATUSES.size()) {
            throw new IllegalArgumentException("a transaction record has status " + status);
        }
        Timestamp timestamp = new Timestamp(in.i64());
        Timestamp heartbeat = new Timestamp(in.i64());
        int count = in.varint();
        List<Key> keys = new ArrayList<>(Math.min(count, 1024));
        for (int i = 0; i < count; i++) {
            keys.add(Key.wrap(in.counted()));
        }
        return new TxnRecord(meta, STATUSES.get(status), timestamp, heartbeat, keys);
    }
}
