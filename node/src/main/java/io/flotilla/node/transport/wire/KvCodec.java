package io.flotilla.node.transport.wire;

import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvHeader;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.kv.Observed;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnMeta;
import java.nio.ByteBuffer;
import java.util.List;

/** Key-value batches and their replies. */
public final class KvCodec {
    private static final int TIMESTAMP_SET = 1;
    private static final int UNCERTAINTY_SET = 2;
    private static final int FORWARDABLE = 4;
    private static final int FLAGS = TIMESTAMP_SET | UNCERTAINTY_SET | FORWARDABLE;

    private static final byte DONE = 1;
    private static final byte REFUSED = 2;

    private KvCodec() {}

    public static void encodeBatch(KvBatch batch, ByteBuffer out) {
        putHeader(out, batch.header());
        List<KvOp> ops = batch.ops();
        Wire.putVarint(out, ops.size());
        for (int i = 0; i < ops.size(); i++) {
            KvOpWire.put(out, ops.get(i));
        }
    }

    /** @throws WireFormatException if the bytes are not a batch */
    public static KvBatch decodeBatch(ByteBuffer in) {
        return Wire.decoding("batch", in, KvCodec::getBatch);
    }

    public static void encodeReply(KvReply reply, ByteBuffer out) {
        if (reply instanceof KvReply.Done done) {
            out.put(DONE);
            List<KvResult> results = done.results();
            Wire.putVarint(out, results.size());
            for (int i = 0; i < results.size(); i++) {
                KvResultWire.put(out, results.get(i));
            }
            Wire.putTimestamp(out, done.timestamp());
            TxnWire.putObserved(out, done.observed());
        } else if (reply instanceof KvReply.Refused refused) {
            out.put(REFUSED);
            KvErrorWire.put(out, refused.error());
        } else {
            throw new IllegalStateException("no encoding for " + reply.getClass());
        }
    }

    /** @throws WireFormatException if the bytes are not a reply */
    public static KvReply decodeReply(ByteBuffer in) {
        return Wire.decoding("reply", in, KvCodec::getReply);
    }

    private static KvBatch getBatch(ByteBuffer in) {
        KvHeader header = getHeader(in);
        return new KvBatch(header, Wire.getList(in, KvOpWire::get));
    }

    private static KvReply getReply(ByteBuffer in) {
        byte kind = in.get();
        return switch (kind) {
            case DONE -> {
                List<KvResult> results = Wire.getList(in, KvResultWire::get);
                Timestamp timestamp = Wire.getTimestamp(in);
                yield new KvReply.Done(results, timestamp, TxnWire.getObserved(in));
            }
            case REFUSED -> new KvReply.Refused(KvErrorWire.get(in));
            default -> throw Wire.unknownKind("reply", kind);
        };
    }

    private static void putHeader(ByteBuffer out, KvHeader header) {
        boolean timestampSet = header.timestamp().isSet();
        boolean uncertaintySet = header.uncertaintyLimit().isSet();
        int flags = (timestampSet ? TIMESTAMP_SET : 0)
                | (uncertaintySet ? UNCERTAINTY_SET : 0)
                | (header.forwardable() ? FORWARDABLE : 0);
        out.put((byte) flags);
        if (timestampSet) {
            Wire.putTimestamp(out, header.timestamp());
        }
        if (uncertaintySet) {
            Wire.putTimestamp(out, header.uncertaintyLimit());
        }
        TxnWire.putObserved(out, header.observed());
        TxnWire.putMeta(out, header.txn());
        Wire.putVarint(out, header.timeoutMicros());
    }

    private static KvHeader getHeader(ByteBuffer in) {
        int flags = in.get();
        if ((flags & ~FLAGS) != 0) {
            throw new WireFormatException("unknown header flags: " + flags);
        }
        Timestamp timestamp = (flags & TIMESTAMP_SET) != 0 ? Wire.getTimestamp(in) : Timestamp.ZERO;
        Timestamp uncertaintyLimit = (flags & UNCERTAINTY_SET) != 0 ? Wire.getTimestamp(in) : Timestamp.ZERO;
        List<Observed> observed = TxnWire.getObserved(in);
        TxnMeta txn = TxnWire.getMeta(in);
        boolean forwardable = (flags & FORWARDABLE) != 0;
        return new KvHeader(timestamp, uncertaintyLimit, observed, txn, forwardable, Wire.getVarint(in));
    }
}
