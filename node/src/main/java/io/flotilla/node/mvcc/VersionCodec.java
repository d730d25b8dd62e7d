package io.flotilla.node.mvcc;

import io.flotilla.config.key.Value;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Values in DATA: format (1), transaction id (16 bytes), flag (0 value, 1 tombstone), value. The fields can be looked at one by one, so
 * that a reader that only compares ids or timestamps copies nothing.
 */
public final class VersionCodec {
    static final int FORMAT = 1;
    private static final int FLAG = 17;
    private static final int HEADER = 18;

    private VersionCodec() {}

    public static byte[] encode(TxnId txn, @Nullable Value value) {
        ByteWriter out = new ByteWriter(HEADER + (value == null ? 0 : value.length()));
        out.u8(FORMAT).i64(txn.high()).i64(txn.low()).u8(value == null ? 1 : 0);
        if (value != null) {
            out.bytes(value.bytes());
        }
        return out.toBytes();
    }

    public static Version decode(Timestamp timestamp, byte[] bytes) {
        return new Version(txn(bytes), timestamp, value(bytes));
    }

    static boolean isBy(byte[] bytes, TxnId txn) {
        check(bytes);
        return ByteReader.i64(bytes, 1) == txn.high() && ByteReader.i64(bytes, 9) == txn.low();
    }

    static boolean isTombstone(byte[] bytes) {
        check(bytes);
        return bytes[FLAG] == 1;
    }

    static TxnId txn(byte[] bytes) {
        check(bytes);
        return new TxnId(ByteReader.i64(bytes, 1), ByteReader.i64(bytes, 9));
    }

    static @Nullable Value value(byte[] bytes) {
        check(bytes);
        if (bytes[FLAG] == 1) {
            return null;
        }
        return bytes.length == HEADER ? Value.EMPTY : Value.wrap(Arrays.copyOfRange(bytes, HEADER, bytes.length));
    }

    private static void check(byte[] bytes) {
        if (bytes.length < HEADER || bytes[0] != FORMAT || (bytes[FLAG] & ~1) != 0) {
            throw new IllegalArgumentException("not a version of format " + FORMAT + ", " + bytes.length + " bytes");
        }
    }
}
