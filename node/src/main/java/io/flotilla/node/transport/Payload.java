package io.flotilla.node.transport;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.txn.TxnRecord;
import io.flotilla.range.routing.RangeReply;
import io.flotilla.range.routing.RangeRequest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** About how many bytes of memory a request or an answer holds while it waits: the keys and values that users chose, and something for each piece. */
final class Payload {
    private static final int PIECE_BYTES = 32;

    private Payload() {}

    static int bytesOf(RangeRequest request) {
        int bytes = 0;
        for (KvOp op : request.batch().ops()) {
            bytes += PIECE_BYTES + op.key().length();
            if (op instanceof KvOp.Put put) {
                bytes += put.value().length();
            } else if (op instanceof KvOp.CompareAndSet cas) {
                bytes += bytesOf(cas.expected()) + bytesOf(cas.value());
            } else if (op instanceof KvOp.EndTxn end) {
                bytes += bytesOf(end.writes()) + end.trigger().length();
            }
        }
        return bytes;
    }

    static int bytesOf(RangeReply reply) {
        if (!(reply instanceof RangeReply.Served served)) {
            return 0;
        }
        int bytes = 0;
        if (served.reply() instanceof KvReply.Done done) {
            for (KvResult result : done.results()) {
                bytes += bytesOf(result);
            }
        } else if (served.reply() instanceof KvReply.Refused refused
                && refused.error() instanceof KvError.ConditionFailed failed) {
            bytes += bytesOf(failed.actual());
        }
        return bytes;
    }

    private static int bytesOf(KvResult result) {
        int bytes = PIECE_BYTES;
        if (result instanceof KvResult.Got got) {
            bytes += bytesOf(got.value());
        } else if (result instanceof KvResult.Scanned scanned) {
            for (KvResult.Row row : scanned.rows()) {
                bytes += PIECE_BYTES + row.key().length() + row.value().length();
            }
        } else if (result instanceof KvResult.Record found) {
            TxnRecord record = found.record();
            bytes += record == null ? 0 : bytesOf(record.inFlight());
        }
        return bytes;
    }

    private static int bytesOf(List<Key> keys) {
        int bytes = 0;
        for (Key key : keys) {
            bytes += PIECE_BYTES + key.length();
        }
        return bytes;
    }

    private static int bytesOf(@Nullable Value value) {
        return value == null ? 0 : value.length();
    }
}
