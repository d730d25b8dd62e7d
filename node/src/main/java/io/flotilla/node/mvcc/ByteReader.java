package io.flotilla.node.mvcc;

import java.util.Arrays;

/** Reads what {@link ByteWriter} wrote. Bytes that end early or are malformed: {@link IllegalArgumentException}. Not thread-safe. */
final class ByteReader {
    private final byte[] bytes;
    private int at;

    ByteReader(byte[] bytes) {
        this.bytes = bytes;
    }

    boolean hasMore() {
        return at < bytes.length;
    }

    int u8() {
        need(1);
        return bytes[at++] & 0xFF;
    }

    long i64() {
        need(8);
        long value = i64(bytes, at);
        at += 8;
        return value;
    }

    int varint() {
        int value = 0;
        for (int shift = 0; shift < 35; shift += 7) {
            int b = u8();
            value |= (b & 0x7F) << shift;
            if (b < 0x80) {
                return value;
            }
        }
        throw new IllegalArgumentException("a length has more than five bytes, at " + at);
    }

    byte[] bytes(int length) {
        need(length);
        byte[] part = Arrays.copyOfRange(bytes, at, at + length);
        at += length;
        return part;
    }

    byte[] counted() {
        return bytes(varint());
    }

    byte[] rest() {
        return bytes(bytes.length - at);
    }

    /** Reads the version byte of a format that has had only one version so far. */
    void version(int expected, String what) {
        int found = u8();
        if (found != expected) {
            throw new IllegalArgumentException(what + " has format " + found + ", known is " + expected);
        }
    }

    static long i64(byte[] bytes, int from) {
        long value = 0;
        for (int i = from; i < from + 8; i++) {
            value = value << 8 | (bytes[i] & 0xFF);
        }
        return value;
    }

    private void need(int length) {
        if (length < 0 || bytes.length - at < length) {
            throw new IllegalArgumentException(
                    "need " + length + " bytes at " + at + ", there are " + (bytes.length - at));
        }
    }
}
