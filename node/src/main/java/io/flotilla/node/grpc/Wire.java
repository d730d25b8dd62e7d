package io.flotilla.node.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.key.Span;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.Observed;
import io.flotilla.config.settings.Limits;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.v1.CompareAndSet;
import io.flotilla.v1.KeySpan;
import io.flotilla.v1.Mutation;
import java.util.ArrayList;
import java.util.List;

/**
 * Between messages of the public protocol and the internal vocabulary, limits checked. Users' keys get their prefix here and lose it here.
 * What goes out shares the arrays of what is inside; both are immutable.
 */
final class Wire {
    /** Far more nodes than a transaction can have met; keeps a hostile context small. */
    private static final int OBSERVED_MAX = 1_000;

    private static final Key EMPTY_USER_KEY = KeySpace.USERS.start();

    private Wire() {}

    static Key key(ByteString userKey) {
        if (userKey.isEmpty()) {
            throw Refusal.invalid("key must not be empty");
        }
        return border(userKey);
    }

    static Value value(ByteString value) {
        Refusal.checkLimit("value bytes", value.size(), Limits.VALUE_BYTES_MAX);
        return Value.wrap(value.toByteArray());
    }

    static Span scanSpan(ByteString start, ByteString end) {
        return span(border(start), end.isEmpty() ? KeySpace.USERS.end() : border(end));
    }

    static List<Span> spans(List<KeySpan> reads) {
        Refusal.checkLimit("read spans", reads.size(), Limits.TXN_READ_SPANS_MAX);
        List<Span> spans = new ArrayList<>(reads.size());
        for (KeySpan read : reads) {
            Key start = border(read.getStart());
            if (read.getToEnd()) {
                spans.add(span(start, KeySpace.USERS.end()));
            } else if (read.getEnd().isEmpty()) {
                spans.add(Span.of(start));
            } else {
                spans.add(span(start, border(read.getEnd())));
            }
        }
        return spans;
    }

    static KvOp.DataWrite write(Mutation mutation) {
        Key key = key(mutation.getKey());
        switch (mutation.getKindCase()) {
            case PUT:
                return new KvOp.Put(key, value(mutation.getPut()));
            case DELETE:
                return new KvOp.Delete(key);
            case CAS:
                CompareAndSet cas = mutation.getCas();
                return new KvOp.CompareAndSet(
                        key,
                        cas.hasExpected() ? value(cas.getExpected()) : null,
                        cas.hasValue() ? value(cas.getValue()) : null);
            default:
                throw Refusal.invalid("mutation must say what it does: put, delete or cas");
        }
    }

    static TxnId txnId(io.flotilla.v1.TxnId id) {
        TxnId txn = new TxnId(id.getHigh(), id.getLow());
        if (txn.equals(TxnId.NONE)) {
            throw Refusal.invalid("transaction id must be set");
        }
        return txn;
    }

    static Timestamp timestamp(String what, long packed) {
        if (packed < 0) {
            throw Refusal.invalid(what + " must not be negative: " + packed);
        }
        return new Timestamp(packed);
    }

    static List<Observed> observed(List<io.flotilla.v1.Observed> readings) {
        Refusal.checkLimit("observed clocks", readings.size(), OBSERVED_MAX);
        List<Observed> observed = new ArrayList<>(readings.size());
        for (io.flotilla.v1.Observed reading : readings) {
            if (reading.getNode() <= 0) {
                throw Refusal.invalid("observed node must be positive: " + reading.getNode());
            }
            observed.add(new Observed(
                    new NodeId(reading.getNode()), timestamp("observed timestamp", reading.getTimestamp())));
        }
        return observed;
    }

    static ByteString bytes(Value value) {
        return UnsafeByteOperations.unsafeWrap(value.bytes());
    }

    /** What the user calls {@code key}; the end of the key space and whatever is not a user's becomes empty. */
    static ByteString userKey(Key key) {
        return KeySpace.isUser(key)
                ? UnsafeByteOperations.unsafeWrap(key.bytes(), 1, key.length() - 1)
                : ByteString.EMPTY;
    }

    static io.flotilla.v1.TxnId txnId(TxnId id) {
        return io.flotilla.v1.TxnId.newBuilder()
                .setHigh(id.high())
                .setLow(id.low())
                .build();
    }

    /** The internal form of a key or of a span's border; an empty one is the least. */
    private static Key border(ByteString userKey) {
        if (userKey.isEmpty()) {
            return EMPTY_USER_KEY;
        }
        Refusal.checkLimit("key bytes", userKey.size(), Limits.KEY_BYTES_MAX);
        byte[] bytes = new byte[userKey.size() + 1];
        bytes[0] = EMPTY_USER_KEY.bytes()[0];
        userKey.copyTo(bytes, 1);
        return Key.wrap(bytes);
    }

    private static Span span(Key start, Key end) {
        if (start.compareTo(end) >= 0) {
            throw Refusal.invalid("span is empty: [" + KeySpace.describe(start) + ", " + KeySpace.describe(end) + ")");
        }
        return new Span(start, end);
    }
}
