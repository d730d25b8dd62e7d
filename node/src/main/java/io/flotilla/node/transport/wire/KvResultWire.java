package io.flotilla.node.transport.wire;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.txn.TxnRecord;
import io.flotilla.config.txn.TxnStatus;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One result of a batch: a kind byte and its fields. */
final class KvResultWire {
    private static final byte GOT = 1;
    private static final byte SCANNED = 2;
    private static final byte ENDED = 3;
    private static final byte RECORD = 4;
    private static final byte INTENT_QUERIED = 5;
    private static final byte ACKNOWLEDGED = 6;

    private KvResultWire() {}

    static void put(ByteBuffer out, KvResult result) {
        if (result instanceof KvResult.Acknowledged) {
            out.put(ACKNOWLEDGED);
        } else if (result instanceof KvResult.Got got) {
            out.put(GOT);
            Wire.putOptionalValue(out, got.value());
            Wire.putTimestamp(out, got.timestamp());
        } else if (result instanceof KvResult.Scanned scanned) {
            out.put(SCANNED);
            List<KvResult.Row> rows = scanned.rows();
            Wire.putVarint(out, rows.size());
            for (int i = 0; i < rows.size(); i++) {
                Wire.putKey(out, rows.get(i).key());
                Wire.putValue(out, rows.get(i).value());
            }
            Key resume = scanned.resume();
            Wire.putOptionalBytes(out, resume == null ? null : resume.bytes());
        } else if (result instanceof KvResult.Ended ended) {
            out.put(ENDED);
            TxnWire.putStatus(out, ended.status());
            Wire.putTimestamp(out, ended.timestamp());
        } else if (result instanceof KvResult.Record found) {
            out.put(RECORD);
            TxnRecord record = found.record();
            Wire.putFlag(out, record != null);
            if (record != null) {
                TxnWire.putRecord(out, record);
            }
        } else if (result instanceof KvResult.IntentQueried queried) {
            out.put(INTENT_QUERIED);
            Wire.putFlag(out, queried.present());
        } else {
            throw new IllegalStateException("no encoding for " + result.getClass());
        }
    }

    static KvResult get(ByteBuffer in) {
        byte kind = in.get();
        return switch (kind) {
            case GOT -> {
                Value value = Wire.getOptionalValue(in);
                yield new KvResult.Got(value, Wire.getTimestamp(in));
            }
            case SCANNED -> {
                List<KvResult.Row> rows = Wire.getList(in, KvResultWire::getRow);
                yield new KvResult.Scanned(rows, getResume(in));
            }
            case ENDED -> {
                TxnStatus status = TxnWire.getStatus(in);
                yield new KvResult.Ended(status, Wire.getTimestamp(in));
            }
            case RECORD -> new KvResult.Record(Wire.getFlag(in) ? TxnWire.getRecord(in) : null);
            case INTENT_QUERIED -> new KvResult.IntentQueried(Wire.getFlag(in));
            case ACKNOWLEDGED -> KvResult.Acknowledged.INSTANCE;
            default -> throw Wire.unknownKind("result", kind);
        };
    }

    private static KvResult.Row getRow(ByteBuffer in) {
        Key key = Wire.getKey(in);
        return new KvResult.Row(key, Wire.getValue(in));
    }

    private static @Nullable Key getResume(ByteBuffer in) {
        byte[] bytes = Wire.getOptionalBytes(in);
        return bytes == null ? null : Key.wrap(bytes);
    }
}
