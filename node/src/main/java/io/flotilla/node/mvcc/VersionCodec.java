package io.flotilla.node.mvcc;

import io.flotilla.config.key.Value;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Values in DATA: format (1), transaction id (16 bytes), flags (1 tombstone, 2 moved), value. The fields can be looked at one by one, so
 * that a reader that only compares ids or timestamps copies nothing.
 *
 * <p>Moved: it was committed above where its intent lay, so its timestamp says nothing of this leaseholder's clock when it was written.
 */
public final class VersionCodec {
    static final int FORMAT = 1;
    private static final int FLAG = 17;
    private static final int HEADER = 18;
    private static final int TOMBSTONE = 1;
    private static final int MOVED = 2;

    private VersionCodec() {}

    public static byte[] encode(TxnId txn, @Nullable Value value) {
        return encode(txn, value, false);
    }

    static byte[] encode(TxnId txn, @Nullable Value value, boolean moved) {
        ByteWriter out = new ByteWriter(HEADER + (value == null ? 0 : value.length()));
        out.u8(FORMAT).i64(txn.high()).i64(txn.low()).u8((value == null ? TOMBSTONE : 0) | (moved ? MOVED : 0));
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
        return (bytes[FLAG] & TOMBSTONE) != 0;
    }

    static boolean isMoved(byte[] bytes) {
        check(bytes);
        return (bytes[FLAG] & MOVED) != 0;
    }

    static TxnId txn(byte[] bytes) {
        check(bytes);
        return new TxnId(ByteReader.i64(bytes, 1), ByteReader.i64(bytes, 9));
    }

    static @Nullable Value value(byte[] bytes) {
        if (isTombstone(bytes)) {
            return null;
        }
        return bytes.length == HEADER ? Value.EMPTY : Value.wrap(Arrays.copyOfRange(bytes, HEADER, bytes.length));
    }

    private static void check(byte[] bytes) {
        if (bytes.length < HEADER || bytes[0] != FORMAT || (bytes[FLAG] & ~(TOMBSTONE | MOVED)) != 0) {
            throw new IllegalArgumentException("not a version of format " + FORMAT + ", " + bytes.length + " bytes");
        }
    }
}
