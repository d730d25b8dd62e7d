package io.flotilla.node.mvcc;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import java.util.Arrays;

/**
 * How keys are written in the engine's spaces, so that bytes sort as keys do, and a key's versions from new to old.
 *
 * <pre>
 *   DATA     escaped key, ~timestamp (8 bytes)
 *   INTENT   key
 *   RECORD   escaped anchor, transaction id (16 bytes)
 *   escaped  0x00 becomes 0x00 0xFF; the end is 0x00 0x00
 * </pre>
 *
 * The end marker sorts below every continuation, so no key's versions lie between those of a key and of its prefix.
 */
public final class MvccKeys {
    private static final int TIMESTAMP_BYTES = 8;
    private static final int ID_BYTES = 16;

    private MvccKeys() {}

    /** A half-open interval of one space's keys. */
    public record Bounds(byte[] from, byte[] to) {}

    /** The version of {@code key} at {@code timestamp}. */
    public static byte[] data(Key key, Timestamp timestamp) {
        byte[] bytes = escaped(key, TIMESTAMP_BYTES);
        putLong(bytes, bytes.length - TIMESTAMP_BYTES, ~timestamp.packed());
        return bytes;
    }

    /** Above every version of {@code key}, below every version of the next key. */
    static byte[] dataEnd(Key key) {
        return data(key, Timestamp.ZERO); // nothing is ever written at ZERO
    }

    /** The user key of an entry in DATA. */
    public static Key userKeyOfData(byte[] data) {
        return unescaped(data, data.length - TIMESTAMP_BYTES);
    }

    /** The timestamp of an entry in DATA. */
    public static Timestamp timestampOfData(byte[] data) {
        return new Timestamp(packedOfData(data));
    }

    static long packedOfData(byte[] data) {
        return ~ByteReader.i64(data, data.length - TIMESTAMP_BYTES);
    }

    /** Whether two entries in DATA are versions of one key. */
    static boolean sameKey(byte[] left, byte[] right) {
        int length = left.length - TIMESTAMP_BYTES;
        return left.length == right.length && Arrays.equals(left, 0, length, right, 0, length);
    }

    /** Above the entry and all older versions of its key, below the next key's. */
    static byte[] endOfVersions(byte[] data) {
        return withTimestamp(data, 0); // nothing is ever written at ZERO
    }

    /** The entry's key with the timestamp replaced. */
    static byte[] withTimestamp(byte[] data, long packed) {
        byte[] bytes = data.clone();
        putLong(bytes, bytes.length - TIMESTAMP_BYTES, ~packed);
        return bytes;
    }

    /** The record of {@code id}, anchored at {@code anchor}. */
    public static byte[] record(Key anchor, TxnId id) {
        byte[] bytes = escaped(anchor, ID_BYTES);
        putLong(bytes, bytes.length - ID_BYTES, id.high());
        putLong(bytes, bytes.length - ID_BYTES + 8, id.low());
        return bytes;
    }

    /** The anchor of an entry in RECORD. */
    public static Key anchorOfRecord(byte[] record) {
        return unescaped(record, record.length - ID_BYTES);
    }

    /** What {@code span} holds in DATA. */
    public static Bounds dataBounds(Span span) {
        return new Bounds(escaped(span.start(), 0), escaped(span.end(), 0));
    }

    /** What {@code span} holds in INTENT. */
    public static Bounds intentBounds(Span span) {
        return new Bounds(span.start().bytes(), span.end().bytes());
    }

    /** What {@code span} holds in RECORD. */
    public static Bounds recordBounds(Span span) {
        return new Bounds(escaped(span.start(), 0), escaped(span.end(), 0));
    }

    private static byte[] escaped(Key key, int room) {
        byte[] plain = key.bytes();
        int zeros = 0;
        for (byte b : plain) {
            if (b == 0) {
                zeros++;
            }
        }
        byte[] bytes = new byte[plain.length + zeros + 2 + room];
        if (zeros == 0) {
            System.arraycopy(plain, 0, bytes, 0, plain.length);
            return bytes;
        }
        int at = 0;
        for (byte b : plain) {
            bytes[at++] = b;
            if (b == 0) {
                bytes[at++] = (byte) 0xFF;
            }
        }
        return bytes;
    }

    private static Key unescaped(byte[] bytes, int end) {
        int last = end - 2;
        if (last < 0 || bytes[last] != 0 || bytes[last + 1] != 0) {
            throw new IllegalArgumentException("not an escaped key: no end marker");
        }
        int zeros = 0;
        for (int i = 0; i < last; i++) {
            if (bytes[i] == 0) {
                zeros++;
                i++;
            }
        }
        byte[] plain = new byte[last - zeros];
        int at = 0;
        for (int i = 0; i < last; i++) {
            plain[at++] = bytes[i];
            if (bytes[i] == 0) {
                i++;
            }
        }
        return Key.wrap(plain);
    }

    private static void putLong(byte[] bytes, int from, long value) {
        for (int i = 0; i < 8; i++) {
            bytes[from + i] = (byte) (value >>> (56 - 8 * i));
        }
    }
}
