package io.flotilla.node.mvcc;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.Value;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;

/**
 * Values in INTENT: format (1), transaction meta, timestamp (8 bytes), flag (0 value, 1 tombstone), value. A transaction meta is id (16
 * bytes), anchor (length and bytes), started (8 bytes), priority (8 bytes).
 */
public final class IntentCodec {
    static final int FORMAT = 1;

    private IntentCodec() {}

    public static byte[] encode(Intent intent) {
        Value value = intent.value();
        int anchorBytes = intent.txn().anchor().length();
        ByteWriter out = new ByteWriter(48 + anchorBytes + (value == null ? 0 : value.length()));
        out.u8(FORMAT);
        putMeta(out, intent.txn());
        out.i64(intent.timestamp().packed()).u8(value == null ? 1 : 0);
        if (value != null) {
            out.bytes(value.bytes());
        }
        return out.toBytes();
    }

    public static Intent decode(byte[] bytes) {
        ByteReader in = new ByteReader(bytes);
        in.version(FORMAT, "an intent");
        TxnMeta txn = meta(in);
        Timestamp timestamp = new Timestamp(in.i64());
        int flag = in.u8();
        if (flag > 1) {
            throw new IllegalArgumentException("an intent has flag " + flag);
        }
        return new Intent(txn, timestamp, flag == 1 ? null : Value.wrap(in.rest()));
    }

    static void putMeta(ByteWriter out, TxnMeta meta) {
        out.i64(meta.id().high()).i64(meta.id().low());
        out.counted(meta.anchor().bytes());
        out.i64(meta.started().packed()).i64(meta.priority());
    }

    static TxnMeta meta(ByteReader in) {
        TxnId id = new TxnId(in.i64(), in.i64());
        Key anchor = Key.wrap(in.counted());
        return new TxnMeta(id, anchor, new Timestamp(in.i64()), in.i64());
    }
}
