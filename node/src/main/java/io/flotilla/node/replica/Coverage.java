package io.flotilla.node.replica;

import io.flotilla.config.key.Span;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvOp;
import java.util.List;

/** Whether a batch stays within a range. */
final class Coverage {
    private Coverage() {}

    static boolean covers(Span span, KvBatch batch) {
        List<KvOp> ops = batch.ops();
        for (int i = 0; i < ops.size(); i++) {
            if (!covers(span, ops.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean covers(Span span, KvOp op) {
        if (op instanceof KvOp.Scan scan) {
            return span.contains(scan.span());
        }
        return op instanceof KvOp.Refresh refresh ? span.contains(refresh.span()) : span.contains(op.key());
    }
}
