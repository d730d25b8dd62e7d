package io.flotilla.config.kv;

import java.util.List;

/** Operations that are sent together. Those that meet on one range are evaluated and replicated atomically. */
public record KvBatch(KvHeader header, List<KvOp> ops) {
    public KvBatch {
        if (ops.isEmpty()) {
            throw new IllegalArgumentException("a batch must have operations");
        }
    }

    public boolean isReadOnly() {
        for (KvOp op : ops) {
            if (op.isWrite()) {
                return false;
            }
        }
        return true;
    }
}
